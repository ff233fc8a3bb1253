"""A manifest as the text of a course.toml: every key, and no remark that anybody wrote beside one."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator

import msgspec

from grader.course.manifest import Manifest


def manifest_text(manifest: Manifest) -> str:
    """What `load_course` reads as that manifest. What is as by default is left out.

    >>> from grader.course.manifest import Late
    >>> print(manifest_text(Manifest(1, "Mine", (), late=Late(percent_a_day=10.0))), end="")
    format = 1
    title = "Mine"
    lecture = []
    late = {percent_a_day = 10.0}
    """
    return "\n".join(_table("", manifest)) + "\n"


def _table(path: str, struct: msgspec.Struct) -> Iterator[str]:
    """The lines of a table: its plain values, then the tables below it."""
    below: list[tuple[str, msgspec.Struct]] = []
    for name, value in _changed(struct):
        if isinstance(value, tuple) and value and isinstance(value[0], msgspec.Struct):
            below += [(f"{path}{name}", one) for one in value]
        else:
            yield f"{name} = {_value(value)}"
    for name, one in below:
        yield f"\n[[{name}]]"
        yield from _table(f"{name}.", one)


def _changed(struct: msgspec.Struct) -> Iterator[tuple[str, object]]:
    for field in msgspec.structs.fields(struct):
        value = getattr(struct, field.name)
        if value != field.default and value != {}:
            yield field.encode_name, value


def _value(value: object) -> str:
    """
    >>> _value(("a", 'say "b"')), _value(True), _value(0.5)
    ('["a", "say \\\\"b\\\\""]', 'true', '0.5')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        # what JSON escapes TOML does in the same way, and one character more
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_value(key)} = {_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, msgspec.Struct):
        return "{" + ", ".join(f"{name} = {_value(one)}" for name, one in _changed(value)) + "}"
    raise TypeError(f"course.toml holds no {type(value).__name__}")
