"""Files that cannot be judged: one clear sentence with the line, never a traceback of ours."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from judging import Judged, words

from grader.results import Outcome

ERROR, TODO = Outcome.ERROR, Outcome.TODO
BROKEN: dict[str, tuple[bytes, Outcome, int | None, str]] = {
    "syntax error": (
        b"x = 1\ndef double(x):\n    return x +\n",
        *(ERROR, 3, "arrays.py, line 3 is not valid Python (invalid syntax): return x +"),
    ),
    "indentation": (
        b"def double(x):\nreturn x\n",
        *(ERROR, 2, "arrays.py, line 2 is not valid Python (expected an indented block after"),
    ),
    "tabs and spaces": (
        b"if 1:\n        x = 1\n\ty = 2\n",
        *(ERROR, 3, "arrays.py, line 3 is not valid Python (inconsistent use of tabs"),
    ),
    "a string that never ends": (
        b"x = 1\ny = '''\nz",
        *(ERROR, 2, "arrays.py, line 2 is not valid Python (unterminated triple-quoted"),
    ),
    "return at the top": (
        b"return 1\n",
        *(ERROR, 1, "arrays.py, line 1 is not valid Python ('return' outside function)"),
    ),
    "a conflict of git's": (
        b"x = 1\n<<<<<<< HEAD\n",
        *(ERROR, 2, "arrays.py, line 2 is not valid Python (invalid syntax): <<<<<<< HEAD"),
    ),
    "a magic that is none": (
        b"!pip install torch\nx = 5 % % 2\n",
        *(ERROR, 2, "arrays.py, line 2 is not valid Python (invalid syntax): x = 5 % % 2"),
    ),
    "NUL bytes": (
        b"x = 1\n\0\0\n",
        *(ERROR, 2, "arrays.py, line 2 holds a NUL byte: this is not a text file."),
    ),
    "UTF-16": (
        "x = 1\n".encode("utf-16"),
        *(ERROR, 1, "arrays.py, line 1 holds a NUL byte: this is not a text file."),
    ),
    "not UTF-8": (
        "x = 1\n# caf\xe9\n".encode("latin-1"),
        *(ERROR, 2, "arrays.py, line 2 is not UTF-8 (byte 0xe9): save it as UTF-8."),
    ),
    "not UTF-8, and says that it is": (
        "# -*- coding: utf-8 -*-\n# caf\xe9\n".encode("latin-1"),
        *(ERROR, 2, "arrays.py, line 2 is not UTF-8 (byte 0xe9): save it as UTF-8."),
    ),
    "not as it says": (
        b"# coding: ascii\nx = '\xe9'\n",
        *(ERROR, 2, "arrays.py, line 2 is not ascii (byte 0xe9), as its first lines say: save it"),
    ),
    "in no encoding": (
        b"# coding: klingon\nx = 1\n",
        *(ERROR, None, "arrays.py cannot be read: unknown encoding: klingon. Save it as UTF-8."),
    ),
    "empty": (b"", TODO, None, "arrays.py is empty."),
    "blank": (b" \n\n\t\n", TODO, None, "arrays.py is empty."),
    "only a byte order mark": (b"\xef\xbb\xbf", TODO, None, "arrays.py is empty."),
    "a line of a megabyte": (
        b"x = 1\ndef " + b"x" * 900_000,
        *(ERROR, 2, "arrays.py, line 2 is not valid Python ("),
    ),
    "50 MB": (
        b"x = 1\n" * (50 * 2**20 // 6),
        *(ERROR, None, "arrays.py is 50 MB of source; at most 1 MB is read."),
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_file_that_cannot_be_read(judged: Judged, how: str) -> None:
    content, outcome, line, sentence = BROKEN[how]
    start = time.monotonic()
    results = judged.files({"arrays.py": content}, "double", "mean", "echo", "shift")
    assert time.monotonic() - start < 5
    for exercise in ("double", "mean"):
        assert results[exercise].outcome is outcome
        assert results[exercise].line == line
        assert words(results[exercise]).startswith(sentence)
        assert len(words(results[exercise])) < 300
    # model.py imports arrays.py: what needs nothing of it is right, and what does waits
    assert results["echo"].outcome is Outcome.PASS
    assert results["shift"].outcome is Outcome.BLOCKED
    assert results["shift"].blocked_by == ("double",)


NESTED = {
    "parentheses": "({}{})",
    "lists": "[{}{}]",
    "minus": "-{}{}",
    "not": "not {}{}",
    "attributes": "{}{}.a",
    "calls": "{}{}()",
    "subscripts": "{}{}[0]",
    "sums": "{}{}+1",
    "powers": "1**{}{}",
    "lambdas": "lambda:{}{}",
    "conditions": "1 if 1 else {}{}",
    "f-strings": "f'{{{}{}}}'",
}


def nested(shape: str, depth: int) -> str:
    before, after = NESTED[shape].replace("{{", "\1").replace("}}", "\2").split("{}{}")
    before, after = (s.replace("\1", "{").replace("\2", "}") for s in (before, after))
    return before * depth + "x" + after * depth


@pytest.mark.parametrize("depth", [90, 900, 3_000, 100_000])
@pytest.mark.parametrize("shape", [s for s in NESTED if s != "f-strings"])
def test_source_nested_without_end(judged: Judged, shape: str, depth: int) -> None:
    code = f"def slope(x):\n    return {nested(shape, depth)}\n"
    results = judged.code(code, "slope", "mean")
    assert results["slope"].outcome in (Outcome.ERROR, Outcome.FAIL)
    assert len(words(results["slope"])) < 300
    assert results["mean"].outcome in (Outcome.ERROR, Outcome.PASS)
    if results["mean"].outcome is Outcome.ERROR:
        assert words(results["mean"]).startswith("arrays.py")


def test_nested_blocks(judged: Judged) -> None:
    code = "".join(f"{' ' * depth}if 1:\n" for depth in range(110)) + " " * 110 + "pass\n"
    result = judged.code(code, "mean")["mean"]
    assert result.outcome is Outcome.ERROR
    assert "is not valid Python (too many levels of indentation)" in words(result)


def test_a_folder_in_its_place(judged: Judged) -> None:
    judged.files({})
    (judged.folder / "arrays.py").unlink()
    (judged.folder / "arrays.py").mkdir()
    results = judged.as_it_is("double", "echo")
    assert results["double"].outcome is Outcome.ERROR
    assert results["echo"].outcome is Outcome.PASS
    assert words(results["double"]) == "arrays.py is a folder; a file of that name is expected."


def test_no_file(judged: Judged) -> None:
    results = judged.files({"arrays.py": None}, "double", "echo", "shift")
    assert results["double"].outcome is Outcome.TODO
    assert words(results["double"]) == "arrays.py is not there."
    assert results["echo"].outcome is Outcome.PASS
    assert results["shift"].outcome is Outcome.BLOCKED
    assert words(results["shift"]).startswith("It calls double, and arrays.py is not there.")


def test_pipes_and_circular_links_are_no_files(judged: Judged) -> None:
    judged.files({})
    path = judged.folder / "arrays.py"
    path.unlink()
    os.mkfifo(path)
    assert words(judged.as_it_is("double")["double"]) == "arrays.py is not a regular file."
    path.unlink()
    path.symlink_to("arrays.py")
    result = judged.as_it_is("double")["double"]
    assert result.outcome is Outcome.ERROR
    assert words(result).startswith("arrays.py cannot be read: ")


def test_a_file_that_may_not_be_read(judged: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)  # root may read every file
    result = judged.warm.judge(judged.warm.course.stubs(judged.lecture), "double").exercises[0]
    assert result.outcome is Outcome.ERROR
    assert words(result) == "arrays.py cannot be read: Permission denied."


def test_the_import_that_fails_is_named(judged: Judged) -> None:
    code = "from arrays import nothing_like_it  # here\n"
    assert judged.one(code, "echo", file="model.py").outcome is Outcome.PASS
    code += "def echo(text):\n    return nothing_like_it(text)\n"
    result = judged.one(code, "echo", file="model.py")
    assert result.outcome is Outcome.ERROR
    assert words(result).startswith(
        "ImportError: cannot import name 'nothing_like_it' from 'arrays'"
    )
    assert result.line == judged.line("# here", "model.py")


def test_files_that_import_each_other(judged: Judged) -> None:
    arrays = "from model import echo  # here\n" + judged.worked("arrays.py")
    assert judged.files({"arrays.py": arrays}, "double")["double"].outcome is Outcome.PASS
    arrays += "\ndef double(x):\n    return echo(x + x)\n"
    result = judged.files({"arrays.py": arrays}, "double")["double"]
    assert result.outcome is Outcome.PASS, "model.py itself is whole without arrays.double"


@pytest.mark.parametrize(
    "spoil",
    [
        b"\xef\xbb\xbf%s",
        b"# -*- coding: latin-1 -*-\n%s",
        b"# -*- coding: cp1252 -*-\n# L\xf6sung\n%s",
        b"#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\nname = 'caf\xe9'\n%s",
        b"%s\n# \xe2\x82\xac\f\n",
    ],
)
def test_what_is_odd_and_right_passes(judged: Judged, spoil: bytes) -> None:
    worked = judged.worked("arrays.py").encode()
    assert judged.files({"arrays.py": spoil % worked}, "double")["double"].outcome is Outcome.PASS


def test_lines_that_end_as_on_windows(judged: Judged) -> None:
    code = judged.worked("arrays.py") + "\n\ndef double(x):\n    return 1 / 0  # here\n"
    result = judged.files({"arrays.py": code.replace("\n", "\r\n").encode()}, "double")["double"]
    assert result.line == judged.line("# here")
