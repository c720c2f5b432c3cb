"""How columns are compressed and cut into chunks."""

from functools import cache, lru_cache
from typing import Any

import h5py
import hdf5plugin
import numpy as np
from h5py import h5d, h5p, h5s, h5t, h5z

from commlab.datasets.schema import HIDDEN
from commlab.foundation.errors import RecordingError

__all__ = ["CODECS", "check_codec", "chunk_shape", "create_column", "create_plain", "merged_chunk_shape"]

CODECS = ("zstd", "gzip")
SMALLEST, WANTED, LARGEST = 64 * 1024, 256 * 1024, 512 * 1024  # bytes of a chunk before compression


def check_codec(codec: str) -> str:
    """The codec, or RecordingError naming those that exist."""
    if codec not in CODECS:
        raise RecordingError(f"There is no codec {codec!r}: choose one of {', '.join(CODECS)}.")
    return codec


def create_column(
    file: h5py.File, name: str, shape: tuple[int, ...], dtype: np.dtype[Any], chunks: tuple[int, ...], codec: str
) -> h5py.h5d.DatasetID:
    """Create a compressed column in an open file; returns its low-level handle, which costs a fifth of h5py's own.

    zstd level 1: measured twice as fast as blosc2-zstd with shuffle for floats and zstd level 3 for the rest, and no
    larger. Codec "gzip" is for readers without the plugin. Columns grow, so that a chunk may be longer than a short
    shard.
    """
    space = h5s.create_simple(shape, (h5s.UNLIMITED, *shape[1:]))
    return h5d.create(file.id, name.encode(), stored_type(dtype), space, creation_list(dtype, chunks, codec), parents())


def create_plain(file: h5py.File, name: str, values: np.ndarray[Any, Any]) -> None:
    """Write a small array as it is."""
    space = h5s.create_simple(values.shape)
    created = h5d.create(file.id, name.encode(), stored_type(values.dtype), space, None, parents())
    created.write(h5s.ALL, h5s.ALL, np.ascontiguousarray(values))


@cache
def parents() -> h5py.h5p.PropLCID:
    """The property list that makes a column's group with it."""
    links = h5p.create(h5p.LINK_CREATE)
    links.set_create_intermediate_group(True)
    return links


@cache
def stored_type(dtype: np.dtype[Any]) -> h5py.h5t.TypeID:
    """The file type of a numpy type."""
    return h5t.py_create(dtype, logical=True)


@lru_cache(maxsize=256)
def creation_list(dtype: np.dtype[Any], chunks: tuple[int, ...], codec: str) -> h5py.h5p.PropDCID:
    """The property list of a column: its chunks and its filters."""
    created = h5p.create(h5p.DATASET_CREATE)
    created.set_chunk(chunks)
    if codec == "gzip":
        if dtype.itemsize > 1:
            created.set_shuffle()
        created.set_deflate(1)
    else:
        plugin = hdf5plugin.Zstd(clevel=1)
        created.set_filter(plugin["compression"], h5z.FLAG_OPTIONAL, plugin["compression_opts"])
    return created


def chunk_shape(name: str, shape: tuple[int, ...], dtype: np.dtype[Any], rows: int) -> tuple[int, ...]:
    """A chunk of 64 to 512 KB of a shard's column of shape (S, …), or all of a smaller one.

    All agents lie together, except for hidden states. `rows` is the usual number of rows of a shard: where a chunk can
    divide it evenly it does, so that whole chunks can be copied from shards into the merged file as they are.
    """
    inner = (1, *shape[2:]) if name.startswith(HIDDEN) else shape[1:]
    row_bytes = max(1, dtype.itemsize * int(np.prod(inner)))
    return (even_rows(max(1, rows), row_bytes), *inner)


def merged_chunk_shape(chunks: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[int, ...]:
    """The chunk of a merged column whose shards have `chunks`: the same, or several where they are below 64 KB."""
    n_bytes = max(1, dtype.itemsize * int(np.prod(chunks)))
    return chunks if n_bytes >= SMALLEST else (chunks[0] * max(1, WANTED // n_bytes), *chunks[1:])


def even_rows(rows: int, row_bytes: int) -> int:
    """How many rows make a chunk: the divisor of `rows` nearest to the wanted size, else the wanted size itself."""
    if rows * row_bytes < SMALLEST:
        return rows
    wanted = max(1, WANTED // row_bytes)
    fitting = [
        rows // parts
        for parts in range(1, rows * row_bytes // SMALLEST + 1)
        if rows % parts == 0 and SMALLEST <= rows // parts * row_bytes <= LARGEST
    ]
    return min(fitting, key=lambda n: abs(n - wanted)) if fitting else min(rows, wanted)
