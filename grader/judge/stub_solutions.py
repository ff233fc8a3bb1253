"""What a pack has where a course has its solutions: the stubs, and no mistake to look for."""

from __future__ import annotations

from functools import cached_property

from grader.course.manifest import Course, Exercise, Lecture
from grader.judge.solutions import Chaff, Solutions
from grader.source.files import count_stubs


class StubSolutions(Solutions):
    """A lecture's stubs, asked for what can be known of its solutions."""

    def __init__(self, course: Course, lecture: Lecture) -> None:
        super().__init__(course, lecture)
        self._folder = course.stubs(lecture)

    def stubs(self, exercise: Exercise) -> int:
        return count_stubs(self.texts[exercise.file], exercise)

    @cached_property
    def chaffs(self) -> dict[str, tuple[Chaff, ...]]:
        return {exercise.id: () for exercise in self._lecture.exercise}


def solutions_of(course: Course, lecture: Lecture) -> Solutions:
    """What the judge of a lecture knows of its solutions."""
    return StubSolutions(course, lecture) if course.released else Solutions(course, lecture)
