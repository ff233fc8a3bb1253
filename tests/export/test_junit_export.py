"""JUnit XML against the elements and attributes of junit-10.xsd."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Tree

import pytest
from exporting import HOSTILE, grade, graded, hostile, missing, write

from grader.results import Outcome

# element: its attributes (! is required), its children
SCHEMA: dict[str, tuple[str, str]] = {
    "testsuites": ("name time tests failures errors", "testsuite"),
    "testsuite": (
        "!name !tests !failures !errors group time skipped timestamp hostname id package",
        "testsuite properties testcase system-out system-err",
    ),
    "properties": ("", "property"),
    "property": ("!name !value", ""),
    "testcase": ("!name time classname group", "skipped error failure system-out system-err"),
    "failure": ("type message", ""),
    "error": ("type message", ""),
    "skipped": ("type message", ""),
    "system-out": ("", ""),
}


def read(path: Path) -> Tree.Element:
    """The root of a file that is as the schema wants it."""
    root = Tree.parse(path).getroot()
    assert root.tag == "testsuites"
    for element in root.iter():
        attributes, children = SCHEMA[element.tag]
        known = {name.lstrip("!") for name in attributes.split()}
        assert set(element.attrib) <= known, element.tag
        assert {n[1:] for n in attributes.split() if n.startswith("!")} <= set(element.attrib)
        assert {child.tag for child in element} <= set(children.split()), element.tag
    for suite in root:
        cases = suite.findall("testcase")
        assert suite.get("tests") == str(len(cases))
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert suite.get(count) == str(len(suite.findall(f"testcase/{tag}")))
    for count in ("tests", "failures", "errors"):
        assert root.get(count) == str(sum(int(suite.get(count, "")) for suite in root))
    return root


@pytest.mark.parametrize(
    ("case", "tag", "kind"),
    [
        (graded("e"), "", ""),
        (graded("e", Outcome.FAIL, message="It is off.\nMore."), "failure", "FAIL"),
        (graded("e", Outcome.TODO), "failure", "TODO"),
        (graded("e", Outcome.ERROR, message="It raised."), "error", "ERROR"),
        (graded("e", Outcome.BLOCKED, message="It builds on f."), "skipped", "BLOCKED"),
        (graded("e", None), "skipped", "not judged"),
        (graded("e", Outcome.ERROR, points=1.0, by_hand=True), "failure", "by hand"),
        (graded("e", Outcome.PASS, points=0.0, by_hand=True), "failure", "by hand"),
        (graded("e", None, points=2.0, by_hand=True), "system-out", ""),
    ],
)
def test_a_case_an_exercise(tmp_path: Path, case: object, tag: str, kind: str) -> None:
    write("junit", [grade("ada", case)], tmp_path / "out.xml")  # type: ignore[arg-type] # graded
    (found,) = read(tmp_path / "out.xml").iter("testcase")
    assert (found.get("name"), found.get("classname")) == ("e", "lecture1.ada")
    assert [child.tag for child in found] == ([tag] if tag else [])
    if kind:
        assert found[0].get("type") == kind
        assert found[0].get("message")


def test_suites_of_learners(tmp_path: Path) -> None:
    late = grade("bob", penalty=0.5, total=1.5)
    write("junit", [grade(), late, missing()], tmp_path / "out.xml")
    root = read(tmp_path / "out.xml")
    assert [suite.get("name") for suite in root] == ["ada", "bob", "zoe"]
    assert (root.get("tests"), root.get("failures")) == ("6", "2")
    values = {p.get("name"): p.get("value") for p in root[1].iter("property")}
    assert values == {"points": "2", "penalty": "0.5", "total": "1.5", "max_points": "4"}


def test_hostile_texts_are_still_xml(tmp_path: Path) -> None:
    write("junit", hostile(), tmp_path / "out.xml")
    root = read(tmp_path / "out.xml")
    names = [suite.get("name") for suite in root]
    assert len(set(names)) == len(HOSTILE)
    assert "\\x00\\x01\\x1b[31m]]>&<b>\\xfffe\\xffff" in names
    assert HOSTILE[9] in names
    assert max(len(e.get("message", "")) for e in root.iter()) <= 200


def test_an_empty_class_is_no_suite(tmp_path: Path) -> None:
    write("junit", [], tmp_path / "out.xml")
    root = read(tmp_path / "out.xml")
    assert (len(root), root.get("tests")) == (0, "0")
