"""What was handed in, read once more to be shown: only where it still is what was judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from grader.course.manifest import Course, Lecture
from grader.errors import UserError
from grader.grading.discovery import find_submissions
from grader.grading.fingerprints import fingerprint
from grader.grading.roster import Person, Roster
from grader.grading.source_matching import Sources, given_names, submission_from
from grader.grading.store import SubmissionRecord
from grader.grading.submitted_files import SubmittedFiles, SubmittedPath, read_bundle


class Text(msgspec.Struct, frozen=True):
    """What stands for one of a lecture's files."""

    text: str
    """Empty if nothing does."""
    trouble: str = ""
    """Why it could not be judged, in a sentence."""


class Reading:
    """The works of a class, wherever they lie."""

    def __init__(self, course: Course, people: Sequence[Person], start: Path) -> None:
        """`start` is the folder from which the works' paths go."""
        self._course = course
        self._folders = [lecture.dir for lecture in course.lectures]
        self._roster = Roster(people) if people else None
        self._start = start
        self._intakes: dict[Path, dict[str, tuple[SubmittedPath, ...]]] = {}

    def is_there(self, hand_in: SubmissionRecord) -> bool:
        """Whether something lies there; what it is costs more to know."""
        return bool(hand_in.path) and self.path(hand_in).exists()

    def path(self, hand_in: SubmissionRecord) -> Path:
        return self._start / hand_in.path

    def texts(self, hand_in: SubmissionRecord, lecture: Lecture) -> dict[str, Text] | None:
        """Each of the lecture's files; None if they are not there any more, or have changed since.

        Never raises for what is there.
        """
        if not self.is_there(hand_in):
            return None
        for parts in self._candidates(hand_in):
            bundle = read_bundle(parts)
            found = submission_from(
                bundle, lecture, self._folders, given=given_names(self._course, lecture)
            )
            if fingerprint(found.submission) == hand_in.fingerprint:
                return {file: _text(file, found, bundle) for file in lecture.files}
        return None

    def _candidates(self, hand_in: SubmissionRecord) -> Iterator[tuple[SubmittedPath, ...]]:
        """What may be all of it. An LMS may give each file of a learner by itself; only one is known."""
        path = self.path(hand_in)
        yield (SubmittedPath(path),)
        home = path.parent
        if home not in self._intakes:
            try:
                handed = find_submissions(home, self._roster).handed
            except UserError:  # a folder that holds other things by now
                handed = ()
            self._intakes[home] = {one.who: one.parts for one in handed}
        if parts := self._intakes[home].get(hand_in.who):
            yield parts


def _text(file: str, found: Sources, bundle: SubmittedFiles) -> Text:
    source = found.submission.files[file]
    if source.text:
        return Text(source.text)
    path = found.taken.get(file, "")
    raw = bundle.files.get(path, b"") if path.lower().endswith(".py") else b""
    trouble = source.trouble.sentence if source.trouble else ""
    return Text(raw.decode("utf-8", "replace"), trouble)
