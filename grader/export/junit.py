"""JUnit XML: a suite a learner and lecture, a case an exercise.

Elements and attributes as in the schema that Jenkins and pytest test against
(https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd).
What was not judged is skipped; a stub is a failure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from grader.course.manifest import Course
from grader.export.phrases import is_judged, number, told
from grader.export.writing import write_file
from grader.grading.gradebook import ExerciseScore, LectureGrade
from grader.results import Outcome

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LONGEST = 200
"""Characters of the attribute `message`; all of it is the element's text."""


def write(grades: Sequence[LectureGrade], course: Course, out: Path) -> tuple[str, ...]:
    from xml.etree import ElementTree as Tree

    root = Tree.Element("testsuites", name=_xml(course.manifest.title))
    suites = [_suite(grade) for grade in grades]
    root.extend(suites)
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in suites)))
    write_file(out, [Tree.tostring(root, encoding="utf-8", xml_declaration=True)])
    return ()


def _suite(grade: LectureGrade) -> Element:
    from xml.etree.ElementTree import Element, SubElement

    cases = [_case(grade, graded) for graded in grade.exercises]
    suite = Element("testsuite", name=_xml(grade.who), package=_xml(grade.lecture))
    suite.set("tests", str(len(cases)))
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(tag) is not None for case in cases)))
    properties = SubElement(suite, "properties")
    values = {
        "points": number(grade.points),
        "penalty": number(grade.penalty),
        "total": number(grade.total),
        "max_points": number(grade.max_points),
    }
    for name, value in values.items():
        SubElement(properties, "property", name=name, value=value)
    suite.extend(cases)
    return suite


def _case(grade: LectureGrade, graded: ExerciseScore) -> Element:
    from xml.etree.ElementTree import Element, SubElement

    case = Element("testcase", name=graded.exercise, classname=_xml(f"{grade.lecture}.{grade.who}"))
    text = _xml(told(graded))
    if graded.is_right:
        if text:
            SubElement(case, "system-out").text = text
        return case
    kind = "by hand" if graded.by_hand else graded.outcome or "not judged"
    if not is_judged(graded):
        tag = "skipped"
    elif graded.outcome is Outcome.ERROR and not graded.by_hand:
        tag = "error"
    else:
        tag = "failure"
    first = text.partition("\n")[0][:LONGEST]
    SubElement(case, tag, type=kind, message=first or kind).text = text
    return case


def _xml(text: str) -> str:
    """With what no XML may hold spelled out: \\x1b."""
    return _NOT_XML.sub(lambda m: f"\\x{ord(m[0]):02x}", text)


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
