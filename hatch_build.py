"""The course travels inside the wheel; an editable install uses the checkout as it is."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

COURSE = ("course.toml", "exercises", "solutions", "tests/hidden")
WHERE_THERE = ("tests/visible",)


class CourseInWheel(BuildHookInterface):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard" and self.target_name == "wheel":
            names = [*COURSE, *(name for name in WHERE_THERE if Path(self.root, name).is_dir())]
            build_data["force_include"] |= {name: f"grader/_course/{name}" for name in names}
