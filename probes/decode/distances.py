"""Distances between all pairs of messages or meanings, as whole-number codes with a table of what each is worth.

A code takes a byte or two where a distance takes eight, and pairs are ranked by counting codes instead of sorting
millions of distances. Blocks of rows are made one at a time, so that the pairs are never held all at once.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from commlab.foundation.errors import DataError, nearest_names

__all__ = [
    "MEANING_DISTANCES",
    "MESSAGE_DISTANCES",
    "Distances",
    "check_names",
    "meaning_distances",
    "message_distances",
]

MAX_CODES = 1 << 20
MAX_WORD = 64  # symbols of a message whose edit distance is counted in one machine word
MAX_EXACT = 3000  # items whose distances are sorted where they cannot be counted

Array = NDArray[Any]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Distances(NamedTuple):
    """The distances among n items."""

    n: int
    values: Float64  # (C,) the distance that each code stands for; code 0 is that of an item to itself
    block: Callable[[slice, slice], Array]  # codes (rows, columns) of a part of the square


def message_distances(messages: ArrayLike, distance: str = "edit", padding: int | None = None) -> Distances:
    """Distances among messages (n, L) of whole numbers.

    distance: "edit" (Levenshtein over the mean length), "edit_count" (Levenshtein), "hamming" (share of positions that
    differ), "jaccard" (1 - shared symbols / all symbols of the two, as sets), "cosine" (of the counts of symbols),
    "euclidean" (of the symbols' numbers, which has a sense only where those are quantities). padding: the symbol that
    fills messages up at the end and is no part of them.
    """
    array = whole_numbers(messages)
    return chosen(MESSAGE_DISTANCES, distance)(array, lengths_of(array, padding), padding)


def meaning_distances(meanings: ArrayLike, distance: str = "hamming") -> Distances:
    """Distances among meanings (n, A) of attributes.

    distance: "hamming" (share of attributes that differ), "cosine" (of the attributes as indicators, one for each
    value: the same number as hamming), "euclidean" (of the attributes' numbers).
    """
    array = np.asarray(meanings)
    if array.ndim != 2 or array.shape[1] == 0:
        raise DataError(f"Meanings must be a table of one row each and a column for each attribute, not {array.shape}.")
    return chosen(MEANING_DISTANCES, distance)(array, np.zeros(0, np.int64), None)


def hamming(items: Array, lengths: Int64, padding: int | None) -> Distances:
    """The share of positions that differ."""
    codes = number(items)
    n_positions = codes.shape[1]

    def block(rows: slice, columns: slice) -> Array:
        return differing(codes[rows], codes[columns])

    return Distances(len(codes), np.arange(n_positions + 1) / n_positions, block)


def edit(items: Array, lengths: Int64, padding: int | None) -> Distances:
    """The fewest insertions, deletions and substitutions between two messages, over their mean length."""
    count = edit_count(items, lengths, padding)
    sums = np.arange(2 * items.shape[1] + 1)
    n_sums = len(sums)
    if np.all(lengths == lengths[:1]):
        return count._replace(values=count.values / max(int(lengths[0]) if len(lengths) else 1, 1))

    def block(rows: slice, columns: slice) -> Array:
        both = lengths[rows][:, None] + lengths[columns][None]
        return count.block(rows, columns).astype(np.int32) * n_sums + both.astype(np.int32)

    edits = np.arange(len(count.values))[:, None]
    values = np.where(edits == 0, 0.0, edits / (np.maximum(sums, 1) / 2))
    return Distances(len(items), values.reshape(-1), block)


def edit_count(items: Array, lengths: Int64, padding: int | None) -> Distances:
    """The fewest insertions, deletions and substitutions between two messages (Levenshtein 1966)."""
    codes = number(items)
    n_symbols = codes.shape[1]
    if n_symbols > MAX_WORD:
        raise DataError(f"Edit distances are counted for messages of up to {MAX_WORD} symbols, not {n_symbols}.")

    def block(rows: slice, columns: slice) -> Array:
        texts, ends = codes[columns], lengths[columns]
        found = [levenshtein(codes[i][: lengths[i]], texts, ends) for i in range(*rows.indices(len(codes)))]
        return np.stack(found) if found else np.empty((0, len(texts)), dtype=np.uint8)

    return Distances(len(codes), np.arange(n_symbols + 1, dtype=np.float64), block)


def jaccard(items: Array, lengths: Int64, padding: int | None) -> Distances:
    """1 less the symbols that two messages share over all that either holds; 0 between two empty ones."""
    held = np.minimum(symbol_counts(items, lengths), 1)
    sizes = held.sum(1).astype(np.int32)
    n_sums = 2 * items.shape[1] + 1

    def block(rows: slice, columns: slice) -> Array:
        shared = (held[rows] @ held[columns].T).astype(np.int32)
        both = sizes[rows][:, None] + sizes[columns][None]
        return np.asarray(np.where(both == 2 * shared, 0, shared * n_sums + both + 1), dtype=np.int32)

    shared, both = np.divmod(np.arange((items.shape[1] + 1) * n_sums), n_sums)
    union = both - shared
    values = np.where(union > 0, 1 - shared / np.maximum(union, 1), 0.0)
    return Distances(len(items), np.concatenate([[0.0], values]), block)


def cosine_counts(items: Array, lengths: Int64, padding: int | None) -> Distances:
    """1 less the cosine of how often each symbol is in the two messages; 1 to an empty one, 0 between two of those."""
    counts = symbol_counts(items, lengths)
    squares = np.sum(counts**2, axis=1).astype(np.int64)
    norms, norm_of = np.unique(squares, return_inverse=True)
    n_dots, n_norms = int(squares.max(initial=0)) + 1, len(norms)
    if n_dots * n_norms * n_norms > MAX_CODES:
        return sorted_codes(len(items), lambda rows, columns: cosine_values(counts[rows], counts[columns]))
    norm_codes = norm_of.astype(np.int32)

    def block(rows: slice, columns: slice) -> Array:
        dots = (counts[rows] @ counts[columns].T).astype(np.int32)
        pair = norm_codes[rows][:, None] * n_norms + norm_codes[columns][None]
        return np.asarray(1 + pair * n_dots + dots, dtype=np.int32)

    dots = np.arange(n_dots)
    product = np.sqrt(norms[:, None] * norms[None, :].astype(np.float64))[..., None]
    values = np.where(product > 0, 1 - dots / np.maximum(product, 1), 1.0)
    values[(norms[:, None] == 0) & (norms[None] == 0)] = 0.0
    return with_own_zero(Distances(len(items), np.concatenate([[0.0], np.round(values, 12).reshape(-1)]), block))


def cosine_indicators(items: Array, lengths: Int64, padding: int | None) -> Distances:
    """1 less the cosine of attributes as indicators, which is the share of attributes that differ."""
    return hamming(items, lengths, padding)


def euclidean(items: Array, lengths: Int64, padding: int | None) -> Distances:
    """The root of the summed squared differences of the numbers."""
    if items.dtype.kind in "iub":
        whole = items.astype(np.int64) - int(items.min(initial=0))
        largest = int(np.sum(np.square(whole.max(axis=0, initial=0))))
        if largest < MAX_CODES:
            small = whole.astype(np.float32)  # whole numbers below 2^20: exact
            squares = np.sum(small**2, axis=1)

            def block(rows: slice, columns: slice) -> Array:
                apart = squares[rows][:, None] + squares[columns][None] - 2 * (small[rows] @ small[columns].T)
                return np.asarray(apart, dtype=np.int32)

            return Distances(len(items), np.sqrt(np.arange(largest + 1)), block)
    numbers = items.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise DataError("Euclidean distances need numbers: one of the meanings is NaN or infinite.")

    def apart(rows: slice, columns: slice) -> Float64:
        return np.asarray(np.linalg.norm(numbers[rows][:, None] - numbers[columns][None], axis=2))

    return sorted_codes(len(items), apart)


Maker = Callable[[Array, Int64, int | None], Distances]
MESSAGE_DISTANCES: dict[str, Maker] = {
    "edit": edit,
    "edit_count": edit_count,
    "hamming": hamming,
    "jaccard": jaccard,
    "cosine": cosine_counts,
    "euclidean": euclidean,
}
MEANING_DISTANCES: dict[str, Maker] = {"hamming": hamming, "cosine": cosine_indicators, "euclidean": euclidean}


def check_names(message_distance: str, meaning_distance: str) -> None:
    """Raises DataError where there is no such distance of messages or of meanings."""
    chosen(MESSAGE_DISTANCES, message_distance)
    chosen(MEANING_DISTANCES, meaning_distance)


def chosen(makers: dict[str, Maker], name: str) -> Maker:
    """The maker of that name. Raises DataError where there is none."""
    if name not in makers:
        near = ", ".join(nearest_names(name, makers))
        raise DataError(f"There is no distance {name!r}: nearest are {near}; all are {', '.join(makers)}.")
    return makers[name]


def whole_numbers(messages: ArrayLike) -> Array:
    """Messages (n, L) as whole numbers. Raises DataError where they are not."""
    array = np.asarray(messages)
    if array.ndim != 2 or array.shape[1] == 0 or array.dtype.kind not in "iub":
        raise DataError(
            f"Messages must be a table of whole numbers, one row each, filled up to one length, not {array.dtype} of "
            f"shape {array.shape}."
        )
    return array


def lengths_of(messages: Array, padding: int | None) -> Int64:
    """The symbols of each message (n,) before its padding."""
    if padding is None:
        return np.full(len(messages), messages.shape[1], dtype=np.int64)
    kept = messages[:, ::-1] != padding
    lengths: Int64 = np.where(kept.any(axis=1), messages.shape[1] - kept.argmax(axis=1), 0).astype(np.int64)
    return lengths


def number(items: Array) -> Array:
    """The items' values as small codes that compare alike, (n, L)."""
    values, codes = np.unique(items, return_inverse=True)
    size = np.uint8 if len(values) <= 256 else np.uint16 if len(values) <= 65536 else np.uint32
    return codes.reshape(items.shape).astype(size)


def symbol_counts(messages: Array, lengths: Int64) -> NDArray[np.float32]:
    """How often each symbol is in each message, padding left out, (n, V)."""
    codes = number(messages).astype(np.int64)
    n_symbols = int(codes.max(initial=0)) + 1
    inside = np.arange(messages.shape[1]) < lengths[:, None]
    cells = (np.arange(len(messages))[:, None] * n_symbols + codes)[inside]
    counts = np.bincount(cells, minlength=len(messages) * n_symbols)
    return counts.reshape(len(messages), n_symbols).astype(np.float32)


def differing(rows: Array, columns: Array) -> Array:
    """The number of positions at which each row differs from each column, (rows, columns)."""
    size = np.uint8 if rows.shape[1] < 256 else np.uint16
    total = np.zeros((len(rows), len(columns)), dtype=size)
    for here, there in zip(rows.T, columns.T, strict=True):
        total += here[:, None] != there[None]
    return total


def levenshtein(pattern: Array, texts: Array, lengths: Int64) -> Array:
    """The edit distance of one message (m,) from each of `texts` (n, L), of which `lengths` (n,) symbols count.

    All texts at once, with a column of the table of distances in the bits of one word (Myers 1999, Hyyrö 2003).
    """
    m, n_symbols = len(pattern), texts.shape[1]
    if m == 0:
        return lengths.astype(np.uint8)
    word = next(size for size in (np.uint8, np.uint16, np.uint32, np.uint64) if m <= np.dtype(size).itemsize * 8)
    one, last = word(1), word(1 << (m - 1))
    where: Array = np.zeros(int(max(texts.max(initial=0), pattern.max())) + 1, dtype=word)
    for place, symbol in enumerate(pattern):
        where[symbol] |= word(1 << place)
    up: Array = np.full(len(texts), np.iinfo(word).max, dtype=word)  # bits: where the column rises by one
    down: Array = np.zeros(len(texts), dtype=word)
    distance = np.full(len(texts), m, dtype=np.int16)
    for place in range(n_symbols):
        match = where[texts[:, place]]
        zero = (((match & up) + up) ^ up) | match | down
        right: Array = down | ~(zero | up)
        left: Array = zero & up
        counts = place < lengths
        distance += np.logical_and(counts, right & last)
        distance -= np.logical_and(counts, left & last)
        right = (right << one) | one
        left = left << one
        up, down = left | ~(zero | right), right & zero
    return distance.astype(np.uint8)


def cosine_values(rows: Array, columns: Array) -> Float64:
    """1 less the cosine of each row with each column, rounded so that equal ones are equal."""
    one, other = rows.astype(np.float64), columns.astype(np.float64)
    norms = np.linalg.norm(one, axis=1)[:, None] * np.linalg.norm(other, axis=1)[None]
    values = np.where(norms > 0, 1 - one @ other.T / np.maximum(norms, 1e-300), 1.0)
    empty = np.logical_not(np.logical_or.outer(np.any(one, axis=1), np.any(other, axis=1)))
    return np.asarray(np.round(np.where(empty, 0.0, values), 12))


def sorted_codes(n: int, distance: Callable[[slice, slice], Float64]) -> Distances:
    """Codes by sorting all distances, where there are too many different ones to count."""
    if n > MAX_EXACT:
        raise DataError(
            f"{n:,} different items have too many different distances to rank: choose hamming or edit, or at most "
            f"{MAX_EXACT:,} items."
        )
    everything = slice(None)
    square = distance(everything, everything)
    np.fill_diagonal(square, 0.0)
    values, codes = np.unique(square, return_inverse=True)
    table = codes.reshape(n, n).astype(np.int32)
    return Distances(n, values, lambda rows, columns: table[rows, columns])


def with_own_zero(distances: Distances) -> Distances:
    """Codes in which every item has code 0 to itself, whatever rounding made of it."""
    zero = np.flatnonzero(distances.values == 0)
    remap = np.arange(len(distances.values), dtype=np.int32)
    remap[zero] = 0
    return distances._replace(block=lambda rows, columns: remap[distances.block(rows, columns)])
