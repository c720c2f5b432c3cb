"""Words in memory: several bytes of an array moved at once, items by flat index, and the lowest set bit of a word.

Windows and lists of things are made of small rows; numba moves them byte by byte, and these move them as processors do.
Interpreted and bounds-checked kernels get plain versions, which see every index.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba.core import cgutils, types
from numba.extending import intrinsic

from commlab.env.kernel import kernel

_PLAIN = bool(numba.config.DISABLE_JIT or numba.config.BOUNDSCHECK)
_BYTE = np.uint64(255)


@kernel
def _load8(array, offset):  # type: ignore[no-untyped-def]
    """Return the eight bytes from `offset` of a flat view of a contiguous byte array, the first one lowest."""
    return _load(array, offset, 8)


@kernel
def _load4(array, offset):  # type: ignore[no-untyped-def]
    """Return four bytes likewise."""
    return _load(array, offset, 4)


@kernel
def _load(array, offset, n):  # type: ignore[no-untyped-def]
    flat = array.reshape(array.size)
    word = np.uint64(0)
    for b in range(n):
        word |= (np.uint64(flat[offset + b]) & _BYTE) << np.uint64(8 * b)
    return word


@kernel
def _store8(array, offset, word):  # type: ignore[no-untyped-def]
    """Write the eight bytes of `word` from `offset` of a flat view of a contiguous byte array."""
    _store(array, offset, word, 8)


@kernel
def _store4(array, offset, word):  # type: ignore[no-untyped-def]
    """Write the four lower bytes of `word` likewise."""
    _store(array, offset, word, 4)


@kernel
def _store(array, offset, word, n):  # type: ignore[no-untyped-def]
    flat = array.reshape(array.size).view(np.uint8)
    for b in range(n):
        flat[offset + b] = (word >> np.uint64(8 * b)) & _BYTE


@kernel
def _veil16(target, a, source, b, veil, c):  # type: ignore[no-untyped-def]
    """Set sixteen bytes of `target` from `a` on: those of `source` from `b` on or those of `veil` from `c` on."""
    to, of, over = target.reshape(target.size), source.reshape(source.size), veil.reshape(veil.size)
    for n in range(16):
        to[a + n] = of[b + n] | over[c + n]


@kernel
def _item(array, index):  # type: ignore[no-untyped-def]
    """Return item `index` of a flat view of a contiguous array of integers, as int64."""
    return np.int64(array.reshape(array.size)[index])


def _loader(n_bits: int) -> Any:
    """Return an intrinsic that loads an unaligned word as uint64."""

    def load(typing_context: Any, array: Any, offset: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            pointer = _pointer(context, builder, signature.args[0], args, n_bits)
            word = builder.load(pointer)
            word.align = 1
            return word if n_bits == 64 else builder.zext(word, cgutils.ir.IntType(64))

        return types.uint64(array, types.int64), generate

    return intrinsic(load)


@intrinsic
def _item_quick(typing_context: Any, array: Any, index: Any) -> Any:
    """Do as `_item` does, for an index that is not negative."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        value = builder.load(builder.gep(data, [args[1]]))
        if signature.args[0].dtype.bitwidth == 64:
            return value
        widen = builder.sext if signature.args[0].dtype.signed else builder.zext
        return widen(value, cgutils.ir.IntType(64))

    return types.int64(array, types.int64), generate


@kernel
def _put(array, index, value):  # type: ignore[no-untyped-def]
    """Set item `index` of a flat view of a contiguous array of integers."""
    array.reshape(array.size)[index] = value


@intrinsic
def _put_quick(typing_context: Any, array: Any, index: Any, value: Any) -> Any:
    """Do as `_put` does, for an index that is not negative."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        width = signature.args[0].dtype.bitwidth
        word = args[2] if width == 64 else builder.trunc(args[2], cgutils.ir.IntType(width))
        builder.store(word, builder.gep(data, [args[1]]))
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64), generate


def _storer(n_bits: int) -> Any:
    """Return an intrinsic that stores the lower bits of a uint64 unaligned."""

    def store(typing_context: Any, array: Any, offset: Any, word: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            pointer = _pointer(context, builder, signature.args[0], args, n_bits)
            value = args[2] if n_bits == 64 else builder.trunc(args[2], cgutils.ir.IntType(n_bits))
            builder.store(value, pointer).align = 1
            return context.get_dummy_value()

        return types.void(array, types.int64, types.uint64), generate

    return intrinsic(store)


def _pointer(context: Any, builder: Any, kind: Any, args: Any, n_bits: int) -> Any:
    """Return a pointer to a word at a byte offset of an array."""
    data = context.make_array(kind)(context, builder, args[0]).data
    byte = builder.bitcast(data, cgutils.ir.IntType(8).as_pointer())
    return builder.bitcast(builder.gep(byte, [args[1]]), cgutils.ir.IntType(n_bits).as_pointer())


@intrinsic
def _veil16_quick(typing_context: Any, target: Any, a: Any, source: Any, b: Any, veil: Any, c: Any) -> Any:
    """Do as `_veil16` does."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = cgutils.ir.VectorType(cgutils.ir.IntType(8), 16)
        places = []
        for n in (0, 2, 4):
            data = context.make_array(signature.args[n])(context, builder, args[n]).data
            places.append(builder.bitcast(builder.gep(data, [args[n + 1]]), vector.as_pointer()))
        rows = [builder.load(place) for place in places[1:]]
        for row in rows:
            row.align = 1
        builder.store(builder.or_(*rows), places[0]).align = 1
        return context.get_dummy_value()

    return types.void(target, types.int64, source, types.int64, veil, types.int64), generate


@intrinsic
def _cttz(typing_context: Any, word: Any) -> Any:
    """Return the number of the lowest set bit of a word that has one."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], cgutils.true_bit)

    return types.int64(types.uint64), generate


def _lowest_bit(word: Any) -> int:
    """Return the number of the lowest set bit of a word that has one."""
    return (int(word) & -int(word)).bit_length() - 1


item = _item if _PLAIN else _item_quick
put = _put if _PLAIN else _put_quick
load8 = _load8 if _PLAIN else _loader(64)
load4 = _load4 if _PLAIN else _loader(32)
store8 = _store8 if _PLAIN else _storer(64)
store4 = _store4 if _PLAIN else _storer(32)
veil16 = _veil16 if _PLAIN else _veil16_quick
lowest_bit = _lowest_bit if numba.config.DISABLE_JIT else _cttz
