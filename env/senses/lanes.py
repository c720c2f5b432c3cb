"""Listeners side by side: the distance of one speaker from sixteen of them, and each one's nearest, in vectors.

Compilers do not see that these loops over lanes are vectors, so they are spelt out (hearing took half the time).
Interpreted and bounds-checked kernels get plain loops.
"""

from __future__ import annotations

from typing import Any

import numba
from numba.core import cgutils, types
from numba.extending import intrinsic

from commlab.env.kernel import kernel
from commlab.env.types import LANE_ROWS, LANES, SPEAKER_ROWS, UNKNOWN

NOBODY = 2**30
MOST_AGENTS = 1024  # a key is a squared distance times this, plus how far on in the list of agents the speaker is
AT_ROW, AT_COLUMN, RADIUS, AGENT, KEY, SIGHT, SHARES, PARTNER = range(LANE_ROWS)
NEAREST = LANE_ROWS  # the first of K rows with the keys of the nearest speakers; after them K rows of each of these:
WHO, PLACE, MARK, KIN = range(1, SPEAKER_ROWS)  # the speaker, two halves of its card, and the kinship with it
NOWHERE = UNKNOWN << 16 | UNKNOWN << 24
_PLAIN = bool(numba.config.DISABLE_JIT or numba.config.BOUNDSCHECK)
_WORD = cgutils.ir.IntType(32)
_VECTOR = cgutils.ir.VectorType(_WORD, LANES)


@kernel
def n_slots(lanes):  # type: ignore[no-untyped-def]
    """Return the number K of speakers that a listener can hear."""
    return (lanes.shape[0] - LANE_ROWS) // SPEAKER_ROWS


@kernel
def row_of(lanes, what, k):  # type: ignore[no-untyped-def]
    """Return the row that holds WHO, PLACE, MARK or KIN of the k-th nearest speaker."""
    return NEAREST + n_slots(lanes) * what + k


@kernel
def _clear(lanes):  # type: ignore[no-untyped-def]
    """Empty all lanes: no listener is there to hear anything, and nobody is near. Write lanes."""
    for row in range(NEAREST + n_slots(lanes)):
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
    for k in range(NEAREST, NEAREST + n_slots(lanes)):
        for lane in range(LANES):
            known, new = lanes[k, lane], lanes[KEY, lane]
            lanes[k, lane] = known if known < new else new
            lanes[KEY, lane] = new if known < new else known


@kernel
def _point(lanes, k, n_agents):  # type: ignore[no-untyped-def]
    """Name the k-th nearest speaker of each lane; write its row WHO of lanes."""
    for lane in range(LANES):
        j = (int(lanes[NEAREST + k, lane]) & (MOST_AGENTS - 1)) + int(lanes[AGENT, lane])
        lanes[row_of(lanes, WHO, k), lane] = j - n_agents if j >= n_agents else j


@kernel
def _phrase(lanes, k, bond):  # type: ignore[no-untyped-def]
    """Put into words what slot k tells of its speaker, from its rows WHO, PLACE, MARK (its card) and KIN.

    PLACE becomes the slot's first four bytes, WHO the speaker and MARK its symbol; where nobody speaks: 0, -1 and 0.
    """
    who, at, mark = row_of(lanes, WHO, k), row_of(lanes, PLACE, k), row_of(lanes, MARK, k)
    for lane in range(LANES):
        place, there = int(lanes[at, lane]), int(lanes[NEAREST + k, lane]) < NOBODY
        rows = (place & 0xFFFF) - int(lanes[AT_ROW, lane])
        columns = (place >> 16 & 0xFFFF) - int(lanes[AT_COLUMN, lane])
        known = max(abs(rows), abs(columns)) <= int(lanes[SIGHT, lane])
        kinship = int(lanes[row_of(lanes, KIN, k), lane])
        kinship = max(kinship, bond) if lanes[who, lane] == lanes[PARTNER, lane] else kinship
        told = (rows & 255) << 16 | (columns & 127) << 24 if known else NOWHERE
        sign = -(2**31) if known and columns & 128 else 0
        lanes[at, lane] = (1 | (kinship & 255) << 8 | told) + sign if there else 0
        lanes[who, lane] = lanes[who, lane] if there else -1
        lanes[mark, lane] = int(lanes[mark, lane]) >> 16 & 255 if there else 0


@intrinsic
def _clear_vector(typing_context: Any, lanes: Any) -> Any:
    """Do as `_clear` does."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        base = _rows(context, builder, signature.args[0], args[0])
        stop = builder.add(_n_slots(context, builder, signature, args), _constant(NEAREST))
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
        stop = builder.add(_n_slots(context, builder, signature, args), _constant(NEAREST))
        carried = cgutils.alloca_once_value(builder, _load(builder, base, _constant(KEY)))
        with cgutils.for_range_slice(builder, _constant(NEAREST), stop, _constant(1)) as (k, _):
            known, new = _load(builder, base, k), builder.load(carried)
            nearer = builder.icmp_signed("<", known, new)
            _save(builder, base, k, builder.select(nearer, known, new))
            builder.store(builder.select(nearer, new, known), carried)
        return context.get_dummy_value()

    return types.void(lanes), generate


@intrinsic
def _point_vector(typing_context: Any, lanes: Any, k: Any, n_agents: Any) -> Any:
    """Do as `_point` does."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        base = _rows(context, builder, signature.args[0], args[0])
        key = _load(builder, base, builder.add(args[1], _constant(NEAREST)))
        agent, n_agents = _load(builder, base, _constant(AGENT)), _spread(builder, args[2])
        j = builder.add(builder.and_(key, _same(MOST_AGENTS - 1)), agent)
        j = builder.select(builder.icmp_signed(">=", j, n_agents), builder.sub(j, n_agents), j)
        _save(builder, base, _row_of(builder, _n_slots(context, builder, signature, args), WHO, args[1]), j)
        return context.get_dummy_value()

    return types.void(lanes, types.int64, types.int32), generate


@intrinsic
def _phrase_vector(typing_context: Any, lanes: Any, k: Any, bond: Any) -> Any:
    """Do as `_phrase` does."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        base, n = _rows(context, builder, signature.args[0], args[0]), _n_slots(context, builder, signature, args)
        at = {what: _row_of(builder, n, what, args[1]) for what in (0, WHO, PLACE, MARK, KIN)}
        key, who, place, mark, kinship = (_load(builder, base, row) for row in at.values())
        mine = {row: _load(builder, base, _constant(row)) for row in (AT_ROW, AT_COLUMN, SIGHT, PARTNER)}
        shift, bond = _same(16), _spread(builder, args[2])
        rows = builder.sub(builder.and_(place, _same(0xFFFF)), mine[AT_ROW])
        columns = builder.sub(builder.lshr(place, shift), mine[AT_COLUMN])
        near = [builder.icmp_signed("<=", _absolute(builder, x), mine[SIGHT]) for x in (rows, columns)]
        raised = builder.select(builder.icmp_signed("<", kinship, bond), bond, kinship)
        kinship = builder.select(builder.icmp_signed("==", who, mine[PARTNER]), raised, kinship)
        told = builder.or_(builder.shl(builder.and_(rows, _same(255)), shift), builder.shl(columns, _same(24)))
        word = builder.or_(builder.shl(builder.and_(kinship, _same(255)), _same(8)), _same(1))
        word = builder.or_(word, builder.select(builder.and_(*near), told, _same(NOWHERE)))
        there = builder.icmp_signed("<", key, _same(NOBODY))
        symbol = builder.and_(builder.lshr(mark, shift), _same(255))
        for what, said, silence in ((PLACE, word, 0), (WHO, who, -1), (MARK, symbol, 0)):
            _save(builder, base, at[what], builder.select(there, said, _same(silence)))
        return context.get_dummy_value()

    return types.void(lanes, types.int64, types.int32), generate


def _n_slots(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Return the number K of speakers that a listener can hear."""
    array = context.make_array(signature.args[0])(context, builder, args[0])
    n_rows = cgutils.unpack_tuple(builder, array.shape, 2)[0]
    return builder.udiv(builder.sub(n_rows, _constant(LANE_ROWS)), _constant(SPEAKER_ROWS))


def _row_of(builder: Any, n: Any, what: int, k: Any) -> Any:
    """Return the row that holds WHO, PLACE, MARK or KIN (0: the key) of the k-th of n speakers."""
    return builder.add(builder.add(_constant(NEAREST), builder.mul(n, _constant(what))), k)


def _same(number: int) -> Any:
    """Return a vector of one constant."""
    return _VECTOR([number] * LANES)


def _absolute(builder: Any, vector: Any) -> Any:
    """Return a vector without its signs."""
    negative = builder.sub(_same(0), vector)
    return builder.select(builder.icmp_signed("<", vector, negative), negative, vector)


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


point = _point if _PLAIN else _point_vector
phrase = _phrase if _PLAIN else _phrase_vector
clear = _clear if _PLAIN else _clear_vector
measure = _measure if _PLAIN else _measure_vector
insert = _insert if _PLAIN else _insert_vector
