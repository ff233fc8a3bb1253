"""A worked file as cells: what learners get, where it is judged, and that nothing is given away."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

import pytest
from judging import TINY

from grader.course.manifest import Course, Lecture, bundled_course, load_course
from grader.errors import UserError
from grader.nbgrader.cells import (
    Cell,
    CellKind,
    cells_of,
    graded_source,
    in_markdown,
    play,
    target_of,
)
from grader.nbgrader.files import notebook_of

COURSE = load_course(bundled_course())
FILES = [(lecture, file) for lecture in COURSE.lectures for file in lecture.files]
IDS = [f"{lecture.id}-{file}" for lecture, file in FILES]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A course that a test may change."""
    return Path(shutil.copytree(TINY, tmp_path / "course"))


def arrays_of(root: Path) -> list[Cell]:
    course = load_course(root)
    return cells_of(course, course.lectures[0], "arrays.py")


def change(root: Path, old: str, new: str, file: str = "solutions/tiny/arrays.py") -> None:
    path = root / file
    text = path.read_text()
    assert text.count(old) >= 1, old
    path.write_text(text.replace(old, new))


def released(cell: Cell) -> str:
    """What a learner gets of a cell, by nbgrader's rules: a placeholder, and no hidden lines."""
    text = re.sub(
        r"( *)### BEGIN SOLUTION.*?### END SOLUTION",
        r"\1raise NotImplementedError()",
        cell.source,
        flags=re.DOTALL,
    )
    return re.sub(r"### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS", "", text, flags=re.DOTALL)


# nothing is given away


def test_an_exercise_without_a_region_is_refused(own: Path) -> None:
    """Its solution would stand in a cell that everybody gets."""
    change(own, "    ### BEGIN SOLUTION mean: the sum's share.\n", "")
    change(own, "    return sum(values) / len(values)\n    ### END SOLUTION\n", "    return 0\n")
    with pytest.raises(UserError, match=r"lecture1\.mean: its solution would be in the notebook"):
        arrays_of(own)


def test_a_marker_that_is_not_closed_is_refused(own: Path) -> None:
    change(own, "    return sum(values) / len(values)\n    ### END SOLUTION\n", "    return 0\n")
    with pytest.raises(UserError, match="SOLUTION"):
        arrays_of(own)


@pytest.mark.parametrize(("lecture", "file"), FILES, ids=IDS)
def test_learners_get_no_line_of_a_solution(lecture: Lecture, file: str) -> None:
    worked = (COURSE.solutions(lecture) / file).read_text()
    hidden = {
        line.strip()
        for region in re.findall(r"### BEGIN SOLUTION.*?\n(.*?)### END", worked, re.DOTALL)
        for line in region.splitlines()
    }
    shared = {
        line.strip()
        for line in re.sub(
            r"### BEGIN SOLUTION.*?### END SOLUTION", "", worked, flags=re.DOTALL
        ).splitlines()
    }
    for cell in cells_of(COURSE, lecture, file):
        lines = {line.strip() for line in released(cell).splitlines()}
        assert not lines & (hidden - shared), cell.id
        assert "BEGIN SOLUTION" not in released(cell)


# what there is


@pytest.mark.parametrize(("lecture", "file"), FILES, ids=IDS)
def test_every_exercise_is_in_it_once_with_its_points(lecture: Lecture, file: str) -> None:
    cells = cells_of(COURSE, lecture, file)
    graded = {target_of(c.source): c.points for c in cells if c.kind is CellKind.TEST}
    assert graded == {
        f"{lecture.id}.{e.id}": 0 if e.bonus else e.points
        for e in lecture.exercise
        if e.file == file
    }
    assert all(c.id == f"test_{target_of(c.source).split('.')[1]}" for c in cells if c.points)
    ids = [cell.id for cell in cells]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in ids)
    text = "\n".join(cell.source for cell in cells if cell.kind is CellKind.TEXT)
    assert all(lecture.link(e) in text for e in lecture.exercise if e.file == file)


@pytest.mark.parametrize(("lecture", "file"), FILES, ids=IDS)
def test_the_cells_are_the_file(lecture: Lecture, file: str) -> None:
    """What is given and what is solved, one after the other, is the file's code without its main part."""
    cells = cells_of(COURSE, lecture, file)
    kinds = (CellKind.GIVEN, CellKind.SOLUTION)
    code = "\n".join(c.source for c in cells if c.kind in kinds and c.id != "zth")
    worked = ast.parse((COURSE.solutions(lecture) / file).read_text()).body[1:]
    worked = [node for node in worked if not isinstance(node, ast.If)]
    made = ast.parse(code).body
    assert [ast.dump(node) for node in made] == [ast.dump(node) for node in worked]
    for cell in cells:
        if cell.kind is not CellKind.TEXT:
            ast.parse(cell.source)


def test_a_class_of_several_exercises_is_one_cell_and_each_is_judged_below_it() -> None:
    lecture = COURSE.lectures[0]
    ids = [cell.id for cell in cells_of(COURSE, lecture, "engine.py")]
    assert ids.index("Value") < ids.index("test_value_add") < ids.index("test_value_mul")
    assert "value_add" not in ids
    # its examples call topo_sort, which stands below the class
    assert ids.index("Value") < ids.index("topo_sort") < ids.index("test_value_backward")
    nn = [cell.id for cell in cells_of(COURSE, lecture, "nn.py")]
    assert nn.count("mlp") == 1, "Layer and MLP are one exercise, and one cell"


def test_the_goal_stays_above_what_is_left_to_write() -> None:
    cells = {cell.id: cell for cell in cells_of(COURSE, COURSE.lectures[2], "backprop.py")}
    text = released(cells["cross_entropy_backward"])
    goal = "    # TODO: softmax, then one subtraction, then the mean's share.\n    raise NotImpl"
    assert goal in text


def test_what_can_be_played_with_leaves_the_functions_alone() -> None:
    """An example of the lecture's binds `dbndiff`, which is a function that is judged."""
    cells = {cell.id: cell for cell in cells_of(COURSE, COURSE.lectures[2], "atomic.py")}
    assert cells["dhprebn_examples"].source.endswith("try_dhprebn()")
    functions = {c.id for c in cells.values() if c.kind is CellKind.SOLUTION}
    for cell in cells.values():
        if cell.kind is CellKind.PLAY:
            tree = ast.parse(cell.source)
            bound = {
                target.id
                for node in tree.body
                for target in ast.walk(node)
                if isinstance(node, ast.Assign)
                and isinstance(target, ast.Name)
                and isinstance(target.ctx, ast.Store)
            }
            assert not bound & functions, cell.id
    assert play("x = 1", {"y"}, "run") == "x = 1"


def test_an_exercise_of_definitions_apart_is_judged_behind_the_last(own: Path) -> None:
    change(
        own,
        "    def total(self):\n        return self.sum\n",
        "    def total(self):\n        return 0\n",
    )
    change(
        own,
        "def train(steps):",
        "def untally(tally):\n    ### BEGIN SOLUTION Tally: what is in it.\n    return tally.sum\n"
        "    ### END SOLUTION\n\n\ndef train(steps):",
    )
    change(own, '"Tally.total"]', '"Tally.total", "untally"]', "course.toml")
    ids = [cell.id for cell in arrays_of(own)]
    assert ids.index("Tally_Tally") < ids.index("Tally_untally") < ids.index("test_Tally")
    assert ids.count("test_Tally") == 1


def test_a_region_outside_of_a_function_is_one_cell(own: Path) -> None:
    """Its end stands at the margin, as what is below it does."""
    change(
        own,
        "def slope(x):",
        "### BEGIN SOLUTION half: a number.\nhalf = 0.5\nquarter = half / 2\n### END SOLUTION\n\n\n"
        "def slope(x):",
    )
    path = own / "course.toml"
    entry = path.read_text().split("[[lecture.exercise]]")[1].replace('"double"', '"half"')
    path.write_text(path.read_text() + "\n[[lecture.exercise]]" + entry)
    cells = {cell.id: cell for cell in arrays_of(own)}
    assert cells["half"].source.endswith("quarter = half / 2\n### END SOLUTION")
    assert "quarter" not in "".join(released(cell) for cell in cells.values())
    assert cells["slope"].source.startswith("def slope(x):")


def test_ids_stay_when_the_course_changes(own: Path) -> None:
    before = [cell.id for cell in arrays_of(own)]
    change(own, "Twice a tensor", "Two times a tensor", "course.toml")
    change(own, "return x + x", "return 2 * x")
    change(own, '"""Four times x."""', '"""x four times."""')
    assert [cell.id for cell in arrays_of(own)] == before


def test_names_that_are_ours_may_be_exercises(own: Path) -> None:
    """`given`, `zth`, `run`, and an exercise that is called as another's graded cell."""
    for old, new in (("mean", "zth"), ("slope", "given"), ("quadruple", "test_double")):
        for file in ("solutions/tiny/arrays.py", "course.toml"):
            path = own / file
            path.write_text(re.sub(rf"\b{old}\b", new, path.read_text()))
    cells = arrays_of(own)
    ids = [cell.id for cell in cells]
    assert len(ids) == len(set(ids))
    graded = [target_of(cell.source) for cell in cells if cell.kind is CellKind.TEST]
    assert graded == [
        f"lecture1.{name}" for name in ("double", "zth", "Tally", "test_double", "given")
    ]


def test_a_title_is_plain_in_markdown() -> None:
    assert in_markdown("_op, a * b, `x_y` and <b>$") == r"\_op, a \* b, `x_y` and \<b>\$"


def test_a_graded_cell_names_its_exercise_also_in_the_middle_of_another_program() -> None:
    assert target_of(graded_source("lecture5.dprobs")) == "lecture5.dprobs"
    assert target_of("# added back by nbgrader\n\n" + graded_source("a.b")) == "a.b"
    assert target_of("assert dprobs(1) == 2") == ""
    assert target_of('print("check(1)")') == ""


def test_a_build_is_the_same_byte_for_byte(tiny: Course) -> None:
    lecture = tiny.lectures[0]
    made = [
        notebook_of(lecture, "arrays.py", cells_of(tiny, lecture, "arrays.py")).encode()
        for _ in range(2)
    ]
    assert made[0] == made[1]
