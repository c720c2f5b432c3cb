"""The order in which a window's cells are near, and which of them hold things, nearest first.

A window of 121 cells is sorted and searched as two vectors of bytes; what is found is gathered as a vector, too, where
the processor can do so (it has VBMI2), else bit by bit. Interpreted and bounds-checked kernels get a plain loop.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba.core import cgutils, types
from numba.core.codegen import get_host_cpu_features
from numba.extending import intrinsic

from commlab.env.kernel import kernel
from commlab.env.memory import item, lowest_bit, put
from commlab.env.types import VIEW, WINDOW, Cell, Shorts

N_CELLS = WINDOW * WINDOW
_HALF = 64  # ranks in a word
_SECOND = N_CELLS - _HALF  # the first cell of the second vector, which overlaps the first one
_FIRST_THING, _N_THINGS = int(Cell.ALTAR), int(Cell.BERRY_TWIN) - int(Cell.ALTAR) + 1
N_RANKS = N_CELLS + 2 * _HALF  # room for a list of ranks, and for what is written behind it
_ONE = np.uint64(1)
_WORD = cgutils.ir.IntType(64)
_VECTOR = cgutils.ir.VectorType(cgutils.ir.IntType(8), _HALF)
_PLAIN = bool(numba.config.DISABLE_JIT or numba.config.BOUNDSCHECK)


def near_first() -> Shorts:
    """Return the (121, 2) offsets of a window, nearest first: by king's moves, straight distance, row, column."""
    span = np.arange(-VIEW, VIEW + 1)
    offsets = np.stack(np.meshgrid(span, span, indexing="ij"), axis=-1).reshape(-1, 2)
    chebyshev = np.abs(offsets).max(axis=1)
    squared = (offsets**2).sum(axis=1)
    return offsets[np.lexsort((offsets[:, 1], offsets[:, 0], squared, chebyshev))].astype(np.int16)


CELL_OF_RANK = ((near_first() + VIEW) @ np.array([WINDOW, 1])).astype(np.int64)


@kernel
def _list_things(window, first, ranks, to):  # type: ignore[no-untyped-def]
    """List the ranks of the things in the window that begins at item `first` of all windows, the own cell left out.

    Return how many there are; write N_RANKS items of `ranks` from `to` on, nearest first.
    """
    listed = ranks.reshape(ranks.size)
    n = 0
    for rank in range(1, N_CELLS):
        code = item(window, first + CELL_OF_RANK[rank])
        listed[to + n] = rank
        n += _FIRST_THING <= code < _FIRST_THING + _N_THINGS
    return n


@kernel
def _list_things_bits(window, first, ranks, to):  # type: ignore[no-untyped-def]
    """Do as `_list_things` does, from bits by rank."""
    n = to
    near, far = _near_bits(window, first), _far_bits(window, first)
    while near != 0:
        put(ranks, n, lowest_bit(near))
        near &= near - _ONE
        n += 1
    while far != 0:
        put(ranks, n, _HALF + lowest_bit(far))
        far &= far - _ONE
        n += 1
    return n - to


def _searcher(start: int) -> Any:
    """Return an intrinsic that tells which of the sixty-four ranks from `start` on hold things, as bits."""

    def search(typing_context: Any, window: Any, first: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            data = builder.gep(context.make_array(signature.args[0])(context, builder, args[0]).data, [args[1]])
            halves = [_load_vector(builder, data, cell) for cell in (0, _SECOND)]
            return builder.bitcast(_find(builder, halves, start), _WORD)

        return types.uint64(window, types.int64), generate

    return intrinsic(search)


_near_bits, _far_bits = _searcher(0), _searcher(_HALF)


@intrinsic
def _list_things_vector(typing_context: Any, window: Any, first: Any, ranks: Any, to: Any) -> Any:
    """Do as `_list_things` does."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = builder.gep(context.make_array(signature.args[0])(context, builder, args[0]).data, [args[1]])
        halves = [_load_vector(builder, data, cell) for cell in (0, _SECOND)]
        to = builder.gep(context.make_array(signature.args[2])(context, builder, args[2]).data, [args[3]])
        n = cgutils.ir.Constant(_WORD, 0)
        for start in (0, _HALF):
            found = _find(builder, halves, start)
            iota = _VECTOR([min(start + rank, 255) for rank in range(_HALF)])
            pointer = builder.bitcast(builder.gep(to, [n]), _VECTOR.as_pointer())
            builder.store(_compress(builder, iota, found), pointer).align = 1
            n = builder.add(n, builder.ctpop(builder.bitcast(found, _WORD)))
        return n

    return types.int64(window, types.int64, ranks, types.int64), generate


def _load_vector(builder: Any, data: Any, cell: int) -> Any:
    """Return sixty-four cells of a window."""
    pointer = builder.gep(data, [cgutils.ir.Constant(_WORD, cell)])
    half = builder.load(builder.bitcast(pointer, _VECTOR.as_pointer()))
    half.align = 1
    return half


def _find(builder: Any, halves: list[Any], start: int) -> Any:
    """Return which of the sixty-four ranks from `start` on hold things, a bit each; never the own cell, rank 0."""
    cells = CELL_OF_RANK[start : start + _HALF].tolist()
    order = [c if c < _HALF else _HALF + c - _SECOND for c in cells]
    mask = cgutils.ir.Constant(cgutils.ir.VectorType(cgutils.ir.IntType(32), _HALF), order + [0] * (_HALF - len(order)))
    shifted = builder.sub(builder.shuffle_vector(*halves, mask), _VECTOR([_FIRST_THING] * _HALF))
    found = builder.icmp_unsigned("<", shifted, _VECTOR([_N_THINGS] * _HALF))
    meant = [int(rank < len(cells) and start + rank > 0) for rank in range(_HALF)]
    return builder.and_(found, cgutils.ir.Constant(cgutils.ir.VectorType(cgutils.ir.IntType(1), _HALF), meant))


def _compress(builder: Any, vector: Any, mask: Any) -> Any:
    """Return the chosen items of a vector side by side, then zeros."""
    name = "llvm.experimental.vector.compress.v64i8"
    kind = cgutils.ir.FunctionType(_VECTOR, [_VECTOR, mask.type, _VECTOR])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [vector, mask, _VECTOR(None)])


_quick = _list_things_vector if "+avx512vbmi2" in get_host_cpu_features() else _list_things_bits
list_things = _list_things if _PLAIN else _quick
