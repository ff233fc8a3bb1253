"""What crosses the wall between judge and sandbox.

To the sandbox: probes and inputs, pickled, for the judge is trusted. From the sandbox: msgpack
alone, decoded into plain data and fresh tensors. Nothing that comes back is ever unpickled, has
methods of the learner's, or can answer `==` for itself.
"""

from __future__ import annotations

import io
import math
import pickle
import struct
from typing import TYPE_CHECKING, Annotated, Any

import cloudpickle
import msgspec

if TYPE_CHECKING:
    import torch

MAX_DEPTH = 32
MAX_BITS = 4096
MAX_DIMENSIONS = 64
"""As many as torch itself computes with."""
MAX_PLAIN = 4 << 20
"""Bytes of an observation that are not in tensors: each may be a list, which takes 64 to hold."""
MAX_TUPLES = 500_000
MAX_TENSORS = 10_000
MAX_GLIMPSE = 200
_TENSOR, _TUPLE, _BIG_INT, _FOREIGN = 1, 2, 3, 4
_DTYPES = (
    "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool complex64 complex128"
).split()
_HEADER = struct.Struct(">Q")


class OpaqueValue(msgspec.Struct, frozen=True):
    """Something that came back and is not plain data: only how to call it, and a glimpse."""

    kind: str
    glimpse: str = ""


class ProtocolError(Exception):
    """The sandbox sent what no honest child sends."""


class _Packed(msgspec.Struct, array_like=True, frozen=True):
    """An observation: the bytes of its tensors apart, so that neither part grows without limit."""

    plain: Annotated[bytes, msgspec.Meta(max_length=MAX_PLAIN)]
    tensors: Annotated[list[bytes], msgspec.Meta(max_length=MAX_TENSORS)]


_unpack = msgspec.msgpack.Decoder(_Packed)


def header(size: int) -> bytes:
    return _HEADER.pack(size)


def size_of(head: bytes) -> int:
    (size,) = _HEADER.unpack(head)
    return int(size)


HEADER_SIZE = _HEADER.size


# judge → sandbox


def _tensor_from(dtype: str, shape: tuple[int, ...], data: bytes, grad: bool) -> torch.Tensor:
    tensor = build_tensor(dtype, shape, data)
    return tensor.requires_grad_() if grad else tensor


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc] # cloudpickle has no types
    """cloudpickle, with tensors as bytes: torch's own way takes a millisecond for each."""

    def reducer_override(self, obj: Any) -> Any:
        import torch

        if type(obj) is torch.Tensor and obj.device.type == "cpu" and obj.is_leaf:
            return _tensor_from, (*_parts(obj), obj.requires_grad)
        return super().reducer_override(obj)


def pickle_trusted(value: object) -> bytes:
    """A probe or its inputs, for the sandbox to load. Never the other way."""
    buffer = io.BytesIO()
    _Pickler(buffer).dump(value)
    return buffer.getvalue()


def unpickle_trusted(data: bytes) -> Any:
    return pickle.loads(data)


# sandbox → judge


def encode(value: object) -> bytes:
    """Any value as msgpack; what is not plain data becomes a Foreign."""
    tensors: list[bytes] = []
    plain = msgspec.msgpack.encode(_plain(value, 0, tensors))
    if len(plain) > MAX_PLAIN or len(tensors) > MAX_TENSORS:
        plain, tensors = msgspec.msgpack.encode(_foreign(TOO_MUCH, "")), []
    return msgspec.msgpack.encode(_Packed(plain, tensors))


def decode(data: bytes) -> Any:
    """The value that `encode` was given, made of new objects. Raises BadMessage on nonsense."""
    try:
        packed = _unpack.decode(data)
        return msgspec.msgpack.decode(packed.plain, ext_hook=_Reader(packed.tensors).read)
    except (
        msgspec.DecodeError,
        TypeError,
        ValueError,
        ArithmeticError,
        LookupError,
        RuntimeError,
    ) as error:
        raise ProtocolError(str(error)) from None


def build_tensor(dtype: str, shape: tuple[int, ...], data: bytes) -> torch.Tensor:
    """A new CPU tensor. Raises BadMessage where the bytes do not fit the shape."""
    import torch

    if len(shape) > MAX_DIMENSIONS or any(type(n) is not int or n < 0 for n in shape):
        raise ProtocolError("a tensor of no shape")
    if dtype not in _DTYPES:
        raise ProtocolError(f"a tensor of dtype {dtype!r}")
    kind: torch.dtype = getattr(torch, dtype)
    if len(data) != math.prod(shape) * kind.itemsize:
        raise ProtocolError(f"{len(data)} bytes for a {dtype} tensor of shape {shape!r}")
    if not data:
        return torch.empty(shape, dtype=kind)
    return torch.frombuffer(bytearray(data), dtype=kind).reshape(shape)


def _parts(tensor: torch.Tensor) -> tuple[str, tuple[int, ...], bytes]:
    import torch

    flat = tensor.detach().resolve_conj().resolve_neg().contiguous().reshape(-1)
    # one element may keep the stride of the tensor it was cut from, and then it has no view as bytes
    flat = flat.as_strided((flat.numel(),), (1,))
    data = flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""
    return str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape), data


def _ext(code: int, value: object) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(code, msgspec.msgpack.encode(value))


def _plain(value: Any, depth: int, tensors: list[bytes]) -> object:
    """`value` as msgpack can carry it; the bytes of its tensors go to `tensors`, in order.

    Subclasses of the plain types lose their own methods.
    """
    kind = type(value)
    if value is None or kind is bool or kind is float or kind is bytes:
        return value
    if issubclass(kind, int):
        number = int.__index__(value)
        if -(2**63) <= number < 2**63:
            return number
        if number.bit_length() > MAX_BITS:
            return _foreign(f"an integer of more than {MAX_BITS} bits", "")
        return _ext(_BIG_INT, hex(number))
    if issubclass(kind, float):
        return float.__float__(value)
    if issubclass(kind, str):
        return str.__str__(value).encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    if depth >= MAX_DEPTH:
        return _foreign("lists inside lists, too deep to read", "")
    if issubclass(kind, tuple):
        return _ext(_TUPLE, [_plain(v, depth + 1, tensors) for v in tuple.__iter__(value)])
    if issubclass(kind, list):
        return [_plain(v, depth + 1, tensors) for v in list.__iter__(value)]
    if issubclass(kind, dict) and all(type(k) is str for k in dict.keys(value)):
        return {k: _plain(v, depth + 1, tensors) for k, v in dict.items(value)}
    return _tensor_or_foreign(value, tensors)


def _tensor_or_foreign(value: Any, tensors: list[bytes]) -> object:
    import torch

    kind = type(value)
    if issubclass(kind, torch.Tensor):
        if kind not in (torch.Tensor, torch.nn.Parameter):
            return _foreign(f"{_with_article(kind.__name__)}, a subclass of Tensor", "")
        if value.device.type != "cpu" or value.layout != torch.strided or value.is_quantized:
            where = value.device.type if value.device.type != "cpu" else str(value.layout)
            return _foreign(f"a tensor on {where}", f"shape {tuple(value.shape)}")
        dtype = str(value.dtype).removeprefix("torch.")
        if dtype not in _DTYPES:
            return _foreign(f"a tensor of dtype {dtype}", f"shape {tuple(value.shape)}")
        if value.dim() > MAX_DIMENSIONS:
            return _foreign(f"a tensor of {value.dim()} dimensions", "")
        dtype, shape, data = _parts(value)
        tensors.append(data)
        return _ext(_TENSOR, [dtype, shape])
    if kind.__module__ == "numpy":
        if getattr(value, "shape", None) == ():  # its numbers, and arrays that hold only one
            return _plain(value.item(), MAX_DEPTH, tensors)
        if kind.__name__ == "ndarray":
            return _foreign("a numpy array", f"shape {value.shape}, {value.dtype}")
    return _foreign(_called(value), _glimpse(value))


def _foreign(kind: str, glimpse: str) -> msgspec.msgpack.Ext:
    return _ext(_FOREIGN, [kind[:MAX_GLIMPSE], glimpse[:MAX_GLIMPSE]])


def _called(value: object) -> str:
    name = type(value).__name__
    if issubclass(type(value), type):
        assert isinstance(value, type)
        return f"the class {value.__name__}, not an instance of it"
    if callable(value):
        return f"the {name} {getattr(value, '__name__', '')}".strip() + ", not what it returns"
    return _with_article(name)


def _with_article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _glimpse(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # a __repr__ of theirs may raise anything
        return ""


class _Reader:
    """Makes what the extensions of one message stand for, and nothing else."""

    def __init__(self, tensors: list[bytes]) -> None:
        self._tensors = tensors[::-1]
        self._tuples = 0

    def read(self, code: int, data: memoryview) -> object:
        parts = msgspec.msgpack.decode(data, ext_hook=self.read)
        if code == _TUPLE:
            self._tuples += 1
            if self._tuples > MAX_TUPLES:
                raise ProtocolError(f"more than {MAX_TUPLES} tuples")
            return tuple(parts)
        if code == _TENSOR:
            dtype, shape = parts
            return build_tensor(dtype, tuple(shape), self._tensors.pop())  # each once, in order
        if code == _BIG_INT:
            return _big_int(parts)
        if code == _FOREIGN:
            return OpaqueValue(str(parts[0])[:MAX_GLIMPSE], str(parts[1])[:MAX_GLIMPSE])
        raise ProtocolError(f"extension {code}")


def _big_int(text: str) -> int:
    if len(text) > MAX_BITS:
        raise ProtocolError("an integer too long")
    number = int(text, 16)
    if number.bit_length() > MAX_BITS:  # Python refuses to print one of more than 4300 digits
        raise ProtocolError("an integer too long")
    return number


TOO_MUCH = f"more than {MAX_PLAIN >> 20} MB of plain data"
