"""Which layers were on is what the process itself has put on, under the names of the threat model."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from judging import Judged

from grader.sandbox import namespaces
from grader.sandbox.protections import Layer

PAGE = Path(__file__).parents[2] / "docs" / "threat-model.md"


def test_the_page_names_the_layers_that_there_are() -> None:
    _, _, table = PAGE.read_text(encoding="utf-8").partition("| layer |")
    rows = re.findall(r"^\| ([^|]+?) +\|", table.partition("\n\n")[0], re.MULTILINE)
    assert [row for row in rows if not row.startswith("-")] == [layer.value for layer in Layer]


def test_a_forked_child_has_what_it_has(judged: Judged) -> None:
    judged.files({}, "double", "mean")
    assert judged.last is not None
    expected = {Layer.PROCESS, Layer.LIMITS, Layer.MEMORY, Layer.CALLS}
    if os.geteuid() != 0:
        expected.add(Layer.USER)
    assert set(judged.last.protections) == expected


def test_code_that_was_not_run_had_none(judged: Judged) -> None:
    judged.files({"arrays.py": None, "model.py": None}, "double")
    assert judged.last is not None
    assert judged.last.protections == ()


def test_a_layer_that_could_not_be_put_on_is_not_claimed(
    judged_spawn: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a processor whose system calls have no names here there is no filter."""
    lines = "import platform; platform.machine = lambda: 'abacus'\n"
    folder = judged_spawn.folder / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(lines)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    judged_spawn.files({}, "mean")
    assert judged_spawn.last is not None
    assert Layer.CALLS not in judged_spawn.last.protections
    assert Layer.MEMORY in judged_spawn.last.protections


def test_what_a_submission_says_of_its_layers_is_not_believed(judged: Judged) -> None:
    code = """
import os, stat
from grader.sandbox.protections import Layer
from grader.sandbox.protocol import Ready, pack
from grader.sandbox.serialization import header
data = pack(Ready(tuple(Layer)))
for fd in range(3, 64):
    try:
        if stat.S_ISSOCK(os.fstat(fd).st_mode):
            os.write(fd, header(len(data)) + data)
    except OSError:
        pass
"""
    judged.code(code, "mean")
    assert judged.last is not None
    assert Layer.NETWORK not in judged.last.protections


def test_the_walls_are_seen_not_supposed() -> None:
    """Here, outside of bubblewrap, there are none; and a cell is locked from inside alone."""
    assert Layer.DISK not in namespaces.walls()
    assert Layer.ENVIRONMENT not in namespaces.walls()
    with pytest.raises(RuntimeError, match="from inside"):
        namespaces.lock()
