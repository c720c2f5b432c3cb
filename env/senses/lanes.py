"""Listeners side by side: the distance of one speaker from sixteen of them, and each one's nearest, in vectors.

Compilers do not see that these loops over lanes are vectors, so they are spelt out (measured: ten times as fast).
Interpreted and bounds-checked kernels get plain loops.
"""

from __future__ import annotations

from typing import Any

import numba
from numba.core import cgutils, types
from numba.extending import intrinsic

from commlab.env.kernel import kernel
from commlab.env.types import LANE_ROWS, LANES

NOBODY = 2**30
MOST_AGENTS = 1024  # a key is a squared distance times this, plus how far on in the list of agents the speaker is
AT_ROW, AT_COLUMN, RADIUS, AGENT, KEY = range(LANE_ROWS)
NEAREST = LANE_ROWS  # the first of the rows that hold the keys of the nearest speakers, nearest first
_PLAIN = bool(numba.config.DISABLE_JIT or numba.config.BOUNDSCHECK)
_WORD = cgutils.ir.IntType(32)
_VECTOR = cgutils.ir.VectorType(_WORD, LANES)


@kernel
def _clear(lanes):  # type: ignore[no-untyped-def]
    """Empty all lanes: no listener is there to hear anything, and nobody is near. Write lanes."""
    for row in range(lanes.shape[0]):
        for lane in range(LANES):
            lanes[row, lane] = NOBODY if row >= NEAREST else -1 if row == RADIUS else 0


@kernel
def _measure(lanes, row, column, j, n_agents):  # type: ignore[no-untyped-def]
    """Work out the key of speaker `j` for every lane: the smaller, the nearer. Write row KEY of lanes."""
    for lane in range(LANES):
        rows, columns = lanes[AT_ROW, lane] - row, lanes[AT_COLUMN, lane] - column
        squared = rows * rows + columns * columns
        on = j - lanes[AGENT, lane]
        on = on + n_agents if on < 0 else on
        audible = squared <= lanes[RADIUS, lane] and on != 0
        lanes[KEY, lane] = squared * MOST_AGENTS + on if audible else NOBODY


@kernel
def _insert(lanes):  # type: ignore[no-untyped-def]
    """Put the keys where they belong among each lane's nearest; write lanes."""
    for k in range(NEAREST, lanes.shape[0]):
        for lane in range(LANES):
            known, new = lanes[k, lane], lanes[KEY, lane]
            lanes[k, lane] = known if known < new else new
            lanes[KEY, lane] = new if known < new else known


@intrinsic
def _clear_vector(typing_context: Any, lanes: Any) -> Any:
    """Do as `_clear` does."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        base = _rows(context, builder, signature.args[0], args[0])
        array = context.make_array(signature.args[0])(context, builder, args[0])
        stop = cgutils.unpack_tuple(builder, array.shape, 2)[0]
        for row in range(NEAREST):
            _save(builder, base, _constant(row), _VECTOR([-1 if row == RADIUS else 0] * LANES))
        with cgutils.for_range_slice(builder, _constant(NEAREST), stop, _constant(1)) as (k, _):
            _save(builder, base, k, _VECTOR([NOBODY] * LANES))
        return context.get_dummy_value()

    return types.void(lanes), generate


@intrinsic
def _measure_vector(typing_context: Any, lanes: Any, row: Any, column: Any, j: Any, n_agents: Any) -> Any:
    """Do as `_measure` does."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        base = _rows(context, builder, signature.args[0], args[0])
        rows, columns, radius, agent = (_load(builder, base, _constant(n)) for n in (AT_ROW, AT_COLUMN, RADIUS, AGENT))
        rows, columns = (builder.sub(at, _spread(builder, x)) for at, x in ((rows, args[1]), (columns, args[2])))
        squared = builder.add(builder.mul(rows, rows), builder.mul(columns, columns))
        on = builder.sub(_spread(builder, args[3]), agent)
        zero = _VECTOR(None)
        on = builder.select(builder.icmp_signed("<", on, zero), builder.add(on, _spread(builder, args[4])), on)
        audible = builder.and_(builder.icmp_signed("<=", squared, radius), builder.icmp_signed("!=", on, zero))
        key = builder.add(builder.mul(squared, _VECTOR([MOST_AGENTS] * LANES)), on)
        _save(builder, base, _constant(KEY), builder.select(audible, key, _VECTOR([NOBODY] * LANES)))
        return context.get_dummy_value()

    return types.void(lanes, types.int32, types.int32, types.int32, types.int32), generate


@intrinsic
def _insert_vector(typing_context: Any, lanes: Any) -> Any:
    """Do as `_insert` does."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        base = _rows(context, builder, signature.args[0], args[0])
        array = context.make_array(signature.args[0])(context, builder, args[0])
        stop = cgutils.unpack_tuple(builder, array.shape, 2)[0]
        carried = cgutils.alloca_once_value(builder, _load(builder, base, _constant(KEY)))
        with cgutils.for_range_slice(builder, _constant(NEAREST), stop, _constant(1)) as (k, _):
            known, new = _load(builder, base, k), builder.load(carried)
            nearer = builder.icmp_signed("<", known, new)
            _save(builder, base, k, builder.select(nearer, known, new))
            builder.store(builder.select(nearer, new, known), carried)
        return context.get_dummy_value()

    return types.void(lanes), generate


def _rows(context: Any, builder: Any, kind: Any, lanes: Any) -> Any:
    """Return a pointer to the rows of lanes, each a vector."""
    return builder.bitcast(context.make_array(kind)(context, builder, lanes).data, _VECTOR.as_pointer())


def _constant(n: int) -> Any:
    """Return a row's number."""
    return cgutils.ir.Constant(cgutils.ir.IntType(64), n)


def _load(builder: Any, base: Any, row: Any) -> Any:
    """Return a row of lanes."""
    vector = builder.load(builder.gep(base, [row]))
    vector.align = 4
    return vector


def _save(builder: Any, base: Any, row: Any, vector: Any) -> None:
    """Write a row of lanes."""
    builder.store(vector, builder.gep(base, [row])).align = 4


def _spread(builder: Any, number: Any) -> Any:
    """Return a vector of one number."""
    zero = cgutils.ir.Constant(_WORD, 0)
    empty = cgutils.ir.Constant(_VECTOR, cgutils.ir.Undefined)
    one = builder.insert_element(empty, number, zero)
    mask = cgutils.ir.Constant(_VECTOR, None)
    return builder.shuffle_vector(one, empty, mask)


clear = _clear if _PLAIN else _clear_vector
measure = _measure if _PLAIN else _measure_vector
insert = _insert if _PLAIN else _insert_vector
