"""What stands outside of functions: a line that fails costs what needs it, and nothing else."""

from __future__ import annotations

import pytest
from judging import Judged, words

from grader.results import Outcome
from grader.sandbox.modules import ModuleSet
from grader.source.files import compile_source

ERROR, PASS = Outcome.ERROR, Outcome.PASS

# broken first: what needs a line that fails is told why, and not what followed from it

NEEDED = {
    "a library": (
        "import seaborn as sns\ndef double(x):\n    return sns.twice(x)\n",
        "seaborn is not installed where your work is graded",
    ),
    "a part of a library": (
        "from tqdm.auto import tqdm\ndef double(x):\n    return sum(2 * x for _ in tqdm([1]))\n",
        "tqdm is not installed where your work is graded",
    ),
    "a library two lines up": (
        "import seaborn\nlook = seaborn.look()\ndef double(x):\n    return look(x)\n",
        "seaborn is not installed where your work is graded",
    ),
    "a decorator": (
        "import numba_not_here\n@numba_not_here.njit\ndef double(x):\n    return x + x\n",
        "numba_not_here is not installed where your work is graded",
    ),
    "a base class": (
        "from lightning_not_here import Module\nclass Tally(Module):\n    pass\n"
        "def double(x):\n    return Tally().of(x)\n",
        "lightning_not_here is not installed where your work is graded",
    ),
    "a file": (
        "table = open('my_table.csv').read()\ndef double(x):\n    return x * len(table)\n",
        "FileNotFoundError: [Errno 2] No such file or directory: 'my_table.csv'",
    ),
    "a value": ("two = 2 / 0\ndef double(x):\n    return two * x\n", "ZeroDivisionError: "),
    "a star": (
        "from library_not_here import *\ndef double(x):\n    return twice(x)\n",
        "library_not_here is not installed where your work is graded",
    ),
}


@pytest.mark.parametrize("what", NEEDED)
def test_what_needs_a_line_that_fails_is_told_why(judged: Judged, what: str) -> None:
    code, why = NEEDED[what]
    worked = judged.worked("arrays.py").replace("def double(", "def twofold(")
    worked = worked.replace("class Tally", "class Sum")
    results = judged.files({"arrays.py": f"{worked}\n\n{code}"}, "double", "mean", "slope")
    assert results["double"].outcome is ERROR
    assert words(results["double"]).startswith(why)
    assert results["mean"].outcome is results["slope"].outcome is PASS


NOT_NEEDED = [
    "import seaborn, tqdm",
    "import seaborn, torch as th\nassert th.ones(1)\ndef double(x):\n    return th.add(x, x)",
    "from tqdm.auto import tqdm\nfor step in tqdm(range(3)):\n    pass",
    "from google.colab import drive\ndrive.mount('/content/drive')",
    "get_ipython().run_line_magic('matplotlib', 'inline')\nget_ipython().system('pip install x')",
    "!pip install -q torch\n%matplotlib inline\nfiles = !ls\n?double",
    "try:\n    import seaborn\nexcept ImportError:\n    seaborn = None\nassert seaborn is None",
    "try:\n    import google.colab\n    there = True\nexcept ImportError:\n    there = False\n"
    "def double(x):\n    return None if there else x + x",
    "words = open('my_words.txt').read()\nprint(words)",
    "1 / 0",
    "raise ValueError('not finished')",
    "assert double(torch.ones(1)) == 3",
    "import pandas_not_here as pd\ndef table():\n    return pd.DataFrame()",
    "def nobody(x=nothing):\n    return x",
    "nothing.at_all = 1",
    "from model import nothing_like_it",
    "plot(double)",
    "x, y = 1",
]


@pytest.mark.parametrize("code", NOT_NEEDED)
def test_what_nothing_needs_costs_nothing(judged: Judged, code: str) -> None:
    before = judged.files({"arrays.py": f"{code}\n\n{judged.worked('arrays.py')}"})
    assert [r.id for r in before.values() if r.outcome is not PASS] == []
    after = judged.code(code)
    assert [r.id for r in after.values() if r.outcome is not PASS] == []


def test_a_line_that_fails_is_said_where_prints_go(judged: Judged) -> None:
    result = judged.one("import seaborn\ndef double(x):\n    return x\n", "double")
    assert result.outcome is Outcome.FAIL
    assert result.output == (
        "A line of arrays.py fails and is left out: ModuleNotFoundError: No module named 'seaborn'\n"
    )


def test_what_is_left_of_a_name_that_failed_is_what_it_was_before(judged: Judged) -> None:
    code = "factor = 2\nfactor = factor / 0\ndef double(x):\n    return factor * x\n"
    assert judged.one(code, "double").outcome is PASS


# one name for a function and a value

VALUES = [
    "double = double(torch.ones(3))",
    "double = torch.zeros(3) * 2",
    "double: object = 7",
    "double += 1",
    "for double in range(3):\n    pass",
    "with open('/dev/null') as double:\n    pass",
    "double, other = 1, 2",
    "del double",
    "if True:\n    double = 3",
    "mean = mean([1.0]); Tally = Tally(); slope = slope(torch.ones(1))",
    "class Callable:\n    def __call__(self, x):\n        return x\ndouble = Callable()",
    "def shadow():\n    global double\n    double = 4\nshadow()",
]


@pytest.mark.parametrize("code", VALUES)
def test_a_value_does_not_take_the_name_of_a_function(judged: Judged, code: str) -> None:
    results = judged.code(code)
    assert [r.id for r in results.values() if r.outcome is not PASS] == []


WRONG = "def double(x):\n    return x\n"
RIGHT = "def twice(x):\n    return x + x\n"
FUNCTIONS = [
    f"{WRONG}double = lambda x: x + x",
    f"{WRONG}{RIGHT}double = twice",
    f"{WRONG}{RIGHT}import functools\ndouble = functools.lru_cache(twice)",
    f"{WRONG}{RIGHT}double = torch.func.vmap(twice)\ndouble = double(torch.ones(2))",
    f"double = 3\n{WRONG}def double(x):\n    return x + x\ndouble = double(torch.ones(1))",
    f"{WRONG}if True:\n    def double(x):\n        return x + x",
    f"{WRONG}from helper import double",
    f"{WRONG}import operator\ndouble = operator.methodcaller\ndouble = lambda x: 2 * x\ndouble = 5",
]


@pytest.mark.parametrize("code", FUNCTIONS)
def test_the_last_function_of_a_name_is_judged(judged: Judged, code: str) -> None:
    helper = "def double(x):\n    return x * 2\n"
    files = {"arrays.py": f"{judged.worked('arrays.py')}\n\n{code}\n", "helper.py": helper}
    result = judged.files({**files}, "double")["double"]
    assert result.outcome is PASS, words(result)


def test_where_there_is_no_definition_the_last_that_can_be_called_is_judged(judged: Judged) -> None:
    worked = judged.worked("arrays.py").replace("def double(", "def twofold(")
    code = "class Twice:\n    def __call__(self, x):\n        return x + x\ndouble = Twice()\n"
    files = {"arrays.py": f"{worked}\n\n{code}double = double(torch.ones(3))\n"}
    assert judged.files({**files}, "double")["double"].outcome is PASS


def test_what_is_judged_is_what_is_looked_at_for_forbidden_names(judged: Judged) -> None:
    """A value of the same name may come from autograd; a function may not."""
    value = (
        "w = torch.ones(1, requires_grad=True)\nslope = torch.autograd.grad((w**3).sum(), w)[0]\n"
    )
    assert judged.one(value, "slope").outcome is PASS
    called = "def cheat(x):\n    return torch.autograd.functional.jacobian(lambda y: y**3, x)\n"
    for code in ("slope = cheat", "import functools\nslope = functools.partial(cheat)"):
        assert judged.one(f"{called}{code}\n", "slope").outcome is Outcome.FAIL


# the machinery


def test_a_source_is_run_as_python_runs_it() -> None:
    text = (
        '"""What it is."""\nfrom __future__ import annotations\nimport math\n'
        'x: int = 1\ny: str\n"another text"\ndef f(a: Unknown) -> Unknown:\n    return a\n'
    )
    names: dict[str, object] = {}
    exec(text, names)
    source = compile_source("a.py", "a.py", text.encode(), {"f": False})
    assert source.trouble is None
    import marshal

    module = ModuleSet({"a": marshal.loads(source.code)}).module("a")
    own = {name: value for name, value in names.items() if name not in ("__builtins__", "f")}
    assert {name: vars(module)[name] for name in own} == own


@pytest.mark.parametrize("depth", [18, 19, 20])
def test_blocks_within_blocks(judged: Judged, depth: int) -> None:
    """Python takes 20; what is added must not be one too many."""
    code = "".join(f"{' ' * n}for _ in '1':\n" for n in range(depth)) + f"{' ' * depth}deep = 1\n"
    result = judged.one(f"{code}def double(x):\n    return x + x * deep\n", "double")
    assert result.outcome is PASS, words(result)
