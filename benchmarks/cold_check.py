"""One exercise from a cold start, beside the import of torch that any such check must pay."""

import shutil
import tempfile
from pathlib import Path

from benchmarks.side_by_side import compare, python, zth
from grader.course.manifest import bundled_course

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(bundled_course() / "solutions", Path(folder) / "exercises")
        target = "lecture5.cross_entropy_backward"
        compare(
            f"zth check {target}", zth("check", target), python("import torch"), 1.5, Path(folder)
        )
