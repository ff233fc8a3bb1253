"""The proof of the whole course, nothing remembered: how long, and the mutation score."""

import os
import tempfile
import time

from benchmarks.side_by_side import report
from grader.authoring.prove import REQUIRED_SCORE, prove
from grader.course.manifest import bundled_course, load_course
from grader.course.targets import select

SECONDS = 300

if __name__ == "__main__":
    course = load_course(bundled_course())
    with tempfile.TemporaryDirectory() as empty:
        os.environ["XDG_CACHE_HOME"] = empty  # the memory of mutants judged before
        everything = select(course, [lecture.id for lecture in course.lectures])
        start = time.perf_counter()
        proofs = prove(course, everything, lambda *_: None)
        took = time.perf_counter() - start
    report(
        "zth dev check",
        f"{took:.0f} s",
        f"{SECONDS} s",
        f"{took:.0f} s",
        f"{SECONDS} s",
        took <= SECONDS,
    )
    for proof in proofs:
        named, killed = proof.chaffs, proof.mutants
        print(f"  {proof.lecture}: chaffs named {named.good} of {named.of}, ", end="")
        print(f"mutants killed {killed.good} of {killed.of} = {proof.score:.1%}, ", end="")
        print(f"at least {REQUIRED_SCORE:.0%}")
