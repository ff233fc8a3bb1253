"""The many ways in which a learner's code ends, in words, with the line it was at."""

from __future__ import annotations

import os
import time

import msgspec
import pytest
from judging import Judged, words

from grader.failures import ChannelClosed, ProtocolBroken, ReturnedNone
from grader.results import Outcome, to_json
from grader.sandbox import serialization
from grader.sandbox.protocol import (
    MAX_REPLY,
    MissingReply,
    RaisedReply,
    ReadyReply,
    ReturnedReply,
    pack,
)
from grader.sandbox.sandbox import _reply

ENDINGS = {
    "import sys; sys.exit(0)": "Your code called exit (SystemExit: 0)",
    "import sys; sys.exit()": "Your code called exit (SystemExit: )",
    "raise SystemExit('done')": "Your code called exit (SystemExit: done)",
    "quit()": "Your code called exit",
    "import os; os._exit(0)": "Your code ended the Python process itself, with status 0",
    "import os; os._exit(3)": "Your code ended the Python process itself, with status 3",
    "import ctypes; ctypes.string_at(0)": "Your code crashed Python: SIGSEGV",
    "import os; os.abort()": "Your code crashed Python: SIGABRT",
    "import os; os.kill(os.getpid(), 9)": "Your code crashed Python: SIGKILL",
    "import signal; signal.raise_signal(15)": "Your code crashed Python: SIGTERM",
    "import signal; signal.raise_signal(40)": "Your code crashed Python: signal 40",
    "return double(x)": "RecursionError: it calls itself without end.",
    "raise KeyboardInterrupt": "Your code raised KeyboardInterrupt.",
    "raise GeneratorExit": "GeneratorExit",
    "input('what? ')": "EOFError: it asks for input()",
    "return x + 'one'": "TypeError: ",
    "return nothing": "NameError: name 'nothing' is not defined",
    "assert x is None, 'not so'": "AssertionError: not so",
    "raise MemoryError": "Stopped at the memory limit",
    "import nothing_of_this_name": "nothing_of_this_name is not installed where your work is graded",
    "from nothing.of import this_name": "nothing is not installed where your work is graded",
}
ENDINGS["return x ^ 2"] = (
    'NotImplementedError: "bitwise_xor_cpu" not implemented for'  # torch's own
)
NO_LINE = ("os._exit", "quit()", "raise_signal", ", 9)")


@pytest.mark.parametrize("statement", ENDINGS)
def test_ends_in_words_and_others_are_judged(judged: Judged, statement: str) -> None:
    results = judged.code(f"def double(x):\n    {statement}  # here\n", "double", "mean")
    result = results["double"]
    assert result.outcome is Outcome.ERROR
    assert words(result).startswith(ENDINGS[statement])
    assert results["mean"].outcome is Outcome.PASS
    if not any(part in statement for part in NO_LINE):
        assert result.line == judged.line("# here")
        assert f"(arrays.py, line {result.line}, in double)" in words(result)


def test_data_that_is_not_there(judged: Judged) -> None:
    code = "words = open('of_my_own.txt').read()  # here\n"
    assert judged.one(code, "echo", file="model.py").outcome is Outcome.PASS
    code += "def echo(text):\n    return text if words else None\n"
    result = judged.one(code, "echo", file="model.py")
    line = judged.line("# here", "model.py")
    assert result.outcome is Outcome.ERROR
    assert result.line == line
    assert words(result).startswith("FileNotFoundError: ")
    assert f"(model.py, line {line}). Where work is graded there is no network" in words(result)


@pytest.mark.parametrize(
    "statement",
    ["import sys; sys.exit(0)", "import os; os._exit(0)", "raise KeyboardInterrupt"],
)
def test_ends_at_the_top_of_a_file(judged: Judged, statement: str) -> None:
    results = judged.code(f"{statement}  # here\n", "double", "mean", "echo", file="model.py")
    assert results["echo"].outcome is Outcome.ERROR
    assert results["double"].outcome is results["mean"].outcome is Outcome.PASS
    if "_exit" not in statement:
        assert results["echo"].line == judged.line("# here", "model.py")


def test_an_exception_that_cannot_say_what_it_is(judged: Judged) -> None:
    code = """
class Mute(Exception):
    def __str__(self):
        raise ValueError

def double(x):
    raise Mute
"""
    result = judged.one(code, "double")
    assert result.outcome is Outcome.ERROR
    assert words(result).startswith("Mute (arrays.py, line")


def test_an_exception_in_no_alphabet(judged: Judged) -> None:
    result = judged.one("def double(x):\n    raise ValueError('\\ud800 half')  # here\n", "double")
    assert result.outcome is Outcome.ERROR
    assert words(result).startswith("ValueError: ? half (arrays.py, line ")
    assert result.line == judged.line("# here")


@pytest.mark.parametrize("raising", ["eval('1 +')", "raise SyntaxError('no', (1, 2, 3, 4))"])
def test_a_syntax_error_of_its_own(judged: Judged, raising: str) -> None:
    result = judged.one(f"def double(x):\n    {raising}  # here\n", "double")
    assert result.outcome is Outcome.ERROR
    assert words(result).startswith("SyntaxError: ")
    assert result.line == judged.line("# here")


def test_killing_the_parent_harms_nobody(judged: Judged) -> None:
    code = """
def double(x):
    import os, signal
    for pid in (os.getppid(), 1, 0, -1):
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP):
            try:
                os.kill(pid, number)
                print("killed", pid)
            except OSError:
                pass
    os.killpg(os.getpgid(os.getppid()), 9)
"""
    results = judged.code(code, "double", "mean", "echo")
    assert results["double"].outcome is Outcome.ERROR
    assert "PermissionError" in words(results["double"])
    assert "killed" not in results["double"].output
    assert results["mean"].outcome is results["echo"].outcome is Outcome.PASS


def test_the_exercise_that_asks_for_more_than_there_is(judged: Judged) -> None:
    code = """
class Tally:
    def add(self, value):
        self.sum = value
    total = property(lambda self: 5.0)
"""
    result = judged.one(code, "Tally")
    assert result.outcome is Outcome.ERROR
    assert "'float' object is not callable" in words(result)


def test_a_missing_attribute_is_named(judged: Judged) -> None:
    code = """
class Tally:
    def add(self, value):
        if hasattr(Tally, "total"):
            del Tally.total
    def total(self):
        return self.sum
"""
    result = judged.one(code, "Tally")
    assert result.outcome is Outcome.FAIL
    assert words(result) == "Your Tally has no total. It has add."


def test_none_where_an_object_is_expected(judged: Judged) -> None:
    code = """
class Tally:
    __new__ = lambda cls: None
    def add(self, value):
        self.sum += value
    def total(self):
        return self.sum
"""
    result = judged.one(code, "Tally")
    assert result.outcome is Outcome.FAIL
    assert result.failing[0].failure == ReturnedNone(attribute="add")


def test_none_in_the_learners_own_line_is_an_error(judged: Judged) -> None:
    result = judged.one("def double(x):\n    return None.data\n", "double")
    assert result.outcome is Outcome.ERROR
    assert words(result).startswith("AttributeError: 'NoneType'")


INPLACE = {
    "x += x; return x": "`x`",
    "x.mul_(2); return x": "`x`",
    "y = x + x; x[0] = 7; return y": "`x`",
    "y = x + x; x.resize_(0); return y": "`x`",
}


@pytest.mark.parametrize("body", INPLACE)
def test_a_changed_input_is_named_and_disturbs_no_other_check(judged: Judged, body: str) -> None:
    results = judged.code(f"def double(x):\n    {body}\n", "double", "quadruple", "mean")
    result = results["double"]
    assert result.outcome is Outcome.FAIL
    assert words(result).startswith(f"Your code changed its argument in place: {INPLACE[body]}.")
    assert results["mean"].outcome is Outcome.PASS


def test_a_changed_list_is_named(judged: Judged) -> None:
    result = judged.one("def mean(values):\n    return values.pop() * 0 + sum(values)\n", "mean")
    assert result.outcome is Outcome.FAIL
    assert "changed its argument in place: `values`" in words(result)


def test_what_was_run_is_shown(judged: Judged) -> None:
    result = judged.one("def double(x):\n    return x\n", "double")
    assert result.failing[0].call.startswith("double(x)")


FORGER = """
def double(x):
    import os
    for fd in range(3, 64):
        try:
            os.write(fd, {message!r})
        except OSError:
            pass
    os._exit(0)
"""


def ext(code: int, value: object) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(code, msgspec.msgpack.encode(value))


BELIEVED = (
    "keys that are no names",
    "an exception with braces",
    "nothing",
    "nonsense",
)
"""Those that an honest child could send, and those of which no answer comes."""
LARGE_FORGER = """
def double(x):
    import os, sys
    path = __file__.encode()
    frame = b"\\x93\\xda" + len(path).to_bytes(2, "big") + path + b"\\x01\\xa1f"
    frames = b"\\xdd" + ({frames}).to_bytes(4, "big") + frame * {frames}
    body = b"\\x84\\xa4type\\xa6Raised\\xa4kind\\xa1E\\xa7message\\xa1m\\xa6frames" + frames
    message = len(body).to_bytes(8, "big") + body
    for fd in range(3, 16):
        try:
            if os.readlink(f"/proc/self/fd/{{fd}}").startswith("socket:"):
                left = message
                while left:
                    left = left[os.write(fd, left):]
        except OSError:
            pass
    os._exit(0)
"""
FORGED = {
    "a tensor without bytes": pack(
        ReturnedReply(msgspec.msgpack.encode(ext(1, ["float64", [2, 0.5], b""])), [])
    ),
    "not msgpack": pack(ReturnedReply(b"\xc1", [])),
    "a number": pack(ReturnedReply(msgspec.msgpack.encode(0.5), ["a"])),
    "keys that are no names": pack(ReturnedReply(msgspec.msgpack.encode({1: 2, b"x": None}), [])),
    "an answer to another question": pack(ReadyReply()),
    "a name nobody asked for": pack(MissingReply(["nothing"])),
    "an exception of no kind": msgspec.msgpack.encode({"type": "RaisedReply", "limit": "none"}),
    "an exception with braces": pack(
        RaisedReply("SystemExit", "{message.__class__}", [], missing="x")
    ),
    "a stub nobody knows": pack(RaisedReply("E", "m", [("file", -5, "f")], stub="no such stub")),
    "no name at all": pack(MissingReply([])),
    "an exception in a line before the first": pack(RaisedReply("E", "m", [("file", 0, "f")])),
    "a line beyond every file": pack(RaisedReply("E", "m", [("file", 1 << 40, "f")])),
    "more frames than are sent": pack(RaisedReply("E", "m", [("file", 1, "f")] * 201)),
    "a message without end": pack(RaisedReply("E", "m" * 5000, [])),
    "a kind without end": pack(RaisedReply("E" * 5000, "m", [])),
    "a function without end": pack(RaisedReply("E", "m", [("file", 1, "f" * 5000)])),
    "a stub without end": pack(RaisedReply("E", "m", [], stub="s" * 5000)),
    "an attribute without end": pack(RaisedReply("E", "m", [], missing="a" * 5000)),
    "attributes without end": pack(RaisedReply("E", "m", [], missing="a", there=["b"] * 100)),
    "a forbidden name without end": pack(RaisedReply("E", "m", [], forbidden="a" * 5000)),
    "an input nobody gave": pack(ReturnedReply(msgspec.msgpack.encode(0.5), ["nothing"])),
    "nothing": b"",
    "nonsense": b"\xff" * 8,
}


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_answer_is_not_believed(judged: Judged, what: str) -> None:
    """The child's own channel to the judge, written to by the learner's code."""
    message = serialization.header(len(FORGED[what])) + FORGED[what]
    result = judged.one(FORGER.format(message=message), "double")
    assert result.outcome in (Outcome.ERROR, Outcome.FAIL, Outcome.TODO)
    assert words(result)
    if what not in BELIEVED:
        assert isinstance(result.failing[0].failure, ProtocolBroken)


def test_a_forged_answer_costs_no_time(judged: Judged) -> None:
    """Three megabytes of frames, each in the learner's own file."""
    code = LARGE_FORGER.format(frames=25_000)
    start = time.perf_counter()
    result = judged.one(code, "double")
    assert isinstance(result.failing[0].failure, ProtocolBroken)
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize("size", [MAX_REPLY - 1000, MAX_REPLY + 1000])
def test_only_an_observation_may_be_large(size: int) -> None:
    small = size <= MAX_REPLY
    assert isinstance(_reply(pack(ReturnedReply(bytes(size), []))), ReturnedReply)
    unknown = {"type": "ReadyReply", "more": bytes(size)}
    if small:
        assert isinstance(_reply(msgspec.msgpack.encode(unknown)), ReadyReply)
    else:
        with pytest.raises(serialization.ProtocolError):
            _reply(msgspec.msgpack.encode(unknown))


def test_an_exception_with_too_much_to_say_is_cut(judged: Judged) -> None:
    code = """
def double(x):
    namespace = {}
    name = "f" * 5000
    text = "def " + name + "():\\n    raise type('E' * 5000, (Exception,), {})('m' * 50000)"
    code = compile(text, "p" * 50000, "exec")
    exec(code, namespace)
    namespace[name]()
"""
    result = judged.one(code, "double")
    assert words(result).startswith("E" * 200 + ": mmm")
    assert len(words(result)) < 5000


def test_code_that_lies_about_its_lines(judged: Judged) -> None:
    code = """
import ast

def double(x):
    tree = ast.parse("1 / 0")
    for node in ast.walk(tree):
        if hasattr(node, "lineno"):
            node.lineno = node.end_lineno = 2_000_000_000
    exec(compile(tree, __file__, "exec"))  # here
"""
    result = judged.one(code, "double")
    assert words(result).startswith("ZeroDivisionError: division by zero (arrays.py, line ")
    assert result.line == judged.line("# here")


@pytest.mark.parametrize(
    "closing", ["os.closerange(3, 1 << 10)", "os.closerange(3, 1 << 10); time.sleep(60)"]
)
def test_a_closed_channel_is_named(judged: Judged, closing: str) -> None:
    code = f"import os, time\n\ndef double(x):\n    {closing}\n    return x + x\n"
    results = judged.code(code, "double", "mean")
    assert isinstance(results["double"].failing[0].failure, ChannelClosed)
    assert results["mean"].outcome is Outcome.PASS


def test_lines_are_counted_as_python_counts_them(judged: Judged) -> None:
    code = "# \f\n# \u2028 \x85 \x1c\n\ndef double(x):\n    raise ValueError  # here\n"
    result = judged.one(code, "double")
    (step,) = result.failing[0].steps
    assert step.text == "raise ValueError  # here"


@pytest.mark.parametrize("body", ["1 / 0  # here", "while True: pass  # here"])
@pytest.mark.parametrize("name", ["caf\u00e9", os.fsdecode(b"caf\xe9")])
def test_a_folder_in_any_alphabet(judged: Judged, name: str, body: str) -> None:
    judged.folder /= name
    judged.folder.mkdir()
    (judged.folder / "beside.txt").write_text("beside")
    code = f"def double(x):\n    assert open('beside.txt').read() == 'beside'\n    {body}\n"
    results = judged.code(code, "double", "mean")
    assert results["mean"].outcome is Outcome.PASS
    assert words(results["double"]).startswith(("ZeroDivisionError", "Stopped at the time limit"))
    if name.isprintable() or "/" in body:
        assert results["double"].line == judged.line("# here")
    assert judged.last is not None
    assert b"caf" in to_json([judged.last])


def test_a_forged_size_is_not_waited_for(judged: Judged) -> None:
    result = judged.one(FORGER.format(message=b"\xff" * 64), "double")
    assert result.outcome is Outcome.ERROR
    assert words(result) == "It returned more than 4 MB."
