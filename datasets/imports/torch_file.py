"""Files of torch.save read without torch and without running what is in them.

Such a file is a zip archive of a pickle and of the tensors' raw numbers. A pickle may name any function and have it
called: whoever unpickles a stranger's file runs a stranger's program. This reader knows a short list of names, which
only build arrays, tables and plain objects out of numbers, and refuses every other name before anything is called.
"""

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from commlab.foundation.errors import ForeignDataError

__all__ = ["ForbiddenName", "is_torch_file", "read_torch_file"]

Array = np.ndarray[Any, Any]
MOST_VALUES = 2**28  # of one tensor: a small file must not ask for all memory
MOST_PICKLE = 2**28  # bytes of the pickle itself
STORAGES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}
DTYPES = {
    "float64": "<f8",
    "float32": "<f4",
    "float16": "<f2",
    "bfloat16": "bfloat16",
    "int64": "<i8",
    "int32": "<i4",
    "int16": "<i2",
    "int8": "i1",
    "uint8": "u1",
    "bool": "?",
    "uint16": "<u2",
    "uint32": "<u4",
    "uint64": "<u8",
}
PLAIN = frozenset("?bBhHiIlLqQefd")  # kinds of numpy numbers that hold no objects


class ForbiddenName(ForeignDataError):
    """The file names something whose unpickling could run code."""


def is_torch_file(path: Path) -> bool:
    """Whether the file is what torch.save writes: a zip archive with a pickle in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("data.pkl") for name in archive.namelist())
    except Exception:  # a damaged archive can go wrong in every way
        return False


def read_torch_file(path: Path, objects: set[tuple[str, str]]) -> Any:
    """What torch.save wrote, tensors as arrays; instances of the classes `objects` (module, name) as dicts.

    Raises ForbiddenName where the file names anything else that would have to be called, and ForeignDataError where it
    is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return Reader(path, archive, objects).read()
    except ForeignDataError:
        raise
    except OSError as error:
        raise ForeignDataError(f"{path} cannot be read ({error.strerror or error}): check the path.") from error
    except Exception as error:  # a pickle can go wrong in every way
        raise ForeignDataError(f"{path} is damaged or no dump of torch.save ({error}): write it again.") from error


class Reader(pickle.Unpickler):
    """Unpickles what is on the list. Everything that a file could alter is made anew for each file."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, objects: set[tuple[str, str]]) -> None:
        self.path, self.archive = path, archive
        name = next(name for name in archive.namelist() if name.endswith("data.pkl"))
        self.folder = name.removesuffix("data.pkl")
        super().__init__(io.BytesIO(self.content(name, MOST_PICKLE)), encoding="utf-8")
        self.known = allowed() | {place: type(place[1], (), {}) for place in objects}
        self.kept = tuple(self.known[place] for place in objects)

    def read(self) -> Any:
        """What was saved."""
        order = f"{self.folder}byteorder"
        if order in self.archive.namelist() and self.archive.read(order) != b"little":
            raise ForeignDataError(f"{self.path} was written on a big-endian machine: load and save it on another.")
        return self.plain(self.load())

    def plain(self, value: Any) -> Any:
        """Instances of the known classes as dicts, however deep in lists."""
        if isinstance(value, list | tuple):
            return [self.plain(part) for part in value]
        return dict(vars(value)) if isinstance(value, self.kept) else value

    def find_class(self, module: str, name: str) -> Any:
        """What the pickle calls by that name: ours, from the list, or an error."""
        if (module, name) not in self.known:
            raise ForbiddenName(
                f"{self.path} names {module}.{name}, and unpickling that could run whatever code the file brings: only "
                "if you trust who made it, import it with --trust, which unpickles it whole."
            )
        return self.known[module, name]

    def persistent_load(self, place: Any) -> Array:
        """The numbers of a tensor's storage."""
        kind, dtype, key, _, n_values = place
        if kind != "storage" or not isinstance(key, str) or "/" in key:
            raise ForeignDataError(f"{self.path} holds a storage of the unknown kind {kind!r}.")
        content = self.content(f"{self.folder}data/{key}", 2**40)
        if dtype == "bfloat16":
            halves = np.frombuffer(content, dtype="<u2", count=n_values)
            return (halves.astype("<u4") << 16).view("<f4")
        return np.frombuffer(content, dtype=dtype, count=n_values)

    def content(self, name: str, most: int) -> bytes:
        """A file of the archive, which torch does not compress: a compressed one could be as large as it likes."""
        info = self.archive.getinfo(name)
        if info.compress_type != zipfile.ZIP_STORED or info.file_size > most:
            raise ForeignDataError(f"{self.path} is not packed as torch.save packs: load it and save it again.")
        return self.archive.read(info)


def allowed() -> dict[tuple[str, str], Any]:
    """What a file may name, and what stands in for it."""
    table: dict[tuple[str, str], Any] = {("torch", name): dtype for name, dtype in {**STORAGES, **DTYPES}.items()}
    table |= {(module, "UntypedStorage"): "u1" for module in ("torch", "torch.storage")}
    table |= {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch", "Size"): tuple,
        ("torch._utils", "_rebuild_tensor_v2"): fresh(rebuilt),
        ("torch._utils", "_rebuild_tensor_v3"): fresh(rebuilt_as),
        ("torch._utils", "_rebuild_parameter"): fresh(first_of),
        ("_codecs", "encode"): fresh(latin),
        ("numpy", "dtype"): fresh(NumberType),
        ("numpy", "ndarray"): "ndarray",
    }
    for module in ("numpy.core.multiarray", "numpy._core.multiarray"):
        table |= {(module, "scalar"): fresh(scalar), (module, "_reconstruct"): fresh(NumberArray)}
    return table


def fresh(function: Callable[..., Any]) -> Any:
    """The function behind an object of its own, so that a file cannot alter the function."""
    return partial(function)


def rebuilt(storage: Array, offset: int, size: Any, stride: Any, *rest: Any) -> Array:
    """A tensor out of its storage, every element of which is checked to lie within."""
    size, stride = tuple(map(int, size)), tuple(map(int, stride))
    n_values = int(np.prod(size, dtype=object)) if size else 1
    if n_values > MOST_VALUES or len(size) != len(stride) or min((*size, *stride, offset), default=0) < 0:
        raise ValueError("a tensor of an impossible size")
    if n_values == 0:
        return np.zeros(size, storage.dtype)
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if last >= len(storage):
        raise ValueError("a tensor that reaches out of its storage")
    strides = [step * storage.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(storage[offset:], size, strides).copy()


def rebuilt_as(storage: Array, offset: int, size: Any, stride: Any, *rest: Any) -> Array:
    """A tensor out of a storage that does not know its type."""
    dtype = rest[2]  # after whether it needs a gradient, and its hooks
    if dtype == "bfloat16":
        return rebuilt((storage.view("<u2").astype("<u4") << 16).view("<f4"), offset, size, stride)
    return rebuilt(storage.view(dtype), offset, size, stride)


def first_of(tensor: Array, *_: Any) -> Array:
    """A parameter is its tensor."""
    return tensor


def latin(text: str, encoding: str) -> bytes:
    """Bytes that an old pickle protocol holds as text."""
    if encoding not in ("latin1", "latin-1"):
        raise ValueError(f"bytes as {encoding}")
    return text.encode("latin-1")


class NumberType:
    """A numpy type of plain numbers."""

    def __init__(self, code: str, *_: Any) -> None:
        self.code = np.dtype(str(code))
        if self.code.char not in PLAIN:
            raise ValueError(f"numpy numbers of type {code}")

    def __setstate__(self, state: Any) -> None:
        """Take the byte order alone."""
        if state[1] in ("<", ">"):
            self.code = self.code.newbyteorder(state[1])


class NumberArray:
    """A numpy array of plain numbers, while it is unpickled."""

    def __init__(self, *_: Any) -> None:
        self.values: Array = np.empty(0)

    def __setstate__(self, state: Any) -> None:
        """Take the shape and the numbers."""
        _, shape, dtype, in_columns, content = state
        self.values = np.frombuffer(content, dtype=dtype.code).reshape(shape, order="F" if in_columns else "C").copy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self.values if dtype is None else self.values.astype(dtype)


def scalar(dtype: NumberType, content: bytes) -> Any:
    """A single numpy number."""
    return np.frombuffer(content, dtype=dtype.code, count=1)[0]
