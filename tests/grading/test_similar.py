"""Sources that are nearly the same are found whatever was done to hide it; honest ones are left alone."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from grader.course.manifest import Course, Lecture, bundled_course, load_course
from grader.grading.class_report import course_prints
from grader.source.files import compile_source
from grader.source.similarity import find_alike, is_readable, prints_of, shape_of

COURSE = load_course(bundled_course())
Files = Mapping[str, str]


def shape(files: Files) -> bytes:
    return shape_of([compile_source(name, name, text.encode()) for name, text in files.items()])


def folder(path: Path) -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(path.glob("*.py"))}


def ways(course: Course, lecture: Lecture) -> dict[str, dict[str, str]]:
    """The solution and the wheats, each somebody's own way."""
    wheats = sorted((course.hidden(lecture) / "wheats").iterdir())
    return {"solution": folder(course.solutions(lecture))} | {w.name: folder(w) for w in wheats}


def stub_prints(course: Course, lecture: Lecture) -> frozenset[int]:
    return prints_of(shape(folder(course.stubs(lecture))))


def disguised(text: str) -> str:
    """Every name of one's own another, functions the other way round, other comments, other spaces."""
    tree = ast.parse(text)
    own = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    own |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in own:
            node.id = f"my_{node.id}"
        elif isinstance(node, ast.arg):
            node.arg = f"my_{node.arg}"
    tree.body.reverse()
    return re.sub(r"(?m)$", "  # all my own", ast.unparse(tree))


HOMEWORK = '''
import torch

def attend(q, k, v, mask):
    """Attention."""
    scores = (q @ k.transpose(-2, -1)) * k.size(-1) ** -0.5
    scores = scores.masked_fill(mask == 0, float("-inf"))
    weights = torch.softmax(scores, dim=-1)  # rows add up to 1
    return weights @ v

def smoothed(losses, beta):
    mean, out = 0.0, []
    for step, loss in enumerate(losses, start=1):
        mean = beta * mean + (1 - beta) * loss
        out.append(mean / (1 - beta ** step))
    return out

def split(words, seed):
    g = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(words), generator=g).tolist()
    edge = int(0.9 * len(words))
    return [words[i] for i in order[:edge]], [words[i] for i in order[edge:]]
'''
OTHER = """
def attend(q, k, v, mask):
    out = []
    for t in range(q.shape[0]):
        row = [float((q[t] * k[s]).sum()) for s in range(t + 1)]
        top = max(row)
        e = [2.718281828 ** (r - top) for r in row]
        out.append(sum(w / sum(e) * v[s] for s, w in enumerate(e)))
    return torch.stack(out)

def smoothed(losses, beta):
    weights = [beta ** n for n in range(len(losses))]
    return [
        sum(w * l for w, l in zip(weights, reversed(losses[: n + 1]))) / sum(weights[: n + 1])
        for n in range(len(losses))
    ]
"""


def test_a_disguised_copy_is_found_and_its_place_is_told() -> None:
    shapes = {
        "ada": shape({"a.py": HOMEWORK}),
        "bob": shape({"b.py": disguised(HOMEWORK)}),
        "cyd": shape({"a.py": OTHER}),
    }
    (pair,) = find_alike(shapes, ())
    assert (pair.one, pair.other, pair.share) == ("ada", "bob", 1.0)
    assert {match.one.function for match in pair.where} == {"attend", "smoothed", "split"}
    assert all(m.one.function == m.other.function for m in pair.where)
    assert pair.where[0].one.file == "a.py"


def test_a_copy_with_changes_here_and_there_is_found() -> None:
    changed = HOMEWORK.replace("0.9", "9 / 10").replace(
        "mean, out = 0.0, []", "out = []\n    mean = 0"
    )
    assert (
        len(find_alike({"ada": shape({"a.py": HOMEWORK}), "bob": shape({"a.py": changed})}, ()))
        == 1
    )


@pytest.mark.parametrize("lecture", COURSE.lectures, ids=lambda lecture: lecture.id)
def test_different_right_ways_are_no_pair(lecture: Lecture) -> None:
    """Each a person, and what the course holds taken for theirs: only the stubs are given."""
    shapes = {who: shape(files) for who, files in ways(COURSE, lecture).items()}
    assert find_alike(shapes, stub_prints(COURSE, lecture)) == []


@pytest.mark.parametrize("lecture", COURSE.lectures, ids=lambda lecture: lecture.id)
def test_two_hundred_honest_people_are_no_pair(lecture: Lecture) -> None:
    """Each does each file one of the ways, in words of their own; one pair has copied."""
    chance = random.Random(5)
    known = list(ways(COURSE, lecture).values())
    people: dict[str, dict[str, str]] = {}
    for number in range(200):
        chosen = {
            file: chance.choice([w for w in known if file in w])[file] for file in lecture.files
        }
        if chance.random() < 0.5:
            chosen = {file: disguised(text) for file, text in chosen.items()}
        people[f"who{number}"] = chosen
    people["ada"] = dict(people["who0"]) | {"mine.py": HOMEWORK}
    people["bob"] = dict(people["who1"]) | {"theirs.py": disguised(HOMEWORK)}
    shapes = {who: shape(files) for who, files in people.items()}
    for given in (course_prints(COURSE, lecture), stub_prints(COURSE, lecture)):
        assert [(pair.one, pair.other) for pair in find_alike(shapes, given)] == [("ada", "bob")]


def test_short_answers_have_one_natural_form() -> None:
    short = "def double(x):\n    return x + x\ndef mean(v):\n    return sum(v) / len(v)\n"
    shapes = {who: shape({"arrays.py": short}) for who in ("ada", "bob", "cyd")}
    assert find_alike(shapes, ()) == []


def test_what_many_have_is_common_knowledge() -> None:
    people = {f"who{number}": shape({"a.py": HOMEWORK}) for number in range(11)}
    assert find_alike(people, ()) == []
    assert len(find_alike(dict(list(people.items())[:3]), ())) == 3


def test_what_is_no_python_has_no_fingerprints() -> None:
    assert shape({"a.py": "def f(:\n"}) == b""
    assert not is_readable(b"")
    assert is_readable(shape({"a.py": HOMEWORK}))


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 80 + "]" * 80,
        "x = [" + "1, " * 100_000 + "]",
        "\n".join(
            f"def f{n}(): return {n} + {n} * {n} - {n} / {n} ** {n} % {n}" for n in range(20_000)
        ),
        "".join(f"{' ' * n}class C{n}:\n" for n in range(90)) + " " * 90 + "x = 1",
        "x = 1" + " + 1" * 900,
    ],
    ids=["deep", "long", "many", "nested", "chain"],
)
def test_what_is_made_to_be_slow_is_not(text: str) -> None:
    assert len(shape({"a.py": text})) < 2_000_000
