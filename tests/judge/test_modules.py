"""The learner's files as modules: they see each other, and shadow nothing."""

from __future__ import annotations

import pytest
from judging import Judged, words

from grader.results import Outcome

LIBRARIES = ["torch", "pytest", "random", "grader", "numpy", "msgspec", "cloudpickle", "inspect"]
SHADOW = 'raise RuntimeError("the library was shadowed")\n'


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_a_file_with_a_librarys_name_does_not_shadow_it(
    judged: Judged, request: pytest.FixtureRequest, isolation: str
) -> None:
    if isolation == "spawn":
        judged = request.getfixturevalue("judged_spawn")
    imports = "".join(f"    import {name}\n" for name in LIBRARIES)
    code = f"def double(x):\n{imports}    assert random.random() and torch.ones\n    return x + x\n"
    shadows: dict[str, str | bytes | None] = {f"{name}.py": SHADOW for name in LIBRARIES}
    arrays = judged.worked("arrays.py") + "\n\n" + code
    results = judged.files({**shadows, "arrays.py": arrays}, "double", "mean")
    assert results["double"].outcome is results["mean"].outcome is Outcome.PASS


def test_a_file_beside_is_imported_where_no_library_has_its_name(judged: Judged) -> None:
    arrays = judged.worked("arrays.py") + "\n\nfrom my_own_helper import double\n"
    wrong = {"arrays.py": arrays, "my_own_helper.py": "def double(x):\n    return x\n"}
    assert judged.files(wrong, "double")["double"].outcome is Outcome.FAIL
    right = {"arrays.py": arrays, "my_own_helper.py": "def double(x):\n    return x + x\n"}
    assert judged.files(right, "double")["double"].outcome is Outcome.PASS


def test_a_broken_file_beside_is_named_where_it_is_imported(judged: Judged) -> None:
    own = "def double(x):"
    assert judged.worked("arrays.py").count(own) == 1
    arrays = judged.worked("arrays.py").replace(
        own, "from my_own_helper import double\ndef other(x):"
    )
    results = judged.files(
        {"arrays.py": arrays, "my_own_helper.py": "def double(\n"}, "double", "mean"
    )
    assert results["mean"].outcome is Outcome.PASS
    assert results["double"].outcome is Outcome.ERROR
    assert words(results["double"]).startswith(
        "arrays.py imports my_own_helper, and my_own_helper.py, line 1 is not valid Python"
    )


def test_a_broken_file_beside_that_nobody_imports_costs_nothing(judged: Judged) -> None:
    results = judged.files({"notes.py": b"\0", "old copy.py": "def"}, "double")
    assert results["double"].outcome is Outcome.PASS


IMPORTS = {
    "from arrays import double": "double(x) + 1",
    "import arrays": "arrays.double(x) + 1",
    "import arrays as a": "a.double(x) + 1",
    "from arrays import *": "double(x) + 1",
    "from .arrays import double": "double(x) + 1",
    "from . import arrays": "arrays.double(x) + 1",
    "from tinypack.arrays import double": "double(x) + 1",
    "from tinypack import arrays": "arrays.double(x) + 1",
    "import tinypack.arrays": "tinypack.arrays.double(x) + 1",
    "import tinypack.arrays as a": "a.double(x) + 1",
}


@pytest.mark.parametrize("statement", IMPORTS)
def test_files_of_a_lecture_import_each_other(judged: Judged, statement: str) -> None:
    model = f"{statement}\n\ndef shift(x):\n    return {IMPORTS[statement]}\n"
    result = judged.files({"model.py": model}, "shift")["shift"]
    assert result.outcome is Outcome.PASS, words(result)


def test_the_main_block_does_not_run(judged: Judged) -> None:
    code = 'if __name__ == "__main__":\n    raise RuntimeError\n'
    assert judged.code(code, "double")["double"].outcome is Outcome.PASS


@pytest.mark.parametrize(
    "code",
    [
        "import dataclasses\n@dataclasses.dataclass\nclass D:\n    a: int = 1\nD()\n",
        "import pickle\nclass P: pass\npickle.loads(pickle.dumps(P()))\n",
        "import typing\nclass N(typing.NamedTuple):\n    a: int\nN(1)\n",
        "import inspect, sys\nassert sys.modules[__name__]\n",
        "import enum\nclass E(enum.Enum):\n    A = 1\nE.A\n",
        "globals()['y'] = 1\nassert y == 1 and __file__.endswith('arrays.py')\n",
        "eval('1 + 1'); exec('z = 2'); assert z == 2\n",
    ],
)
def test_what_works_in_a_file_works_here(judged: Judged, code: str) -> None:
    result = judged.code(code, "double")["double"]
    assert result.outcome is Outcome.PASS, words(result)
    assert result.output == "", "no line is left out"
