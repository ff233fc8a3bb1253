"""Three versions of a file made one: the learner's work is in it, whatever the course did."""

from __future__ import annotations

import ast
import itertools

import pytest

from grader.source.definitions import definition
from grader.source.merge import AROUND, merge_lines, merge_source, merge_text

BASE = '''"""Given."""

import math


def first(x):
    """One.

    Of x.
    """
    # TODO: one.
    raise NotImplementedError("first")


class Value:
    """A number."""

    def add(self, other):
        # TODO: add.
        raise NotImplementedError("add")

    def mul(self, other):
        # TODO: multiply.
        raise NotImplementedError("mul")


def last(x):
    # TODO: last.
    raise NotImplementedError("last")
'''


def swap(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text


SOLVED_FIRST = ('    # TODO: one.\n    raise NotImplementedError("first")', "    return x + 0")
SOLVED_ADD = ('        raise NotImplementedError("add")', "        return 5")
HELPER = ("\n\nclass Value", "\n\ndef helper():\n    return 1\n\n\nclass Value")
NEW_METHOD = (
    "    def mul(",
    '    def sub(self, other):\n        raise NotImplementedError("sub")\n\n    def mul(',
)
NEW_FUNCTION = (
    "\n\nclass Value",
    '\n\ndef second(x):\n    raise NotImplementedError("second")\n\n\nclass Value',
)
NO_LAST = (BASE[BASE.index("\n\ndef last") :], "")


def test_both_sides_changes_are_in_it() -> None:
    mine = swap(BASE, SOLVED_FIRST, HELPER, ("import math\n", "import math\nimport random\n"))
    new = swap(BASE, ("Of x.", "Of any x."), NEW_METHOD, NEW_FUNCTION, ("A number", "One number"))
    merged = merge_source(BASE, mine, new)
    assert merged.kept == ()
    for piece in (
        "return x + 0",
        "def helper",
        "import random",
        "Of any x.",
        "def sub",
        "One number",
    ):
        assert piece in merged.text
    assert merged.text.count("def second") == 1
    ast.parse(merged.text)


def test_another_signature_does_not_meet_an_old_body() -> None:
    """Line by line it would merge, and be wrong."""
    mine = swap(BASE, SOLVED_FIRST)
    merged = merge_source(BASE, mine, swap(BASE, ("def first(x)", "def first(value)")))
    assert merged.text == mine
    assert merged.kept == ("first",)


def test_a_goal_in_other_words_is_no_conflict() -> None:
    mine = swap(BASE, SOLVED_FIRST)
    merged = merge_source(BASE, mine, swap(BASE, ("TODO: one.", "TODO: give one back.")))
    assert (merged.text, merged.kept) == (mine, ())


def test_a_stub_that_is_new_and_written_already_is_not_doubled() -> None:
    mine = swap(BASE, ("\n\ndef last", "\n\ndef second(x):\n    return 2\n\n\ndef last"))
    merged = merge_source(BASE, mine, swap(BASE, NEW_FUNCTION))
    assert merged.text.count("def second") == 1
    assert "return 2" in merged.text
    assert merged.kept == ("second",)


def test_what_the_course_drops_stays_where_it_was_worked_on() -> None:
    new = swap(BASE, NO_LAST)
    assert "def last" not in merge_source(BASE, swap(BASE, SOLVED_FIRST), new).text
    mine = swap(BASE, ('raise NotImplementedError("last")', "return 9"))
    assert "return 9" in merge_source(BASE, mine, new).text


def test_a_learners_own_file_in_its_place_gets_what_is_new() -> None:
    """Typed along with the video, nothing left of the stub."""
    mine = "class Value:\n  def add(self, other): return 1\n\nfirst = len\n"
    merged = merge_source(BASE, mine, swap(BASE, NEW_METHOD, NEW_FUNCTION))
    assert "  def add(self, other): return 1\n" in merged.text
    assert "def sub" in merged.text
    assert "def second" in merged.text
    ast.parse(merged.text)


def test_crlf_stays_and_what_comes_in_has_it_too() -> None:
    mine = swap(BASE, SOLVED_FIRST).replace("\n", "\r\n")
    merged = merge_source(BASE, mine, swap(BASE, NEW_METHOD))
    assert "def sub" in merged.text
    assert merged.text.count("\n") == merged.text.count("\r\n")


@pytest.mark.parametrize("count", range(1, 4))
def test_whatever_both_did_the_work_is_there_and_it_is_python(count: int) -> None:
    """Every few of the learner's changes against every few of the course's."""
    theirs = {
        "first": SOLVED_FIRST,
        "Value.add": SOLVED_ADD,
        "helper": HELPER,
        "last": ("def last(x):", "def last(x, y=1):\n    print(x)"),
        "": ("import math\n", ""),
        "Value.own": ("    def mul(", "    def own(self):\n        return 3\n\n    def mul("),
        "moved": NO_LAST,
    }
    ours = [
        ("def first(x)", "def first(y)"),
        ("Of x.", "Of any x."),
        ("import math", "import cmath"),
        ("class Value:", "class Value(object):"),
        ("TODO: add", "TODO: sum"),
        NEW_METHOD,
        NEW_FUNCTION,
        NO_LAST,
    ]
    for changed in itertools.combinations(theirs, count):
        if {"moved", "last"} <= set(changed):
            continue
        mine = swap(BASE, *(theirs[name] for name in changed))
        for renewed in itertools.combinations(ours, 2):
            new = swap(BASE, *renewed)
            merged = merge_source(BASE, mine, new)
            ast.parse(merged.text)
            for name in set(changed) - {"", "moved"}:
                if name == "first" and ours[1] in renewed:
                    assert "return x + 0" in merged.text
                else:
                    assert definition(merged.text, name) == definition(mine, name)
            for name, change in (("Value.sub", NEW_METHOD), ("second", NEW_FUNCTION)):
                assert bool(definition(merged.text, name)) is (change in renewed)
            again = merge_source(BASE, merged.text, new)  # after a kill between file and base
            assert again.text == merged.text, (changed, renewed)
            assert merge_source(new, merged.text, new).text == merged.text


def test_a_file_that_is_not_python_is_merged_by_lines_or_left_alone() -> None:
    mine = swap(BASE, ('raise NotImplementedError("last")', "return ((9"))
    merged = merge_source(BASE, mine, swap(BASE, ("Of x.", "Of any x.")))
    assert "Of any x." in merged.text
    assert "return ((9" in merged.text
    clash = merge_source(BASE, mine, swap(BASE, ('NotImplementedError("last")', "ValueError")))
    assert (clash.text, clash.kept) == (mine, (AROUND,))


def test_no_conflict_marker_is_ever_written() -> None:
    merged = merge_text("a\nb\n", "a\nmine\n", "a\nnew\n")
    assert (merged.text, merged.kept) == ("a\nmine\n", (AROUND,))


@pytest.mark.parametrize(
    ("base", "mine", "new", "merged", "conflict"),
    [
        ("abc", "abc", "abc", "abc", False),
        ("abc", "aXbc", "abc", "aXbc", False),
        ("abc", "abc", "aXbc", "aXbc", False),
        ("abc", "aXbc", "aXbc", "aXbc", False),
        ("abcd", "aXcd", "abYd", "aXYd", False),
        ("abc", "aXbc", "aYbc", "aXbc", True),
        ("abc", "ac", "aXc", "ac", True),
        ("abc", "", "abc", "", False),
        ("", "a", "", "a", False),
        ("abcdef", "aXYZef", "abQdef", "aXYZef", True),
        ("abc", "abXc", "ac", "aXc", False),
    ],
)
def test_merge_of_lines(base: str, mine: str, new: str, merged: str, conflict: bool) -> None:
    assert merge_lines(base, mine, new) == (list(merged), conflict)


def test_both_may_put_something_into_the_same_gap() -> None:
    assert merge_lines("ab", "aXb", "aYb", add_both=True) == (list("aXYb"), False)
    assert merge_lines("ab", "aXYb", "aYb", add_both=True) == (list("aXYb"), False)
