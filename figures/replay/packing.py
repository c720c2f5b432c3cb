"""Facts and arrays as few bytes: each array with time last, as differences from step to step, all of it gzipped.

A pack is, before gzip: the length of the facts (uint32), the facts (JSON), then the arrays, each at a multiple of 8
bytes, all little-endian. Differences wrap around within the array's type, so that adding them up gives it back exactly.
"""

import gzip
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from commlab.foundation.result import to_plain

__all__ = ["pack", "unpack"]

Array = np.ndarray[Any, Any]
TYPES = ("u1", "i1", "u2", "i2", "i4")
ALIGNED = 8
LEVEL = 9


def pack(facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> bytes:
    """Facts (JSON-able) and arrays (T, …) as gzipped bytes; the same ones give the same bytes."""
    columns: dict[str, dict[str, Any]] = {}
    parts: list[bytes] = []
    offset = 0
    for name, array in arrays.items():
        small = smallest(array)
        turned = np.ascontiguousarray(np.moveaxis(small, 0, -1))
        whole = turned.dtype.kind in "iu"
        data = (differences(turned) if whole else turned).astype(turned.dtype.newbyteorder("<")).tobytes()
        columns[name] = {"type": turned.dtype.str[1:], "shape": list(small.shape), "at": offset, "differences": whole}
        parts.append(data + bytes(-len(data) % ALIGNED))
        offset += len(parts[-1])
    told = json.dumps(to_plain({**facts, "columns": columns}), ensure_ascii=True, allow_nan=False).encode()
    told += b" " * (-(len(told) + 4) % ALIGNED)
    return gzip.compress(len(told).to_bytes(4, "little") + told + b"".join(parts), LEVEL, mtime=0)


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, Array]]:
    """What was packed: the facts and the arrays, as the page reads them."""
    raw = gzip.decompress(data)
    start = 4 + int.from_bytes(raw[:4], "little")
    facts = json.loads(raw[4:start])
    arrays = {}
    for name, column in facts.pop("columns").items():
        time, *rest = column["shape"]
        dtype = np.dtype(column["type"]).newbyteorder("<")
        count = int(np.prod(column["shape"]))
        turned = np.frombuffer(raw, dtype, count, start + column["at"]).reshape(*rest, time)
        if column["differences"]:
            turned = np.cumsum(turned, axis=-1, dtype=dtype)
        arrays[name] = np.moveaxis(turned, -1, 0)
    return facts, arrays


def smallest(array: Array) -> Array:
    """The array in the smallest type that holds its values; truth values as 0 and 1, real numbers as float32."""
    if array.dtype.kind == "b":
        return array.astype("u1")
    if array.dtype.kind == "f":
        return array.astype("f4")
    low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
    for code in TYPES:
        limits = np.iinfo(code)
        if limits.min <= low and high <= limits.max:
            return array.astype(code)
    return array.astype("f4")


def differences(array: Array) -> Array:
    """The first value of each row and then its changes, wrapped around within the type."""
    changes = array.copy()
    with np.errstate(over="ignore"):
        changes[..., 1:] = array[..., 1:] - array[..., :-1]
    return changes
