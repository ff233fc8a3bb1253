"""`partial = true` in course.toml: the checks that hold earn their share, where the code ran at all."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from judging import TINY

ZTH = str(Path(sys.executable).parent / "zth")
HALF_RIGHT = "return x + 1"
"""Right for one, which is what the second check asks for."""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    root = Path(shutil.copytree(TINY, tmp_path / "course"))
    manifest = root / "course.toml"
    title = 'title = "Twice a tensor"'
    manifest.write_text(manifest.read_text().replace(title, f"{title}\npartial = true"))
    return root


def double(course: Path, body: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The verdict on a body for `double`, and that on the lecture."""
    work = course.parent / "work"
    folder = shutil.copytree(TINY / "solutions", work / "exercises", dirs_exist_ok=True) / "tiny"
    path = folder / "arrays.py"
    path.write_text(path.read_text().replace("return x + x", body))
    command = [ZTH, "check", "lecture1", "--json", "--course", str(course)]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 1), done.stderr
    (lecture,) = json.loads(done.stdout)["lectures"]
    (found,) = [e for e in lecture["exercises"] if e["id"] == "double"]
    return found, lecture


@pytest.mark.parametrize(
    ("body", "outcome", "points"),
    [
        ("return x + 3", "FAIL", 0),
        ("raise NotImplementedError", "TODO", 0),
        ("import torch.autograd; return x + 1", "FAIL", 1),
        (HALF_RIGHT, "FAIL", 1),
        ("return x + x", "PASS", 2),
    ],
)
def test_what_holds_earns_its_share(course: Path, body: str, outcome: str, points: float) -> None:
    found, lecture = double(course, body)
    assert (found["outcome"], found["points"], found["max_points"]) == (outcome, points, 2)
    others = sum(e["points"] for e in lecture["exercises"] if e["id"] != "double")
    assert lecture["points"] == points + others


def test_a_forbidden_way_earns_nothing(course: Path) -> None:
    manifest = course / "course.toml"
    forbids = 'partial = true\nforbids = ["torch.add"]\nforbids_why = "Write it."'
    manifest.write_text(manifest.read_text().replace("partial = true", forbids))
    found, _ = double(course, "import torch; return torch.add(x, 1)")
    assert (found["outcome"], found["points"]) == ("FAIL", 0)


def test_all_or_none_is_what_a_course_says_that_says_nothing(course: Path) -> None:
    manifest = course / "course.toml"
    manifest.write_text(manifest.read_text().replace("partial = true\n", ""))
    found, _ = double(course, HALF_RIGHT)
    assert (found["outcome"], found["points"]) == ("FAIL", 0)
