"""Harris's segmentation: a boundary where what comes next becomes harder to foresee (Harris 1955; Ueda et al. 2023).

Inside a word the next symbol grows ever more certain; at its end it is open again. With BE(s) the entropy of the symbol
after the string s, there is a boundary behind s where BE(s) - BE(s without its last symbol) exceeds a threshold, for a
string s of two symbols or more that starts anywhere in the line (Ueda et al. 2023, algorithm 1).
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

__all__ = ["Segments", "boundaries", "conditional_entropies", "segments"]

MAX_CONTEXT = 64  # symbols of a string that is looked at
LN2 = float(np.log(2))

Array = NDArray[Any]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]


class Segments(NamedTuple):
    """The words that boundaries make of lines."""

    forms: tuple[tuple[int, ...], ...]  # the distinct words, sorted
    form: Int64  # (n,) of each word of the text
    line: Int64  # (n,) the line that it is in


class Contexts(NamedTuple):
    """The strings of one length that start at each place of the text."""

    string: Int64  # (N,) number of the string; -1 where the line ends before
    entropy: Float64  # (strings,) BE: bits of the symbol that follows
    times: Float64  # (strings,) how often each occurs


def boundaries(
    tokens: Array, line: Int64, threshold: float = 0.0, keep_final: bool = False, max_context: int = MAX_CONTEXT
) -> Bool:
    """Where a text (N,) of lines, numbered in `line` (N,), has a boundary before a symbol, (N,) bool.

    A line's own start is none. keep_final: a string at a line's end counts among its occurrences though nothing follows
    it, so that the shares of what follows do not sum to 1; published code has it so, and finds boundaries in front of
    cut words. max_context: strings of more symbols are not looked at.
    """
    found = np.zeros(len(tokens), dtype=bool)
    codes = np.unique(tokens, return_inverse=True)[1].astype(np.int64)
    ends = ends_of(line)
    shorter = first_context(codes, ends, keep_final)
    for width in range(1, min(max_context, longest(line)) + 1):
        context = longer_context(shorter, codes, ends, width, keep_final)
        if width >= 2:
            starts = np.flatnonzero((context.string >= 0) & (np.arange(len(codes)) + width < ends))
            rise = context.entropy[context.string[starts]] - shorter.entropy[shorter.string[starts]]
            found[starts[rise > threshold] + width] = True
        if not np.any(context.times > 1):
            break  # a string that occurs once has one successor: no rise from here on
        shorter = context
    return found


def conditional_entropies(
    tokens: Array, line: Int64, keep_final: bool = False, max_context: int = MAX_CONTEXT
) -> list[float]:
    """The bits of the next symbol given the 0, 1, 2, … before it, each the mean over strings that are followed.

    keep_final: as in `boundaries`, and the mean is over all strings.
    """
    codes = np.unique(tokens, return_inverse=True)[1].astype(np.int64)
    ends = ends_of(line)
    context = first_context(codes, ends, keep_final)
    bits = []
    for width in range(min(max_context, longest(line)) + 1):
        if width:
            context = longer_context(context, codes, ends, width, keep_final)
        counts = context.times if keep_final else followed(context, ends, width)
        if counts.sum() == 0:
            break
        bits.append(float(counts @ context.entropy / counts.sum()))
    return bits


def segments(tokens: Array, line: Int64, cuts: Bool) -> Segments:
    """The words between boundaries `cuts` (N,) and the ends of lines."""
    starts = np.flatnonzero(cuts | np.r_[True, line[1:] != line[:-1]]) if len(tokens) else np.zeros(0, np.int64)
    stops = np.append(starts[1:], len(tokens))[: len(starts)]
    text: list[int] = np.asarray(tokens).tolist()
    words = [tuple(text[start:stop]) for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)]
    forms = tuple(sorted(set(words)))
    place = {form: number for number, form in enumerate(forms)}
    return Segments(forms, np.array([place[word] for word in words], dtype=np.int64), line[starts])


def ends_of(line: Int64) -> Int64:
    """The place behind the last symbol of each symbol's line, (N,)."""
    last = np.r_[line[1:] != line[:-1], True] if len(line) else np.zeros(0, bool)
    stops = np.flatnonzero(last) + 1
    return stops[np.searchsorted(stops, np.arange(len(line)), side="right")]


def longest(line: Int64) -> int:
    """The symbols of the longest line."""
    return int(np.max(np.bincount(np.unique(line, return_inverse=True)[1]), initial=0)) if len(line) else 0


def first_context(codes: Int64, ends: Int64, keep_final: bool) -> Contexts:
    """The empty string at every place."""
    string = np.zeros(len(codes), dtype=np.int64)
    return measured(string, codes, ends, 0, 1, keep_final)


def longer_context(shorter: Contexts, codes: Int64, ends: Int64, width: int, keep_final: bool) -> Contexts:
    """Strings of `width` symbols, from those that are one symbol shorter."""
    places = np.arange(len(codes))
    inside = places + width <= ends
    last = codes[np.minimum(places + width, ends) - 1]
    key = np.where(inside, shorter.string * (int(codes.max(initial=0)) + 1) + last, 0)
    numbers = np.full(len(codes), -1, dtype=np.int64)
    distinct, numbers[inside] = np.unique(key[inside], return_inverse=True)
    return measured(numbers, codes, ends, width, len(distinct), keep_final)


def measured(string: Int64, codes: Int64, ends: Int64, width: int, n_strings: int, keep_final: bool) -> Contexts:
    """The entropy of what follows each string."""
    n_symbols = int(codes.max(initial=0)) + 1
    places = np.flatnonzero((string >= 0) & (np.arange(len(codes)) + width < ends))
    pairs, counts = np.unique(string[places] * n_symbols + codes[places + width], return_counts=True)
    count = np.bincount(string[string >= 0], minlength=n_strings).astype(np.float64)
    total = count if keep_final else np.bincount(string[places], minlength=n_strings)
    safe = np.maximum(total, 1)
    owner = pairs // n_symbols
    shares = counts / safe[owner]
    bits = np.bincount(owner, weights=-xlogy(shares, shares) / LN2, minlength=n_strings)
    return Contexts(string, np.maximum(bits, 0.0), count)


def followed(context: Contexts, ends: Int64, width: int) -> Float64:
    """How often each string has a symbol after it in its line."""
    here = (context.string >= 0) & (np.arange(len(ends)) + width < ends)
    return np.bincount(context.string[here], minlength=len(context.times)).astype(np.float64)
