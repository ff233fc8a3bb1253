"""Which text stands for which file, as people name, nest and mix what they hand in."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from judging import TINY, WarmJudge

from grader.course.manifest import Course, Lecture, bundled_course, load_course
from grader.course.targets import select
from grader.grading import source_matching
from grader.grading.source_matching import MOST_SECONDS, Sources, submission_from
from grader.grading.submitted_files import SubmittedFiles, read_bundle
from grader.results import Outcome
from grader.source.source_map import SourceMap

ARRAYS = (TINY / "solutions" / "tiny" / "arrays.py").read_bytes()
MODEL = (TINY / "solutions" / "tiny" / "model.py").read_bytes()


@pytest.fixture
def lecture(tiny: Course) -> Lecture:
    return tiny.lectures[0]


def notebook(*cells: str | bytes) -> bytes:
    made = [{"cell_type": "code", "source": c if isinstance(c, str) else c.decode()} for c in cells]
    return json.dumps({"nbformat": 4, "cells": made}).encode()


def troubles(sources: Sources) -> dict[str, tuple[str, bool]]:
    return {
        name: (file.trouble.sentence, file.trouble.absent)
        for name, file in sources.submission.files.items()
        if file.trouble
    }


# broken first


def test_nothing_that_can_be_judged(lecture: Lecture) -> None:
    found = submission_from(SubmittedFiles({}, trouble="hw.zip is damaged or cut off."), lecture)
    assert troubles(found) == dict.fromkeys(lecture.files, ("hw.zip is damaged or cut off.", False))
    found = submission_from(SubmittedFiles({}), lecture)
    assert troubles(found) == {f: (f"{f} is not there.", True) for f in lecture.files}


def test_a_file_that_was_left_out_says_why(lecture: Lecture) -> None:
    bundle = SubmittedFiles(
        {"model.py": MODEL}, left_out={"hw/arrays.py": "hw/arrays.py is encrypted."}
    )
    found = submission_from(bundle, lecture)
    assert troubles(found) == {"arrays.py": ("hw/arrays.py is encrypted.", False)}


def test_a_notebook_that_cannot_be_read_says_why(lecture: Lecture) -> None:
    found = submission_from(SubmittedFiles({"hw.ipynb": b"{"}), lecture)
    assert set(troubles(found).values()) == {
        ("hw.ipynb is not a notebook: Input data was truncated.", False)
    }


@pytest.mark.parametrize("name", ["arrays.py", "arrays (1).py", "hw5.py"])
def test_a_file_that_is_no_python_is_found_and_says_why(lecture: Lecture, name: str) -> None:
    found = submission_from(
        SubmittedFiles({name: b"def double(x:\n    pass\ndef mean(x):\n  pass\n"}), lecture
    )
    assert troubles(found)["arrays.py"] == (
        "arrays.py, line 1 is not valid Python ('(' was never closed): def double(x:",
        False,
    )


SLOW = {
    "f-strings": b"def double(x): return f'" + b"{x}" * 300_000 + b"'\n",
    "functions": b"def double():0\n" * 60_000,
    "in a notebook": notebook("def double():0\n" * 19_000),
    "in helpers": b"def double():0\n" * 2_000,
}


@pytest.mark.parametrize("how", SLOW)
def test_what_is_made_to_compile_slowly_is_stopped(lecture: Lecture, how: str) -> None:
    name = "arrays.ipynb" if "notebook" in how else "arrays.py"
    files = {f"h{n}.py": SLOW[how] for n in range(500)} if "helpers" in how else {name: SLOW[how]}
    found = submission_from(SubmittedFiles(files), lecture)
    assert troubles(found)["arrays.py"][0] == (
        "Compiling what was handed in takes longer than 3 s: it is not judged."
    )


def slow_python(folder: Path, before: str) -> str:
    """A Python that does something else first."""
    script = folder / "python"
    script.write_text(f'#!/bin/sh\n{before}\nexec "{sys.executable}" "$@"\n')
    script.chmod(0o755)
    return str(script)


LARGE = ARRAYS + b"NAMES = [\n" + b"    'emma', 'olivia', 'ava',\n" * 10_000 + b"]\n"


def test_a_busy_machine_costs_an_honest_file_nothing(
    lecture: Lecture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts is processor time: a clock would say that this takes longer than it may."""
    monkeypatch.setattr(sys, "executable", slow_python(tmp_path, f"sleep {MOST_SECONDS + 1}"))
    found = submission_from(SubmittedFiles({"arrays.py": LARGE, "model.py": MODEL}), lecture)
    assert not troubles(found)
    assert not found.timed_out


@pytest.mark.parametrize("before", ["exec sleep 60", "kill -9 $$"])
def test_what_cannot_be_read_here_is_tried_again_and_is_no_trouble_of_the_learners(
    lecture: Lecture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    monkeypatch.setattr(source_matching, "WAIT_SECONDS", 1.0)
    script = slow_python(tmp_path, f"echo again >> {tmp_path}/tries; {before}")
    monkeypatch.setattr(sys, "executable", script)
    found = submission_from(SubmittedFiles({"arrays.py": LARGE}), lecture)
    assert (tmp_path / "tries").read_text() == "again\n" * 2
    assert found.timed_out.startswith("It could not be read on this machine, twice: ")
    assert not troubles(found)


def test_once_is_enough_where_the_second_try_comes_to_an_end(
    lecture: Lecture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = f"mkdir {tmp_path}/tried 2>/dev/null && kill -9 $$"
    monkeypatch.setattr(sys, "executable", slow_python(tmp_path, first))
    found = submission_from(SubmittedFiles({"arrays.py": LARGE, "model.py": MODEL}), lecture)
    assert not troubles(found)
    assert not found.timed_out


def test_what_crashes_the_compiler_is_the_learners(
    lecture: Lecture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", slow_python(tmp_path, "kill -SEGV $$"))
    found = submission_from(SubmittedFiles({"arrays.py": LARGE}), lecture)
    assert set(troubles(found).values()) == {
        ("Compiling what was handed in crashes Python: it is not judged.", False)
    }


def test_what_is_large_and_honest_is_read_all_the_same(lecture: Lecture) -> None:
    bundle = SubmittedFiles({"hw/arrays.py": LARGE, "model.py": MODEL, "helper.py": b"x = 1"})
    found = submission_from(bundle, lecture)
    small = submission_from(SubmittedFiles({**bundle.files, "hw/arrays.py": ARRAYS}), lecture)
    assert not troubles(found)
    assert (found.taken, found.remarks) == (small.taken, small.remarks)
    assert found.submission.others == small.submission.others
    assert found.submission.files["model.py"] == small.submission.files["model.py"]


# by name


def test_a_name_counts_wherever_it_lies(lecture: Lecture) -> None:
    found = submission_from(
        SubmittedFiles({"jane/hw/arrays.py": ARRAYS, "Model.py": MODEL, "jane/util.py": b"x = 1"}),
        lecture,
    )
    assert found.taken == {"arrays.py": "jane/hw/arrays.py", "model.py": "Model.py"}
    assert list(found.submission.others) == ["util.py"]
    assert not troubles(found)
    assert found.remarks == ()
    assert found.submission.files["arrays.py"].path == "jane/hw/arrays.py"
    assert found.place("arrays.py", 3) == "jane/hw/arrays.py, line 3"


def test_of_several_the_lectures_folder_counts_and_then_the_highest(lecture: Lecture) -> None:
    files = {"old/x/arrays.py": b"1", "b/arrays.py": b"2", "a/arrays.py": b"3", "model.py": MODEL}
    found = submission_from(SubmittedFiles(files), lecture)
    assert found.taken["arrays.py"] == "a/arrays.py"
    assert found.remarks == (
        "arrays.py is there more than once: a/arrays.py counts, not b/arrays.py, old/x/arrays.py.",
    )
    found = submission_from(
        SubmittedFiles({**files, "exercises/tiny/v/arrays.py": ARRAYS}), lecture
    )
    assert found.taken["arrays.py"] == "exercises/tiny/v/arrays.py"


def test_a_file_of_another_lecture_is_not_taken(lecture: Lecture) -> None:
    bundle = SubmittedFiles(
        {"exercises/lecture2/arrays.py": ARRAYS, "exercises/lecture2/n.ipynb": b"{}"}
    )
    found = submission_from(bundle, lecture, ["tiny", "lecture2"])
    assert troubles(found)["arrays.py"] == ("arrays.py is not there.", True)
    assert found.submission.others == {}


# by what is defined


@pytest.mark.parametrize("name", ["hw5.py", "arrays (1).py", "lovelace_arrays.py", "x/ARRAYS2.py"])
def test_a_renamed_file_is_known_by_what_it_defines(lecture: Lecture, name: str) -> None:
    found = submission_from(
        SubmittedFiles({name: ARRAYS, "model.py": MODEL, "helper.py": b"def other(): pass"}),
        lecture,
    )
    assert found.taken["arrays.py"] == name
    assert found.remarks == (
        f"arrays.py is not there; {name} defines its exercises and is taken for it.",
    )
    assert found.submission.files["arrays.py"].name == "arrays.py"
    assert found.submission.files["arrays.py"].path == name


def test_the_one_that_defines_most_is_taken_and_the_name_breaks_a_tie(lecture: Lecture) -> None:
    part = b"def double(x):\n    return x\n"
    files = {"a.py": part, "b.py": ARRAYS, "model.py": MODEL}
    assert submission_from(SubmittedFiles(files), lecture).taken["arrays.py"] == "b.py"
    found = submission_from(
        SubmittedFiles({"a.py": part, "my_arrays.py": part, "model.py": MODEL}), lecture
    )
    assert found.taken["arrays.py"] == "my_arrays.py"
    assert found.remarks[1] == "a.py would do for arrays.py as well; my_arrays.py is taken."


# judged


def judged(warm: WarmJudge, sources: Sources) -> dict[str, Outcome]:
    (selection,) = select(warm.course, [warm.course.lectures[0].id])
    result = warm.opened.judge(selection, sources.submission)
    return {exercise.id: exercise.outcome for exercise in result.exercises}


def everything(model: bytes = MODEL) -> bytes:
    """Both files in one, as in a notebook."""
    return ARRAYS + b"\n" + model.replace(b"from arrays import double\n", b"")


def test_one_file_may_stand_for_several(warm: WarmJudge, lecture: Lecture) -> None:
    found = submission_from(
        SubmittedFiles({"all.py": everything() + b"\nprint(nothing)\n"}), lecture
    )
    assert found.taken == {"arrays.py": "all.py", "model.py": "all.py"}
    assert not troubles(found)
    assert set(judged(warm, found).values()) == {Outcome.PASS}
    assert "from arrays import double" in found.submission.files["model.py"].text
    line = found.submission.files["model.py"].text.split("\n").index("def shift(x):") + 1
    assert found.place("model.py", line) == f"all.py, line {line}"
    assert everything().decode().split("\n")[line - 1] == "def shift(x):"


def test_a_notebook_is_judged_as_the_files_it_stands_for(warm: WarmJudge, lecture: Lecture) -> None:
    data = notebook(
        "%matplotlib inline\nimport torch",
        "def double(x):\n    return x + y",
        ARRAYS,
        "x = train(3)\nraise RuntimeError('never run')",
        MODEL.replace(b"from arrays import double\n", b""),
        "!ls\nplot(double(x))",
    )
    found = submission_from(SubmittedFiles({"Jane's hw.ipynb": data}), lecture)
    assert found.taken == {"arrays.py": "Jane's hw.ipynb", "model.py": "Jane's hw.ipynb"}
    assert set(judged(warm, found).values()) == {Outcome.PASS}
    text = found.submission.files["model.py"].text
    line = text.split("\n").index("def shift(x):") + 1
    assert found.place("model.py", line) == "Jane's hw.ipynb, cell 5, line 6"
    assert found.place("arrays.py", 1) == "Jane's hw.ipynb"
    assert (
        found.remarks[0] == "arrays.py is not there; the notebook Jane's hw.ipynb is taken for it."
    )


def test_a_broken_cell_costs_only_what_it_defines(warm: WarmJudge, lecture: Lecture) -> None:
    broken = "def mean(values):\n    return sum(values) / len(values"
    rest = ARRAYS.replace(b"def mean(", b"def unmean(")
    data = notebook(rest, broken, MODEL.replace(b"from arrays import double\n", b""))
    found = submission_from(SubmittedFiles({"hw.ipynb": data}), lecture)
    outcomes = judged(warm, found)
    assert outcomes.pop("mean") is Outcome.ERROR
    assert set(outcomes.values()) == {Outcome.PASS}
    (selection,) = select(warm.course, ["mean"])
    result = warm.opened.judge(selection, found.submission).exercises[0]
    assert SourceMap(found.origins).result(result).failing[0].message == (
        "hw.ipynb, cell 2, line 2 is not valid Python ('(' was never closed): "
        "return sum(values) / len(values"
    )


def test_a_file_by_name_wins_over_a_notebook_and_that_is_said(lecture: Lecture) -> None:
    found = submission_from(
        SubmittedFiles({"arrays.py": ARRAYS, "hw.ipynb": notebook(everything())}), lecture
    )
    assert found.taken == {"arrays.py": "arrays.py", "model.py": "hw.ipynb"}
    assert found.remarks[0] == (
        "arrays.py is taken for arrays.py; what hw.ipynb defines of it does not count."
    )


def test_a_notebook_a_file_and_what_a_cell_writes(warm: WarmJudge, lecture: Lecture) -> None:
    files = {
        "hw/one.ipynb": notebook("%%writefile arrays.py\n" + ARRAYS.decode()),
        "hw/two.ipynb": notebook(MODEL),
    }
    found = submission_from(SubmittedFiles(files), lecture)
    assert found.taken == {"arrays.py": "hw/arrays.py", "model.py": "hw/two.ipynb"}
    assert set(judged(warm, found).values()) == {Outcome.PASS}


def test_files_that_need_each_other_do_not_import_in_a_circle(lecture: Lecture) -> None:
    data = notebook(
        "def shift(x):\n    return double(x) + 1", "def double(x):\n    return shift(x) - 1"
    )
    found = submission_from(SubmittedFiles({"hw.ipynb": data}), lecture)
    texts = [found.submission.files[name].text for name in ("arrays.py", "model.py")]
    assert sum("import" in text for text in texts) == 1


@pytest.mark.parametrize("lecture", load_course(bundled_course()).lectures, ids=lambda one: one.id)
def test_the_worked_files_of_a_lecture_as_one_notebook(lecture: Lecture) -> None:
    folder = load_course(bundled_course()).solutions(lecture)
    texts = [(folder / file).read_text(encoding="utf-8") for file in lecture.files]
    cells = [cell for text in texts for cell in (*text.split("\n\n\n"), "plot(nothing)")]
    found = submission_from(
        SubmittedFiles({"hw.ipynb": notebook("%matplotlib inline", *cells)}), lecture
    )
    assert not troubles(found)
    for exercise in lecture.exercise:
        source = found.submission.files[exercise.file]
        assert all(source.definition_line(name) for name in exercise.names)


def test_from_disk_to_verdict(warm: WarmJudge, lecture: Lecture, tmp_path: Path) -> None:
    folder = tmp_path / "jane" / "exercises" / "tiny"
    folder.mkdir(parents=True)
    (folder / "arrays.py").write_bytes(ARRAYS)
    (folder / "model.py").write_bytes(MODEL)
    found = submission_from(read_bundle(tmp_path / "jane"), lecture)
    assert set(judged(warm, found).values()) == {Outcome.PASS}
