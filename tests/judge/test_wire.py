"""What crosses the wall comes back as it was, and as nothing else."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
import torch

from grader.judge.diagnosis import same
from grader.sandbox import serialization

VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    2**63,
    -(2**70),
    2**4000,
    0.1,
    -0.0,
    math.inf,
    math.nan,
    "",
    "ä\0€🙂",
    b"\x00\xff",
    [],
    (),
    {},
    [1, [2.0, (3, "4")], {"five": [6]}],
    ((), [()], {"": ()}),
]
DTYPES = [getattr(torch, name) for name in serialization._DTYPES]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:20])
def test_plain_values_come_back(value: Any) -> None:
    back = serialization.decode(serialization.encode(value))
    assert type(back) is type(value)
    assert back == value or (value != value and back != back)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (1,), (3, 2), (0,), (2, 0, 3)])
def test_tensors_come_back(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    tensor = (torch.rand(shape) * 100).to(dtype)
    for back in (
        serialization.decode(serialization.encode(tensor)),
        serialization.unpickle_trusted(serialization.pickle_trusted(tensor)),
    ):
        assert back.dtype == dtype
        assert back.shape == tensor.shape
        assert torch.equal(back, tensor)
        assert back.data_ptr() != tensor.data_ptr() or not tensor.numel()


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x.t(),
        lambda x: x[::2],
        lambda x: x[:1, 1],
        lambda x: x.flip(0),
        lambda x: x[:, :1].expand(4, 5),
        lambda x: torch.complex(x, -x).conj(),
        lambda x: torch.complex(x, -x).conj().imag,
        lambda x: x.requires_grad_() * 2,
        lambda x: torch.nn.Parameter(x),
    ],
)
def test_tensors_come_back_from_any_layout(view: Any) -> None:
    tensor = view(torch.randn(4, 3, dtype=torch.float64))
    back = serialization.decode(serialization.encode(tensor))
    assert type(back) is torch.Tensor
    assert torch.equal(back, tensor.detach())
    assert not back.requires_grad


def test_inputs_keep_requires_grad_and_are_copies() -> None:
    given = {"x": torch.ones(2, requires_grad=True), "y": torch.ones(2)}
    taken = serialization.unpickle_trusted(serialization.pickle_trusted(given))
    assert taken["x"].requires_grad
    assert not taken["y"].requires_grad
    taken["y"] += 1
    assert given["y"].equal(torch.ones(2))


def test_what_is_not_plain_comes_back_as_a_name() -> None:
    for value in (object(), {1}, lambda: 1, range(3), {2: 3}, torch, torch.device("cpu")):
        back = serialization.decode(serialization.encode(value))
        assert isinstance(back, serialization.OpaqueValue)
        assert back.kind


def test_nothing_returned_is_ever_unpickled() -> None:
    """A pickle that is sent as a value stays what it is: bytes."""
    pickle = serialization.pickle_trusted(print)
    assert serialization.decode(serialization.encode(pickle)) == pickle


def ext(code: int, value: object) -> bytes:
    return msgspec.msgpack.encode(msgspec.msgpack.Ext(code, msgspec.msgpack.encode(value)))


NONSENSE = [
    ext(1, ["float64", [-1], b""]),
    ext(1, ["float64", [2], b"12345678"]),
    ext(1, ["float64", [1.5], b"12345678"]),
    ext(1, ["float64", [True], b"12345678"]),
    ext(1, ["float64", 7, b"12345678"]),
    ext(1, ["float64", [2**63, 0], b""]),
    ext(1, [["float64"], [1], b"12345678"]),
    ext(1, ["object", [1], b"12345678"]),
    ext(1, ["load", [1], b"12345678"]),
    ext(1, ["float64", [1], "12345678"]),
    ext(1, {"dtype": 1, "shape": 2, "data": 3}),
    ext(1, []),
    ext(1, 7),
    ext(2, 7),
    ext(3, "nonsense"),
    ext(3, "0x" + "f" * 100_000),
    ext(3, 7),
    ext(4, {"kind": 1}),
    ext(4, []),
    ext(4, 7),
    ext(99, 7),
    msgspec.msgpack.encode(msgspec.msgpack.Ext(1, b"")),
    b"\x91" * 100_000,
    b"\xc7\x03\x02" * 10_000,
    b"\xc1",
    b"\x01\x01",
    b"",
]


@pytest.mark.parametrize("data", NONSENSE, ids=lambda data: data[:24].hex())
def test_nonsense_is_refused(data: bytes) -> None:
    with pytest.raises(serialization.ProtocolError):
        serialization.decode(data)


def test_depth_is_bounded() -> None:
    deep: Any = []
    for _ in range(1000):
        deep = [deep]
    back = serialization.decode(serialization.encode(deep))
    for _ in range(serialization.MAX_DEPTH):
        (back,) = back
    assert isinstance(back, serialization.OpaqueValue)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (1.0, 1.0 + 1e-6, False),
        (1.0, True, True),
        (1, 1.0, True),
        (1, 2, False),
        (1.0, "1.0", False),
        (10**400, 1.0, False),
        (10**400, -math.inf, False),
        (math.nan, 1.0, False),
        ([1.0], (1.0,), False),
        ([1.0], [1.0, 2.0], False),
        ({"a": 1.0}, {"b": 1.0}, False),
        (torch.zeros(2), torch.zeros(2, 1), False),
        (torch.zeros(2), torch.zeros(2, dtype=torch.float64), False),
        (torch.zeros(2), [0.0, 0.0], False),
        (torch.tensor([1, 2]), torch.tensor([1, 3]), False),
        (torch.tensor([math.nan]), torch.tensor([0.0]), False),
        (1.0, 1.0 + 1e-12, True),
        (math.nan, math.nan, True),
        (torch.tensor([math.nan, 1.0]), torch.tensor([math.nan, 1.0]), True),
        ({"a": [(1.0,)]}, {"a": [(1.0,)]}, True),
        (serialization.OpaqueValue("a set"), serialization.OpaqueValue("a set"), True),
        (None, None, True),
    ],
)
def test_alike_but_for_rounding(one: Any, other: Any, alike: bool) -> None:
    assert same(one, other) is alike
    assert same(other, one) is alike


def packed(plain: object, *tensors: bytes) -> bytes:
    encoded = msgspec.msgpack.encode(plain)
    return msgspec.msgpack.encode(serialization._Packed(encoded, list(tensors)))


def ext(code: int, value: object) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(code, msgspec.msgpack.encode(value))


TENSOR = ext(1, ["int8", [1]])
TOO_MUCH = {
    "an integer that Python refuses to print": packed(ext(3, "0x" + "f" * 4090)),
    "a tensor of a hundred dimensions": packed(ext(1, ["int8", [1] * 100]), b"x"),
    "a tensor without its bytes": packed(TENSOR),
    "the same bytes twice": packed([TENSOR, TENSOR], b"x"),
    "more tensors than any check asks for": packed(None, *[b""] * (serialization.MAX_TENSORS + 1)),
    "more tuples": packed([ext(2, [])] * (serialization.MAX_TUPLES + 1)),
    "more lists": packed([[]] * (serialization.MAX_PLAIN + 1)),
    "no observation": msgspec.msgpack.encode("x"),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_what_would_cost_the_judge_more_than_the_sender_is_not_read(what: str) -> None:
    with pytest.raises(serialization.ProtocolError):
        serialization.decode(TOO_MUCH[what])


def test_what_an_honest_child_has_too_much_of_comes_back_as_a_name() -> None:
    for much, kind in {
        "lists": ([0.1] * 1_000_000, "more than 4 MB of plain data"),
        "tensors": ([torch.empty(0)] * 10_001, "more than 4 MB of plain data"),
        "dimensions": (torch.zeros([1] * 65), "a tensor of 65 dimensions"),
    }.values():
        back = serialization.decode(serialization.encode(much))
        assert isinstance(back, serialization.OpaqueValue)
        assert back.kind == kind
