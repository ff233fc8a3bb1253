"""Inside bubblewrap and a cell: what a submission sees of this machine, and what is left of it."""

from __future__ import annotations

import json
import os
import socket
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from judging import TINY, Judged, WarmJudge, children_of, words

from grader.course.manifest import Course
from grader.errors import UserError
from grader.results import Outcome
from grader.sandbox.bubblewrap import words_before
from grader.sandbox.isolation import Isolation
from grader.sandbox.sandbox import Sandbox


@pytest.fixture(scope="module")
def walled(tiny: Course) -> Iterator[WarmJudge]:
    with WarmJudge(tiny, Isolation.BWRAP, hide=[TINY]) as judge:
        yield judge


@pytest.fixture
def inside(walled: WarmJudge, tmp_path: Path) -> Judged:
    return Judged(walled, tmp_path)


def sees(inside: Judged, code: str) -> Any:
    """What `found` holds after the code has run inside, before `double` returns the right answer."""
    body = textwrap.indent(textwrap.dedent(code), "    ")
    source = (
        f"import json\ndef double(x):\n{body}\n    print(json.dumps(found))\n    return x + x\n"
    )
    result = inside.one(source, "double")
    assert result.outcome is Outcome.PASS, words(result)
    return json.loads(result.output.splitlines()[0])


def test_a_right_answer_passes_and_a_wrong_one_does_not(inside: Judged) -> None:
    assert inside.one("def double(x):\n    return x\n", "double").outcome is Outcome.FAIL
    assert inside.files({})["double"].outcome is Outcome.PASS


def test_no_network(inside: Judged) -> None:
    """No socket at all; and none would lead anywhere."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = sees(
            inside,
            f"""
            import socket
            found = []
            for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK):
                try:
                    socket.socket(family).connect(("127.0.0.1", {port}))
                    found.append("connected")
                except OSError as error:
                    found.append(error.errno)
            """,
        )
    assert found == [1, 1, 1, 1], "EPERM"


def test_no_writable_path_but_its_own(inside: Judged) -> None:
    found = sees(
        inside,
        """
        import os
        found = []
        for folder, folders, files in os.walk("/"):
            for name in (folder, *(os.path.join(folder, f) for f in files)):
                if os.path.islink(name) or name.startswith("/dev/"):
                    continue
                if os.access(name, os.W_OK):
                    found.append(name)
            if len(found) > 20 or folder.count("/") > 3:
                folders.clear()
        """,
    )
    assert found == ["/scratch"]


def test_its_own_folder_is_empty_small_and_not_shared(inside: Judged) -> None:
    code = """
        import os
        found = [os.getcwd(), os.listdir("."), os.listdir("/tmp") if os.path.islink("/tmp") else []]
        open("left_behind", "w").write("x" * 1000)
        try:
            with open("big", "wb") as file:
                for _ in range(200):
                    file.write(b"x" * (1 << 20))
            found.append("no limit")
        except OSError as error:
            found.append(error.errno)
        """
    for _ in range(2):
        cwd, own, tmp, limit = sees(inside, code)
        assert (cwd, own, tmp) == ("/scratch", [], [])
        assert limit in (27, 28), "EFBIG or ENOSPC"


def test_no_other_process(inside: Judged) -> None:
    found = sees(
        inside,
        """
        import os
        import threading
        found = [os.getpid(), os.getppid(), os.listdir("/proc"), []]
        for number in range(2, 300):
            try:
                os.sched_getaffinity(number)
                found[3].append(number)
            except OSError:
                pass
        """,
    )
    *alone, others = found
    assert alone == [1, 0, []]
    assert len(others) <= 1, "the thread that watches the clock"


def test_no_course_no_submissions_no_home(inside: Judged, tmp_path: Path) -> None:
    secret = tmp_path / "other" / "submission.py"
    secret.parent.mkdir()
    secret.write_text("the answer")
    solution = TINY / "solutions" / "tiny" / "arrays.py"
    assert solution.exists()
    found = sees(
        inside,
        f"""
        import os
        found = [os.path.exists(p) for p in ({str(secret)!r}, {str(solution)!r}, {str(TINY)!r})]
        found += [os.path.exists(p) for p in ("/home", "/etc/passwd", "/etc/shadow", "/var")]
        found += [p for p in ("/root", "/srv") if os.path.isdir(p) and os.access(p, os.W_OK)]
        """,
    )
    assert not any(found)


def test_nothing_of_a_course_on_the_whole_disk(inside: Judged) -> None:
    """Every file that can be read is looked at by name: no check, no solution, no chaff."""
    found = sees(
        inside,
        """
        import os
        found = []
        for folder, folders, files in os.walk("/"):
            folders[:] = [f for f in folders if f not in ("torch", "lib", "share", "sys", "dev")]
            found += [
                os.path.join(folder, f) for f in files
                if f in ("chaffs.toml", "course.toml", "equivalents.toml")
                or "hidden" in folder and f.startswith("test_")
                or "solutions" in folder.split("/")
            ]
        """,
    )
    assert found == []


def test_no_environment_and_no_descriptor(inside: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    found = sees(
        inside,
        """
        import os
        kinds = {}
        for fd in range(256):
            try:
                kinds[fd] = oct(os.fstat(fd).st_mode >> 12)
            except OSError:
                pass
        found = [sorted(os.environ), kinds]
        """,
    )
    names, kinds = found
    assert "SECRET_TOKEN" not in names
    assert set(names) <= {
        *("PATH", "LANG", "LC_CTYPE", "HOME", "TMPDIR", "PWD"),
        *("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "MKL_NUM_THREADS", "MPLBACKEND"),
        *("KMP_INIT_AT_FORK", "KMP_DUPLICATE_LIB_OK", "TORCHINDUCTOR_CACHE_DIR"),
    }
    for fd, kind in kinds.items():  # devices, pipes and sockets; no file, no folder
        assert kind in ("0o2", "0o1", "0o14"), (fd, kind)


def test_no_capability_and_no_way_to_one(inside: Judged) -> None:
    found = sees(
        inside,
        """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        header = (ctypes.c_uint32 * 2)(0x20080522, 0)
        sets = (ctypes.c_uint32 * 6)()
        libc.capget(header, sets)
        found = [list(sets), os.getuid(), os.geteuid()]
        def tried(name, *arguments):
            ctypes.set_errno(0)
            return [name, getattr(libc, name)(*arguments) != -1]
        found += [
            tried("unshare", 0x10000000), tried("mount", b"x", b"/scratch", b"tmpfs", 0, b""),
            tried("setuid", 0), tried("chroot", b"/scratch"), tried("umount2", b"/scratch", 2),
            tried("setns", 3, 0), tried("ptrace", 16, 1, 0, 0), tried("setresuid", 0, 0, 0),
            tried("sethostname", b"mine", 4), tried("shmget", 0, 1 << 30, 0o1600),
            tried("memfd_create", b"x", 0), tried("personality", 0x0040000),
        ]
        """,
    )
    sets, uid, euid, *tries = found
    assert sets == [0] * 6
    assert (uid, euid) == (65534, 65534)
    assert [name for name, worked in tries if worked] == []


def test_no_process_is_started_and_none_survives(inside: Judged, proc: Path) -> None:
    us = int((proc / "self").resolve().name)
    result = inside.one("import os\ndef double(x):\n    os.fork()\n    return x + x\n", "double")
    assert words(result).startswith("Stopped at the process limit")
    for _ in range(3):
        inside.one("import os\ndef double(x):\n    os._exit(0)\n", "double")
    names = list(children_of(us).values())
    assert len(names) <= 12, names


def test_endings_are_told_as_without_the_wall(inside: Judged) -> None:
    endings = {
        "import os; os._exit(3)": "Your code ended the Python process itself, with status 3",
        "import ctypes; ctypes.string_at(0)": "Your code crashed Python: SIGSEGV",
        "while True: pass": "Stopped at the time limit of 1 s",
        "raise MemoryError": "Stopped at the memory limit",
        "return bytearray(1 << 40)": "Stopped at the memory limit",
        "1 / 0": "ZeroDivisionError: division by zero",
    }
    for body, expected in endings.items():
        result = inside.one(f"def double(x):\n    {body}  # here\n", "double")
        assert result.outcome is Outcome.ERROR
        assert words(result).startswith(expected)
        if "status" not in expected and "memory" not in expected:
            assert result.line == inside.line("# here"), body


def test_a_judge_that_is_root_is_no_wall_less(inside: Judged) -> None:
    """The tests may run as root or not; inside, nobody is."""
    found = sees(inside, "import os\nfound = [os.getuid(), os.stat('/usr').st_uid]")
    assert found[0] == 65534
    if os.getuid() == 0:
        assert found[1] in (65534, 0)


def test_where_bubblewrap_is_missing(tiny: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with (
        pytest.raises(UserError, match="bubblewrap is not installed") as caught,
        Sandbox(Isolation.BWRAP, forbids=tiny.forbids),
    ):
        pass
    assert "apt install bubblewrap" in caught.value.fix


def test_what_is_to_be_hidden_is_covered_where_it_would_be_seen(tmp_path: Path) -> None:
    import torch

    inside_library = Path(torch.__file__).parent
    words_given = words_before([inside_library])
    at = words_given.index("--tmpfs")
    assert words_given[at + 1] == str(inside_library.resolve())
    assert "--tmpfs" not in words_before([tmp_path])
    above = Path(sys.prefix).parent  # Python alone is shown of it, so there is nothing to cover
    assert str(above) not in words_before([above])
    with pytest.raises(UserError, match="has to be hidden"):
        words_before([Path(torch.__file__).parent.parent])


def test_an_optimizer_in_the_cell(inside: Judged) -> None:
    """What torch imports late is imported in the zygote, which has nowhere to write."""
    code = (
        "def double(x):\n    import torch\n"
        "    torch.optim.SGD([torch.nn.Parameter(x.clone())], lr=1.0).step()\n    return x * 2\n"
    )
    assert inside.one(code, "double").outcome is Outcome.PASS
