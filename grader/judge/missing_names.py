"""Which names Python looked for in vain when it raised, read from what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.failures import Raised as Failed
from grader.sandbox.protocol import RaisedReply


def names_asked_for(raised: RaisedReply) -> list[str]:
    """Dotted names that would have made the difference: `Value.__mul__`, `Value.tanh`, `nll`.

    Python turns a missing `__mul__` into a TypeError about `*`; of two classes either may have it.
    """
    if raised.missing:
        return [raised.missing]
    return [*_asked(raised.kind, raised.message)]


def undefined_name(raised: Failed) -> str:
    """The name that a NameError is about; empty if it is no NameError."""
    found = _PLAIN[0][1].match(raised.message)
    return found[1] if found and raised.exception == "NameError" else ""


def _asked(kind: str, message: str) -> Iterator[str]:
    for of_kind, pattern, template in _PLAIN:
        if kind == of_kind and (found := pattern.match(message)):
            yield template.format(*found.groups())
    if kind != "TypeError":
        return
    if found := _UNARY.match(message):
        yield f"{found[2]}.{_UNARY_METHODS.get(found[1], '')}"
    elif found := _BINARY.match(message):
        if method := _BINARY_METHODS.get(found[1].removesuffix("=")):  # `+=` falls back on `+`
            yield f"{found[2]}.__{method}__"
            yield f"{found[3]}.__r{method}__"
    elif found := _COMPARED.match(message):
        method, mirrored = _COMPARISONS[found[1]]
        yield f"{found[2]}.__{method}__"
        yield f"{found[3]}.__{mirrored}__"


_PLAIN = (
    ("NameError", re.compile(r"name '(\w+)' is not defined"), "{0}"),
    ("AttributeError", re.compile(r"'(\w+)' object has no attribute '(\w+)'"), "{0}.{1}"),
    ("AttributeError", re.compile(r"type object '(\w+)' has no attribute '(\w+)'"), "{0}.{1}"),
    ("AttributeError", re.compile(r"module '\w+' has no attribute '(\w+)'"), "{0}"),
    ("ImportError", re.compile(r"cannot import name '(\w+)' from "), "{0}"),
    ("TypeError", re.compile(r"'(\w+)' object is not callable"), "{0}.__call__"),
    ("TypeError", re.compile(r"'(\w+)' object is not subscriptable"), "{0}.__getitem__"),
    ("TypeError", re.compile(r"'(\w+)' object is not iterable"), "{0}.__iter__"),
    ("TypeError", re.compile(r"object of type '(\w+)' has no len\(\)"), "{0}.__len__"),
)
_UNARY = re.compile(r"bad operand type for (?:unary )?(.+?)(?:\(\))?: '(\w+)'")
_UNARY_METHODS = {"-": "__neg__", "+": "__pos__", "~": "__invert__", "abs": "__abs__"}
_BINARY = re.compile(
    r"unsupported operand type\(s\) for (\S+)(?: or pow\(\))?: '(\w+)' and '(\w+)'"
)
_BINARY_METHODS = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod",
    "**": "pow", "@": "matmul",
}  # fmt: skip
_COMPARED = re.compile(r"'(<|>|<=|>=)' not supported between instances of '(\w+)' and '(\w+)'")
_COMPARISONS = {"<": ("lt", "gt"), ">": ("gt", "lt"), "<=": ("le", "ge"), ">=": ("ge", "le")}
