"""nbgrader as itself: notebooks that are made from the solutions, and judged by zth.

What there is in `source/lecture5/backprop.ipynb`, for those who read it or a gradebook
-------------------------------------------------------------------------------------
An assignment is a lecture and is called by its id. A notebook is one of the lecture's files
(`metadata.zth`: `{"lecture": "lecture5", "file": "backprop.py"}`; nbgrader's notebook is called by the
file's stem). Notebooks import one another as the files do: `grader.notebook` finds engine.ipynb for
`from engine import Value`. Each cell's `id` is the grade_id, where it has one:

    title                 Markdown  the file's docstring
    zth                   locked    from grader.notebook import check
    given, given_NAME     locked    imports, constants, functions that are not the learner's to write
    EXERCISE_text         Markdown  title, points, the minute of the video
    EXERCISE              solution  what is between nbgrader's markers is the learner's to write
    Value, Value_text     solution  the same for a class that holds several exercises
    EXERCISE_examples     plain     the docstring's examples
    test_EXERCISE         graded    worth the points, locked
    run_text, run         plain     what the file does when it is run

The order is the file's. An exercise is judged behind the last cell that it needs. The source of a
graded cell is `cells.graded_source(target)`, and `cells.target_of(source)` gives the target back, also
from the gradebook, which keeps the source with the hidden lines: so a cell that an instructor has
renamed is still known, and so is one in an assignment of another name. What names no target is a cell of
the instructor's own. A bonus exercise's cell is worth 0 points: what it earns comes on top of full marks.

Learners get the first line of a graded cell, `check("lecture5.dprobs")`: run in a notebook it shows the
card. Where nbgrader executes it, it gives no points away: what learners' own process says of itself
proves nothing (`grader.notebook.check`).

In autograded/ a notebook is nbgrader's, made of what was submitted, or `zth export`'s, made of files
that `zth grade` has judged; then its metadata says so (`zth.exported`), and the rest of it is
`autograded.py`'s to tell.

nbgrader's placeholder, `raise NotImplementedError()`, is a stub as soon as it is in an exercise's
definition: `grader.grading.placeholders`.
"""
