"""The order in which a window's cells are near, and which of them hold things, nearest first, in two words.

A window of 121 cells is sorted and searched as two vectors of bytes. Interpreted and bounds-checked kernels get plain
loops.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba.core import cgutils, types
from numba.extending import intrinsic

from commlab.env.kernel import kernel
from commlab.env.types import VIEW, WINDOW, Cell, Shorts

N_CELLS = WINDOW * WINDOW
_HALF = 64  # ranks in a word
_SECOND = N_CELLS - _HALF  # the first cell of the second vector, which overlaps the first one
_FIRST_THING, _N_THINGS = int(Cell.ALTAR), int(Cell.BERRY_TWIN) - int(Cell.ALTAR) + 1
_PLAIN = bool(numba.config.DISABLE_JIT or numba.config.BOUNDSCHECK)
_ZERO, _ONE = np.uint64(0), np.uint64(1)


def near_first() -> Shorts:
    """Return the (121, 2) offsets of a window, nearest first: by king's moves, straight distance, row, column."""
    span = np.arange(-VIEW, VIEW + 1)
    offsets = np.stack(np.meshgrid(span, span, indexing="ij"), axis=-1).reshape(-1, 2)
    chebyshev = np.abs(offsets).max(axis=1)
    squared = (offsets**2).sum(axis=1)
    return offsets[np.lexsort((offsets[:, 1], offsets[:, 0], squared, chebyshev))].astype(np.int16)


CELL_OF_RANK = ((near_first() + VIEW) @ np.array([WINDOW, 1])).astype(np.int64)


@kernel
def _near_things(window, first):  # type: ignore[no-untyped-def]
    """Return which ranks from 0 to 63 hold things, as bits, in the window that begins at item `first`."""
    return _things(window, first, 0, _HALF)


@kernel
def _far_things(window, first):  # type: ignore[no-untyped-def]
    """Return the same for the ranks from 64 on."""
    return _things(window, first, _HALF, N_CELLS)


@kernel
def _things(window, first, start, stop):  # type: ignore[no-untyped-def]
    cells = window.reshape(window.size)
    bits = _ZERO
    for rank in range(start, stop):
        code = int(cells[first + CELL_OF_RANK[rank]])
        if _FIRST_THING <= code < _FIRST_THING + _N_THINGS:
            bits |= _ONE << np.uint64(rank - start)
    return bits


def _searcher(start: int, stop: int) -> Any:
    """Return an intrinsic that does as `_things` does for the ranks from `start` to `stop`."""
    lanes = [int(c) if c < _HALF else _HALF + int(c) - _SECOND for c in CELL_OF_RANK[start:stop]]
    order = lanes + [lanes[-1]] * (_HALF - len(lanes))
    byte, word = cgutils.ir.IntType(8), cgutils.ir.IntType(64)
    vector = cgutils.ir.VectorType(byte, _HALF)

    def search(typing_context: Any, window: Any, first: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            data = builder.gep(context.make_array(signature.args[0])(context, builder, args[0]).data, [args[1]])
            halves = []
            for cell in (0, _SECOND):
                pointer = builder.gep(data, [cgutils.ir.Constant(word, cell)])
                half = builder.load(builder.bitcast(pointer, vector.as_pointer()))
                half.align = 1
                halves.append(half)
            mask = cgutils.ir.Constant(cgutils.ir.VectorType(cgutils.ir.IntType(32), _HALF), order)
            sorted_ = builder.shuffle_vector(*halves, mask)
            shifted = builder.sub(sorted_, vector([_FIRST_THING] * _HALF))
            found = builder.bitcast(builder.icmp_unsigned("<", shifted, vector([_N_THINGS] * _HALF)), word)
            return builder.and_(found, cgutils.ir.Constant(word, 2 ** (stop - start) - 1))

        return types.uint64(window, types.int64), generate

    return intrinsic(search)


near_things = _near_things if _PLAIN else _searcher(0, _HALF)
far_things = _far_things if _PLAIN else _searcher(_HALF, N_CELLS)
