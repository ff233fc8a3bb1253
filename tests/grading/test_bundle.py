"""What is handed in is read within limits: whatever is in it, one sentence, never an exception."""

from __future__ import annotations

import bz2
import gzip
import io
import itertools
import lzma
import os
import random
import socket
import stat
import struct
import tarfile
import time
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from grader.grading import submitted_files as bundle_module
from grader.grading.gathering import BundleLimits
from grader.grading.submitted_files import SubmittedFiles, SubmittedPath, read_bundle

GOOD = b"def double(x):\n    return 2 * x\n"
MOST_SECONDS = 10.0
MOST_MEMORY = 160 << 20


def zipped(
    *members: tuple[str | zipfile.ZipInfo, bytes], packing: int = zipfile.ZIP_DEFLATED
) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that is there twice
        with zipfile.ZipFile(file, "w", packing) as archive:
            for name, data in members:
                archive.writestr(name, data)
    return file.getvalue()


def tarred(*members: tuple[str | tarfile.TarInfo, bytes], mode: str = "w") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in members:
            info = tarfile.TarInfo(name) if isinstance(name, str) else name
            if info.isreg():
                info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def info_of(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = link
    return info


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def write(name: str, data: bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    return write


Put = Callable[[str, bytes], Path]


def read_soon(path: Path, limits: BundleLimits = bundle_module.LIMITS) -> SubmittedFiles:
    """Read it, and see that neither time nor memory is taken beyond measure."""
    tracemalloc.start()
    start = time.monotonic()
    try:
        found = read_bundle(path, limits)
        took, (_, peak) = time.monotonic() - start, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert took < MOST_SECONDS
    assert peak < MOST_MEMORY
    for sentence in (*found.remarks, found.trouble, *found.left_out.values()):
        assert len(sentence) < 400
        assert sentence.isprintable()
        sentence.encode()
    assert bool(found.files) != bool(found.trouble)
    assert len(found.remarks) <= bundle_module.MOST_SAID
    return found


def said(found: SubmittedFiles) -> str:
    return "\n".join([found.trouble, *found.remarks])


# broken first

BAD_ZIPS: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "hw.zip is empty: 0 bytes."),
    "no zip": (lambda: b"hello", "hw.zip is not the archive its name says."),
    "cut off": (lambda: zipped(("a.py", GOOD))[:-30], "hw.zip is damaged or cut off"),
    "no members": (lambda: zipped(), "hw.zip is empty."),
    "only data": (
        lambda: zipped(("a.csv", b"1")),
        "There is no .py file and no notebook in hw.zip.",
    ),
    "a rar": (
        lambda: b"Rar!\x1a\x07\x00",
        "hw.zip is a rar archive, which is not read: hand in a zip.",
    ),
    "a 7z": (lambda: b"7z\xbc\xaf\x27\x1c", "hw.zip is a 7z archive"),
    "a pdf": (lambda: b"%PDF-1.4", "hw.zip is a PDF: hand in the .py files"),
    "its list is damaged": (
        lambda: zipped(("a.py", GOOD)).replace(b"PK\x01\x02", b"PK\x09\x09"),
        "hw.zip is damaged or cut off",
    ),
    "a tar cut off": (lambda: tarred(("a.py", GOOD * 100))[:1200], "hw.zip is damaged or cut off"),
    "a gzip cut off": (lambda: gzip.compress(tarred(("a.py", GOOD)))[:60], "hw.zip is damaged"),
    "a gzip of no tar": (lambda: gzip.compress(b"hello"), "hw.zip is damaged or cut off"),
    "a bzip2 of noise": (lambda: b"BZh9" + bytes(range(256)), "hw.zip is damaged or cut off"),
    "an xz of noise": (lambda: b"\xfd7zXZ\0" + bytes(range(256)), "hw.zip is damaged or cut off"),
    "an archive in an archive": (
        lambda: zipped(("a.zip", zipped(("a.py", GOOD)))),
        "There is no .py file and no notebook in hw.zip.",
    ),
}


@pytest.mark.parametrize("how", BAD_ZIPS)
def test_an_archive_of_which_nothing_can_be_read(put: Put, how: str) -> None:
    make, sentence = BAD_ZIPS[how]
    found = read_soon(put("hw.zip", make()))
    assert found.trouble.startswith(sentence)


NAMES = {
    "../a.py": "leads out of the archive",
    "x/../../a.py": "leads out of the archive",
    "..\\a.py": "leads out of the archive",
    "/etc/a.py": "is absolute",
    "C:\\a.py": "is absolute",
    "a\x07.py": "has control characters",
    "a\u202e.py": "has control characters",
    "d/" * 30 + "a.py": "folders deep",
    "n" * 300 + ".py": "has 303 characters",
    "a\udce9.py": "has control characters",
}


@pytest.mark.parametrize("name", [n for n in NAMES if "\udce9" not in n])
def test_names_that_lead_elsewhere_are_left_out_of_a_zip(put: Put, name: str) -> None:
    found = read_soon(put("hw.zip", zipped((zipfile.ZipInfo(name), b"bad"), ("good.py", GOOD))))
    assert found.files == {"good.py": GOOD}
    assert NAMES[name] in said(found)


@pytest.mark.parametrize("name", NAMES)
def test_names_that_lead_elsewhere_are_left_out_of_a_tar(put: Put, name: str) -> None:
    found = read_soon(put("hw.tar", tarred((name, b"bad"), ("good.py", GOOD))))
    assert found.files == {"good.py": GOOD}
    assert NAMES[name] in said(found)


def test_a_nul_in_a_zip_name_does_not_hide_the_suffix(put: Put) -> None:
    data = zipped(("axpy.py", b"bad"), ("good.py", GOOD)).replace(b"axpy.py", b"a\0py.py")
    found = read_soon(put("hw.zip", data))
    assert found.files == {"good.py": GOOD}
    assert "control characters" in said(found)


def test_a_bomb_costs_what_the_limit_is(put: Put) -> None:
    bomb = zipped(("bomb.py", bytes(40 << 20)), ("good.py", GOOD))
    found = read_soon(put("hw.zip", bomb))
    assert found.files == {"good.py": GOOD}
    assert "bomb.py is larger than 1 MB" in said(found)


def test_a_bomb_whose_declared_size_lies(put: Put) -> None:
    size = 40 << 20
    bomb = zipped(("bomb.py", bytes(size)), ("good.py", GOOD))
    found = read_soon(put("hw.zip", bomb.replace(struct.pack("<L", size), struct.pack("<L", 1000))))
    assert found.files == {"good.py": GOOD}
    assert "bomb.py" in said(found)


def test_many_members_that_share_their_bytes(put: Put) -> None:
    """Each within the limits, all of them far beyond: the sum counts."""
    data = zipped(*((f"n{i}.ipynb", bytes(4 << 20)) for i in range(12)))
    found = read_soon(put("hw.zip", data), BundleLimits(total_bytes=15 << 20))
    assert len(found.files) == 3
    assert found.remarks == (
        "More than 15 MB of Python files and notebooks: the rest is left out.",
    )


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_tar_that_unpacks_without_end(put: Put, pack: Callable[[bytes], bytes]) -> None:
    inner = tarred(("good.py", GOOD), ("data.bin", bytes(20 << 20)), ("last.py", GOOD))
    path = put("hw.tar.gz", pack(inner))
    del inner
    found = read_soon(path, BundleLimits(unpacked_bytes=8 << 20))
    assert found.files == {"good.py": GOOD}
    assert "The archive unpacks to more than 8 MB: the rest is left out." in said(found)


@pytest.mark.parametrize(
    ("mode", "name"), [("w", "a.tar"), ("w:gz", "a.tgz"), ("w:bz2", "a"), ("w:xz", "a.txz")]
)
def test_every_kind_of_tar_is_read(put: Put, mode: str, name: str) -> None:
    members = (("hw/a.py", GOOD), ("hw/é.py", b"x"), ("hw/n.ipynb", b"{}"), ("hw/b.csv", b"1"))
    found = read_soon(put(name, tarred(*members, mode=mode)))
    assert msgspec.structs.replace(found, times={}) == SubmittedFiles(
        {"hw/a.py": GOOD, "hw/é.py": b"x", "hw/n.ipynb": b"{}"}, ignored=1
    )


def test_what_is_no_file_in_a_tar(put: Put) -> None:
    odd = {
        "link.py": info_of("link.py", tarfile.SYMTYPE, "/etc/passwd"),
        "hard.py": info_of("hard.py", tarfile.LNKTYPE, "../../solutions/a.py"),
        "device.py": info_of("device.py", tarfile.CHRTYPE),
        "block.py": info_of("block.py", tarfile.BLKTYPE),
        "pipe.py": info_of("pipe.py", tarfile.FIFOTYPE),
    }
    found = read_soon(put("hw.tar", tarred(*((i, b"") for i in odd.values()), ("good.py", GOOD))))
    assert found.files == {"good.py": GOOD}
    assert set(found.left_out) == set(odd)
    assert found.left_out["link.py"] == (
        "link.py is a link, which is not followed: hand in the file itself."
    )
    assert found.left_out["device.py"] == "device.py is a device, not a file."


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_what_is_no_file_in_a_zip(put: Put, kind: int) -> None:
    odd = zipfile.ZipInfo("odd.py")
    odd.external_attr = (kind | 0o777) << 16
    found = read_soon(put("hw.zip", zipped((odd, b"/etc/passwd"), ("good.py", GOOD))))
    assert found.files == {"good.py": GOOD}
    assert "odd.py is a" in said(found)


def test_an_encrypted_member_is_said(put: Put) -> None:
    data = bytearray(zipped(("secret.py", GOOD), ("good.py", GOOD)))
    data[data.index(b"PK\x03\x04") + 6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    found = read_soon(put("hw.zip", bytes(data)))
    assert found.files == {"good.py": GOOD}
    assert said(found).strip() == "secret.py is encrypted: hand it in without a password."


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 97])
def test_a_packing_that_may_explode_is_not_read(put: Put, packing: int) -> None:
    odd = zipfile.ZipInfo("odd.py")
    odd.compress_type = packing if packing != 97 else zipfile.ZIP_STORED
    data = zipped((odd, GOOD * 50), ("good.py", GOOD))
    if packing == 97:
        at, listed = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
        data = (
            data[: at + 8]
            + b"\x61\0"
            + data[at + 10 : listed + 10]
            + b"\x61\0"
            + data[listed + 12 :]
        )
    found = read_soon(put("hw.zip", data))
    assert found.files == {"good.py": GOOD}
    assert "pack it as an ordinary zip" in said(found)


def test_a_member_whose_checksum_is_wrong_is_left_out_alone(put: Put) -> None:
    data = zipped(("bad.py", GOOD), ("good.py", GOOD + b"#"), packing=zipfile.ZIP_STORED)
    found = read_soon(put("hw.zip", data.replace(b"2 * x", b"3 * x", 1)))
    assert list(found.files) == ["good.py"]
    assert said(found).strip() == "bad.py is damaged in the archive."


def test_a_name_that_is_there_twice(put: Put) -> None:
    for name, data in (
        ("hw.zip", zipped(("a.py", b"first"), ("a.py", b"last"))),
        ("hw.tar", tarred(("a.py", b"first"), ("./a.py", b"last"))),
    ):
        found = read_soon(put(name, data))
        assert found.files == {"a.py": b"last"}
        assert found.remarks == ("a.py is there twice: the last one counts.",)


def test_names_that_differ_in_case(put: Put) -> None:
    found = read_soon(put("hw.zip", zipped(("a.py", b"1"), ("A.py", b"2"))))
    assert found.files == {"a.py": b"1", "A.py": b"2"}
    assert found.remarks == (
        "a.py and A.py differ only in large and small letters: both are read.",
    )


def test_what_nobody_wrote_is_passed_over_in_silence(put: Put) -> None:
    names = ("__MACOSX/a.py", "._a.py", ".ipynb_checkpoints/a.ipynb", "env/lib/site-packages/x.py")
    found = read_soon(put("hw.zip", zipped(*((n, b"x") for n in names), ("hw/./a.py", GOOD))))
    assert msgspec.structs.replace(found, times={}) == SubmittedFiles({"hw/a.py": GOOD})


def test_a_list_of_a_hundred_thousand_files_is_refused(put: Put) -> None:
    found = read_soon(put("hw.zip", zipped(*((f"{i:06}.csv", b"") for i in range(60_000)))))
    assert found.trouble.startswith("hw.zip lists more than 20,000 files, and is not read")


def test_two_and_a_half_thousand_sources(put: Put) -> None:
    found = read_soon(put("hw.zip", zipped(*((f"{i:06}.py", GOOD) for i in range(2_500)))))
    assert len(found.files) == 2_000
    assert "More than 2,000 Python files and notebooks: the rest is left out." in found.remarks


def test_a_million_members_of_a_tar(put: Put) -> None:
    block = tarfile.TarInfo("data.csv").tobuf()
    packed = gzip.compress(tarred(("good.py", GOOD))[:1024] + block * 300_000, 1)
    found = read_soon(put("hw.tar.gz", packed))
    assert found.files == {"good.py": GOOD}
    assert "is not looked at" in said(found) or "the rest is left out" in said(found)


def test_a_header_that_keeps_a_parser_busy(put: Put) -> None:
    """Python's tarfile searches it with an expression that is quadratic in its digits."""
    pax = info_of("x", tarfile.XHDTYPE)
    pax.size = 1 << 20
    data = tarred(("good.py", GOOD))[:1024] + pax.tobuf() + b"1" * (1 << 20) + bytes(1024)
    found = read_soon(put("hw.tar", data))
    assert found.files == {"good.py": GOOD}
    assert "hw.tar has a header that no ordinary archive has, and is not read." in said(found)


def test_headers_within_headers(put: Put) -> None:
    pax = info_of("x", tarfile.XHDTYPE)
    pax.size = 512
    block = pax.tobuf() + b"11 path=ab\n".ljust(512, b"\0")
    found = read_soon(put("hw.tar", tarred(("good.py", GOOD))[:1024] + block * 5_000 + bytes(1024)))
    assert found.files == {"good.py": GOOD}
    assert "damaged" in said(found)


def test_a_damaged_header_is_not_taken_for_the_end(put: Put) -> None:
    data = bytearray(tarred(("a.py", GOOD), ("b.py", GOOD)))
    data[1024:1100] = b"\xff" * 76
    found = read_soon(put("hw.tar", bytes(data)))
    assert list(found.files) == ["a.py"]
    assert "damaged or cut off" in said(found)


# folders and single files


def test_a_folder(put: Put, tmp_path: Path) -> None:
    put("jane/hw/a.py", GOOD)
    put("jane/b.ipynb", b"{}")
    put("jane/data/names.txt", b"x")
    put("jane/.git/hooks/x.py", b"x")
    put("jane/e\u0301.py", b"x")  # decomposed, as macOS writes it
    found = read_soon(tmp_path / "jane")
    assert msgspec.structs.replace(found, times={}) == SubmittedFiles(
        {"b.ipynb": b"{}", "\xe9.py": b"x", "hw/a.py": GOOD}, ignored=1
    )


def test_an_archive_in_a_folder_is_opened_and_one_in_an_archive_is_not(
    put: Put, tmp_path: Path
) -> None:
    """Moodle's folders hold the zip that was handed in."""
    inner = zipped(("deep.py", b"x"))
    put("jane/hw.zip", zipped(("a.py", GOOD), ("more.zip", inner), ("../out.py", b"x")))
    put("jane/sub/b.tar.gz", tarred(("b.py", GOOD), mode="w:gz"))
    put("jane/a.py", b"loose")
    put("jane/bad.zip", b"PK\x03\x04")
    put("jane/old.rar", b"Rar!")
    put("jane/names.txt.gz", b"\x1f\x8b")
    found = read_soon(tmp_path / "jane")
    assert found.files == {"a.py": b"loose", "hw.zip/a.py": GOOD, "sub/b.tar.gz/b.py": GOOD}
    assert list(found.left_out) == ["hw.zip/../out.py"]
    assert found.remarks[0].startswith("bad.zip is damaged or cut off")
    assert found.remarks[1] == "old.rar is a rar archive, which is not read: hand in a zip."
    assert found.ignored == 2
    for number in range(30):
        put(f"many/{number}.zip", zipped((f"n{number}.py", GOOD)))
    assert len(read_soon(tmp_path / "many").files) == 20


def test_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "jane").mkdir()
    assert read_soon(tmp_path / "jane").trouble == "jane is empty."


def test_odd_things_on_disk(put: Put, tmp_path: Path) -> None:
    home = tmp_path / "jane"
    put("jane/good.py", GOOD)
    secret = put("secret.py", b"secret")
    put("jane/large.py", bytes((1 << 20) + 1))
    (home / "link.py").symlink_to(secret)
    (home / "out").symlink_to(tmp_path)
    (home / "loop.py").symlink_to("loop.py")
    (home / "folder.py").mkdir()
    os.mkfifo(home / "pipe.py")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(os.path.relpath(home / "socket.py"))
    found = read_soon(home)
    listening.close()
    assert found.files == {"good.py": GOOD}
    assert {name: text.split(" ", 3)[3] for name, text in found.left_out.items()} == {
        "link.py": "link, which is not followed: hand in the file itself.",
        "loop.py": "link, which is not followed: hand in the file itself.",
        "folder.py": "folder; a file of that name is expected.",
        "pipe.py": "pipe, not a file.",
        "socket.py": "socket, not a file.",
        "large.py": "than 1 MB and is left out. Data belongs in a file of its own.",
    }


@pytest.mark.parametrize("name", ["x.py", "x.ipynb", "x.zip"])
def test_a_pipe_or_a_link_in_place_of_a_submission_is_not_waited_for(
    tmp_path: Path, name: str
) -> None:
    os.mkfifo(tmp_path / name)
    assert read_soon(tmp_path / name).trouble == f"{name} is a pipe, not a file."
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to("/etc/passwd")
    assert read_soon(tmp_path / name).trouble.startswith(f"{name} is a link, which is not followed")
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to("/dev/zero")
    assert read_soon(tmp_path / name).trouble.startswith(f"{name} is a link, which is not followed")
    (tmp_path / name).unlink()
    assert (
        read_soon(tmp_path / name).trouble == f"{name} cannot be read: No such file or directory."
    )


def test_a_folder_of_many_files_is_left_in_time(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "a.py").write_bytes(GOOD)
    for number in range(3_000):
        (tmp_path / "deep" / "er" / f"{number}.txt").touch()
    found = read_soon(tmp_path, BundleLimits(entries=1_000))
    assert found.files == {"a.py": GOOD}
    assert found.remarks == ("More than 1,000 files: the rest is not looked at.",)


def test_a_folder_without_end(tmp_path: Path) -> None:
    folder = tmp_path
    for number in range(40):
        folder = folder / "d"
        folder.mkdir()
        (folder / "a.py").write_bytes(b"%d" % number)
    found = read_soon(tmp_path)
    assert len(found.files) == 19
    assert "Folders that lie deeper than 20 are left out." in found.remarks


def test_a_name_whose_bytes_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(GOOD)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.py")).write_bytes(b"x")
    Path(f"{tmp_path}/\x1b[2J.py").write_bytes(b"x")
    found = read_soon(tmp_path)
    assert found.files == {"a.py": GOOD}
    assert len(found.left_out) == 2


def test_a_file_that_changes_while_it_is_read(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put("jane/a.py", GOOD)
    put("jane/b.py", GOOD)
    real = os.fstat

    def growing(handle: int) -> os.stat_result:
        if path.samefile(f"/proc/self/fd/{handle}"):
            path.write_bytes(path.read_bytes() + b"#")
        return real(handle)

    monkeypatch.setattr(bundle_module.os, "fstat", growing)
    found = read_bundle(path.parent)
    assert found.files == {"b.py": GOOD}
    assert found.remarks == ("a.py changes while it is read.",)


def test_what_may_not_be_read(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put("jane/a.py", GOOD)
    put("jane/b.py", GOOD)
    real = os.open

    def refuse(name: object, *arguments: int) -> int:
        if str(name).endswith("a.py"):
            raise PermissionError(13, "Permission denied", str(name))
        return real(name, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(bundle_module.os, "open", refuse)  # root may read everything
    assert read_bundle(path).trouble == "a.py cannot be read: Permission denied."
    assert read_bundle(path.parent).remarks == ("a.py cannot be read: Permission denied.",)
    monkeypatch.setattr(bundle_module.os, "scandir", refuse)
    (path.parent / "sub_a.py").mkdir()
    assert read_bundle(Path(path.parent / "sub_a.py")).trouble == (
        "The folder sub_a.py cannot be read: Permission denied."
    )


def test_several_parts_are_one_bundle(put: Put) -> None:
    parts = [
        SubmittedPath(put("doe_1_2_engine-1.py", GOOD), "engine.py"),
        SubmittedPath(
            put("doe_1_3_rest.zip", zipped(("nn.py", b"1"), ("engine.py", b"2"))), "rest.zip"
        ),
        SubmittedPath(put("doe_1_4_bad.zip", b"bad"), "bad.zip"),
        SubmittedPath(put("doe_1_5_report.pdf", b"%PDF"), "report.pdf"),
    ]
    found = read_bundle(parts)
    assert found.files == {"engine.py": b"2", "nn.py": b"1"}
    assert found.remarks[:2] == (
        "bad.zip is not the archive its name says.",
        "report.pdf is a PDF: hand in the .py files or the notebook itself.",
    )
    assert "engine.py is there twice: the last one counts." in found.remarks


def test_archives_of_noise_and_mutated_ones(put: Put) -> None:
    """Whatever the bytes: no exception, no great memory, no long wait."""
    rng = random.Random(4)
    members = (("hw/a.py", GOOD * 40), ("hw/n.ipynb", b"{}" * 99), ("c.txt", b"x" * 600))
    seeds = [
        *(
            zipped(*members, packing=packing)
            for packing in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        ),
        *(tarred(*members, mode=mode) for mode in ("w", "w:gz", "w:bz2", "w:xz")),
        zlib.compress(GOOD),
    ]
    slowest = 0.0
    for turn in range(1_500):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.choice((1, 2, 8, 40))):
            at = rng.randrange(len(data))
            match rng.randrange(5):
                case 0:
                    data[at] = rng.randrange(256)
                case 1:
                    del data[at : at + rng.randrange(1, 60)]
                    data = data or bytearray(b"PK\x03\x04")
                case 2:
                    data[at:at] = rng.randbytes(rng.randrange(1, 60))
                case 3:
                    data[at : at + 4] = b"\xff\xff\xff\xff"
                case 4:
                    data[at : at + 4] = bytes(4)
        path = put("hw.zip", bytes(data))
        if turn % 50:
            start = time.monotonic()
            found = read_bundle(path)
            slowest = max(slowest, time.monotonic() - start)
            assert bool(found.files) != bool(found.trouble)
        else:
            read_soon(path)
    assert slowest < MOST_SECONDS


WHAT_IT_IS = {
    "report.pdf": "report.pdf is a PDF: hand in the .py files or the notebook itself.",
    "work.docx": "work.docx is a Word document: hand in the .py files or the notebook itself.",
    "atomic.py.txt": "atomic.py.txt is Python under another name: call it atomic.py.",
    "hw.ipynb.json": "hw.ipynb.json is a notebook under another name: call it hw.ipynb.",
    "notes.txt": "notes.txt is plain text: hand in the .py files or the notebook itself.",
    "page.HTML": "page.HTML is a web page: hand in the .py files or the notebook itself.",
    "old.pyc": "old.pyc is compiled Python: hand in the .py itself.",
}


@pytest.mark.parametrize("name", WHAT_IT_IS)
@pytest.mark.parametrize("how", ["folder", "zip", "tar", "alone"])
def test_what_there_is_in_place_of_python_is_named(put: Put, name: str, how: str) -> None:
    data = b"PK\3\4 or something else"
    path = {
        "folder": lambda: put(f"dan/{name}", data).parent,
        "zip": lambda: put("dan.zip", zipped((name, data))),
        "tar": lambda: put("dan.tar", tarred((name, data))),
        "alone": lambda: put(name, data),
    }[how]()
    found = read_soon(path)
    assert WHAT_IT_IS[name] in found.trouble
    assert not found.files
    if how != "alone":
        assert found.trouble.startswith(f"There is no .py file and no notebook in {path.name}. ")


def test_an_archive_in_an_archive_is_named(put: Put) -> None:
    inner = zipped(("atomic.py", GOOD))
    for found in (
        read_soon(put("eli.zip", zipped(("hw.zip", inner)))),
        read_soon(put("eli.tar", tarred(("hw.zip", inner)))),
    ):
        assert "hw.zip is an archive within another one, which is not opened" in found.trouble


def test_what_is_beside_python_is_not_worth_a_word(put: Put) -> None:
    found = read_soon(put("ada.zip", zipped(("a.py", GOOD), ("report.pdf", b"%PDF"))))
    assert (found.files, found.remarks, found.trouble) == ({"a.py": GOOD}, (), "")


def test_the_clock_takes_nothing_from_anybody(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a second of wall clock is nothing: what counts is what was computed."""
    clock = itertools.count(0, 25)
    monkeypatch.setattr("grader.grading.gathering.time.monotonic", lambda: next(clock) * 0.01)
    found = read_bundle(put("hw.zip", zipped(*((f"{n:03}.py", GOOD) for n in range(60)))))
    assert (len(found.files), found.remarks) == (60, ())


def test_when_files_are_from(put: Put, tmp_path: Path) -> None:
    path = put("jane/a.py", GOOD)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert read_bundle(tmp_path / "jane").times == {"a.py": 1_700_000_000.0}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(zipfile.ZipInfo("a.py", (2026, 10, 1, 12, 0, 0)), GOOD)
        file.writestr(zipfile.ZipInfo("b.py"), GOOD)  # 1980: it does not know
    times = read_bundle(put("jane.zip", archive.getvalue())).times
    assert times == {"a.py": 1_790_856_000.0, "b.py": 0.0}
