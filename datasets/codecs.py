"""How columns are compressed and cut into chunks."""

from typing import Any

import hdf5plugin
import numpy as np

from commlab.datasets.schema import HIDDEN
from commlab.foundation.errors import RecordingError

__all__ = ["CODECS", "check_codec", "chunk_shape", "filters"]

CODECS = ("blosc", "gzip")
SMALLEST, WANTED, LARGEST = 64 * 1024, 256 * 1024, 512 * 1024  # bytes of a chunk before compression


def check_codec(codec: str) -> str:
    """The codec, or RecordingError naming those that exist."""
    if codec not in CODECS:
        raise RecordingError(f"There is no codec {codec!r}: choose one of {', '.join(CODECS)}.")
    return codec


def filters(dtype: np.dtype[Any], codec: str) -> dict[str, Any]:
    """The keywords of `create_dataset` that compress a column of this type.

    Floats: blosc2-zstd level 1 with shuffle; everything else: zstd level 3, shuffled where wider than a byte;
    codec "gzip" is for readers without the plugin.
    """
    if codec == "gzip":
        return {"compression": "gzip", "compression_opts": 1, "shuffle": dtype.itemsize > 1}
    if dtype.kind == "f":
        return dict(hdf5plugin.Blosc2(cname="zstd", clevel=1, filters=hdf5plugin.Blosc2.SHUFFLE))
    return {**hdf5plugin.Zstd(clevel=3), "shuffle": dtype.itemsize > 1}


def chunk_shape(name: str, shape: tuple[int, ...], dtype: np.dtype[Any], rows: int) -> tuple[int, ...]:
    """A chunk of 64 to 512 KB of a column of shape (S, …), all agents together except for hidden states.

    `rows` is the usual number of rows of a shard: where a chunk can divide it evenly it does, so that whole chunks can
    be copied from shards into the merged file as they are.
    """
    inner = (1, *shape[2:]) if name.startswith(HIDDEN) else shape[1:]
    row_bytes = max(1, dtype.itemsize * int(np.prod(inner)))
    return (even_rows(max(1, rows), row_bytes), *inner)


def even_rows(rows: int, row_bytes: int) -> int:
    """How many rows make a chunk: the divisor of `rows` nearest to the wanted size, else the wanted size itself."""
    if rows * row_bytes < SMALLEST:
        return max(1, WANTED // row_bytes)
    wanted = max(1, WANTED // row_bytes)
    fitting = [
        rows // parts
        for parts in range(1, max(2, rows * row_bytes // SMALLEST + 1))
        if rows % parts == 0 and SMALLEST <= rows // parts * row_bytes <= LARGEST
    ]
    return min(fitting, key=lambda n: abs(n - wanted)) if fitting else min(rows, wanted)
