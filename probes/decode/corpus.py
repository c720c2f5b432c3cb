"""The laws of a corpus of what was said: its size, its entropies, Zipf's law, the law of abbreviation.

Sizes and entropies are those that ELCC lists for every corpus (Boldt & Mortensen 2024). A line of the corpus is a
message of several symbols; where messages are one symbol long, it is a stream: what one speaker says in one episode
from one silence to the next. Silence is no symbol.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.statistics import entropy
from commlab.probes.decode.utterances import Utterances

__all__ = [
    "Corpus",
    "Laws",
    "abbreviation",
    "chosen_episodes",
    "conditional_entropy",
    "corpus_of",
    "distinct_lines",
    "laws",
    "mixed_positions",
    "zipf_exponent",
]

Array = NDArray[Any]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

NAN = float("nan")
FEW_SYMBOLS = 1024  # of more, pairs are sorted instead of counted in a square


class Corpus(NamedTuple):
    """Lines of symbols."""

    tokens: Int64  # (N,)
    line: Int64  # (N,) the number of its line, in order
    episode: Int64  # (N,) the episode it was said in
    streams: bool  # lines are streams of one-symbol messages


class Laws(NamedTuple):
    """The numbers of a corpus; NaN where undefined. Entropies in bits."""

    tokens: float  # symbols said
    lines: float
    types: float  # distinct symbols
    type_token_ratio: float
    line_length: float  # symbols a line
    line_length_sd: float
    unigram_entropy: float  # of a symbol
    normalized_entropy: float  # over log2 of the symbols in use
    bigram_entropy: float  # of two symbols that follow each other in a line
    conditional_entropy: float  # of a symbol given the one before it in its line
    line_entropy: float  # symbols a line times bits a symbol
    zipf_exponent: float


def corpus_of(spoken: Utterances, merge_repeats: bool = False) -> Corpus:
    """The corpus of what was said. merge_repeats: in a stream, the same symbol step after step counts once."""
    return streams(spoken, merge_repeats) if spoken.length == 1 else messages(spoken)


def messages(spoken: Utterances) -> Corpus:
    """A line for each message that is not silence; zeros are left out."""
    said = spoken.said.reshape(-1)
    episode = np.repeat(np.arange(len(spoken.said)), spoken.said.shape[1])
    heard = (said >= 0) & (said != (-2 if spoken.silence is None else spoken.silence))
    symbols = spoken.symbols[said[heard]].astype(np.int64)
    kept = symbols != 0
    line = np.repeat(np.arange(len(symbols)), symbols.shape[1]).reshape(symbols.shape)[kept]
    return Corpus(symbols[kept], line, episode[heard][line], streams=False)


def streams(spoken: Utterances, merge_repeats: bool) -> Corpus:
    """A line for what each speaker says in each episode without a step of silence."""
    n_agents = len(spoken.agents.indices)
    table = spoken.said.reshape(len(spoken.said), -1, n_agents).transpose(0, 2, 1)  # (E, A, T)
    codes = np.where(table >= 0, spoken.symbols[:, 0].astype(np.int64)[table], 0)
    starts = codes.copy() > 0
    starts[..., 1:] &= codes[..., :-1] == 0
    line = np.cumsum(starts.reshape(-1)).reshape(codes.shape) - 1
    kept = codes > 0
    if merge_repeats:
        kept[..., 1:] &= codes[..., 1:] != codes[..., :-1]
    episode = np.broadcast_to(np.arange(len(codes))[:, None, None], codes.shape)
    return Corpus(codes[kept], line[kept], episode[kept], streams=True)


def chosen_episodes(corpus: Corpus, kept: NDArray[np.bool_]) -> Corpus:
    """The lines of the episodes that `kept` (E,) marks."""
    here = kept[corpus.episode]
    return Corpus(corpus.tokens[here], corpus.line[here], corpus.episode[here], corpus.streams)


def laws(corpus: Corpus) -> Laws:
    """The laws of a corpus; all NaN but for the counts where nothing was said."""
    tokens = corpus.tokens
    if not tokens.size:
        return Laws(0.0, 0.0, 0.0, *[NAN] * 9)
    lengths = np.bincount(corpus.line - corpus.line.min())
    lengths, counts = lengths[lengths > 0], np.bincount(tokens)
    bits, n_types = entropy(counts), np.count_nonzero(counts)
    pairs = pair_counts(corpus)
    return Laws(
        tokens=float(tokens.size),
        lines=float(lengths.size),
        types=float(n_types),
        type_token_ratio=n_types / tokens.size,
        line_length=float(lengths.mean()),
        line_length_sd=float(lengths.std()),
        unigram_entropy=bits,
        normalized_entropy=bits / float(np.log2(n_types)) if n_types > 1 else NAN,
        bigram_entropy=entropy(pairs) if pairs.size else NAN,
        conditional_entropy=conditional_entropy(corpus),
        line_entropy=bits * float(lengths.mean()),
        zipf_exponent=zipf_exponent(counts),
    )


def conditional_entropy(corpus: Corpus) -> float:
    """The bits of a symbol given the one before it in its line; NaN where none follows another."""
    pairs = pair_counts(corpus)
    if not pairs.size:
        return NAN
    firsts = corpus.tokens[:-1][corpus.line[1:] == corpus.line[:-1]]
    return max(0.0, entropy(pairs) - entropy(np.bincount(firsts)))


def mixed_positions(spoken: Utterances, permutations: Int64, said: Int64 | None = None) -> Corpus:
    """Messages whose symbols come from different episodes, at equal steps: those of position j from permutation j.

    What a corpus is like where the symbols of a message have nothing to do with each other. `permutations` is (L, E).
    said: (E, slots) instead of all that was said.
    """
    said = spoken.said if said is None else said
    symbols = np.where((said >= 0)[..., None], spoken.symbols.astype(np.int64)[said], 0)
    mixed = np.stack([symbols[order, :, place] for place, order in enumerate(permutations)], axis=2)
    kept = mixed != 0
    line = np.broadcast_to(np.arange(mixed[..., 0].size).reshape(mixed.shape[:2])[..., None], mixed.shape)
    episode = np.broadcast_to(np.arange(len(mixed))[:, None, None], mixed.shape)
    return Corpus(mixed[kept], line[kept], episode[kept], streams=False)


def pair_counts(corpus: Corpus) -> Int64:
    """How often each pair of symbols that follow each other in a line occurs, in any order; empty for none."""
    follows = corpus.line[1:] == corpus.line[:-1]
    n_symbols = int(corpus.tokens.max(initial=0)) + 1
    cells = corpus.tokens[:-1][follows] * n_symbols + corpus.tokens[1:][follows]
    counts = np.bincount(cells) if n_symbols <= FEW_SYMBOLS else np.unique(cells, return_counts=True)[1]
    return counts.astype(np.int64)


def distinct_lines(corpus: Corpus) -> int:
    """How many different lines there are."""
    text, line = corpus.tokens.astype(np.int64).tobytes(), corpus.line
    starts = np.flatnonzero(np.r_[True, line[1:] != line[:-1]]) * 8  # bytes
    stops = np.append(starts[1:], len(text))
    return len({text[start:stop] for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)})


def zipf_exponent(counts: Array) -> float:
    """The exponent s of p(rank) ~ rank^-s that fits counts (V,) best, by maximum likelihood; NaN for under 3 types.

    0 is a uniform use of all types. The ranks are those of the counts themselves, which bends small samples upwards.
    """
    used = np.sort(np.asarray(counts, dtype=np.float64)[np.asarray(counts) > 0])[::-1]
    if used.size < 3 or used[0] == used[-1]:
        return NAN if used.size < 3 else 0.0
    from scipy.optimize import brentq

    logs = np.log(np.arange(1, used.size + 1))
    mean = float(used @ logs / used.sum())

    def slope(exponent: float) -> float:
        weights = np.exp(-exponent * logs)
        return float(weights @ logs / weights.sum()) - mean

    return float(brentq(slope, 0.0, 50.0)) if slope(50.0) < 0 < slope(0.0) else NAN


def abbreviation(counts: Array, lengths: Array) -> float:
    """Spearman's correlation between how often each type occurs and its length, both (V,).

    Below 0, frequent types are short (Zipf 1935; Chaabouni et al. 2019). NaN where all types are as frequent or as
    long, or there are under 3 of them.
    """
    if len(counts) < 3 or np.ptp(counts) == 0 or np.ptp(lengths) == 0:
        return NAN
    from scipy.stats import rankdata

    return float(np.corrcoef(rankdata(counts), rankdata(lengths))[0, 1])
