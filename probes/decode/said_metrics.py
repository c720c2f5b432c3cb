"""The measures that need nothing but what was said: variety, silence, corpus laws, Harris's words."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.foundation.statistics import entropy
from commlab.probes.decode.corpus import (
    Corpus,
    abbreviation,
    chosen_episodes,
    conditional_entropy,
    corpus_of,
    distinct_lines,
    laws,
    mixed_positions,
    zipf_exponent,
)
from commlab.probes.decode.findings import Found
from commlab.probes.decode.language import Language, speaking
from commlab.probes.decode.resampling import Resampling, at_common_steps
from commlab.probes.decode.segmentation import boundaries, segments

__all__ = ["CORPUS", "VARIETY", "WORDS", "corpus_metrics", "variety_metrics", "word_metrics"]

MAX_TOKENS = 50_000  # of a text that is cut into words; more are thinned by drawing episodes
MAX_WORD_GROUPS = 25  # groups of episodes that the words' jackknife leaves out
MIXED = "each position from another episode"
NOTHING = "nothing but silence is said"
COUNTS = {
    "vocabulary_used",
    "message_types",
    "tokens",
    "lines",
    "type_token_ratio",
    "segment_types",
}  # facts without a sampling error
WORDS = ("segments_per_line", "segment_types", "segment_zipf", "segment_abbreviation")
VARIETY = ("message_entropy", "silence", "vocabulary_used", "message_types")
LAWS = (
    "tokens",
    "lines",
    "type_token_ratio",
    "line_length",
    "unigram_entropy",
    "normalized_entropy",
    "bigram_entropy",
    "conditional_entropy",
    "line_entropy",
    "zipf_exponent",
)
CORPUS = (*LAWS, "abbreviation")

Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]
Values = dict[str, float]


def variety_metrics(language: Language, groups: Sequence[Bool]) -> dict[str, Found]:
    """Message entropy, silence, and how many symbols and messages are in use."""
    spoken = language.spoken

    def values(kept: Bool | None) -> Values:
        said = spoken.said if kept is None else spoken.said[kept]
        counts = np.bincount(said[said >= 0], minlength=len(spoken.symbols))
        silent = counts[spoken.silence] if spoken.silence is not None else 0
        used = spoken.symbols[(counts > 0)]
        forms = int(np.count_nonzero(counts)) - int(silent > 0)
        return {
            "message_entropy": entropy(counts),
            "silence": float(silent / max(counts.sum(), 1)),
            "vocabulary_used": float(np.unique(used[used > 0]).size),
            "message_types": float(forms),
        }

    return resampled(values, groups, dict.fromkeys(values(None), NOTHING))


def corpus_metrics(language: Language, work: Resampling) -> dict[str, Found]:
    """The corpus laws; with messages of several symbols, the null of those that have nothing to do with each other."""
    corpus = corpus_of(language.spoken)
    if not corpus.tokens.size:
        return silent_metrics(CORPUS)
    counts, lengths = message_counts(language)

    def values(kept: Bool | None) -> Values:
        found = laws(corpus if kept is None else chosen_episodes(corpus, kept))._asdict()
        return {key: found[key] for key in LAWS} | {
            "abbreviation": abbreviation(*message_counts(language, kept)) if kept is not None else whole
        }

    whole = abbreviation(counts, lengths)
    found = resampled(values, work.groups, why_not(corpus, language))
    unit = "streams of one-symbol messages between silences" if corpus.streams else "messages"
    extra = {"lines_are": unit, "laws": plain(laws(corpus)._asdict()), "line_types": distinct_lines(corpus)}
    found["conditional_entropy"] = beside_mixed(found["conditional_entropy"], language, work)
    return {key: one._replace(extra=extra) for key, one in found.items()}


def beside_mixed(found: Found, language: Language, work: Resampling) -> Found:
    """Conditional entropy beside that of messages whose symbols come from different episodes."""
    spoken, n_draws = language.spoken, len(work.permutations)
    if spoken.length == 1:
        return found._replace(null_reason="in a stream, order is the world's too: no chance order can be told from it")
    if n_draws < spoken.length:
        return found
    common = at_common_steps(spoken.said, work.steps, len(spoken.agents.indices))
    rng = np.random.default_rng([work.seed, 22])
    orders = (work.permutations[rng.permutation(n_draws)[: spoken.length]] for _ in range(n_draws))
    draws = [conditional_entropy(mixed_positions(spoken, order, common)) for order in orders]
    own = np.tile(np.arange(len(common)), (spoken.length, 1))
    compared = conditional_entropy(mixed_positions(spoken, own, common)) if work.trims else None
    return found._replace(draws=np.array(draws, dtype=np.float64), method=MIXED, compared=compared)


def message_counts(language: Language, kept: Bool | None = None) -> tuple[Float64, Float64]:
    """How often each message that is not silence is said, and its length in symbols."""
    said = speaking(language.spoken) if kept is None else speaking(language.spoken)[kept]
    counts = np.bincount(said[said >= 0], minlength=len(language.spoken.symbols))
    lengths = np.count_nonzero(language.spoken.symbols, axis=1)
    return counts[counts > 0].astype(np.float64), lengths[counts > 0].astype(np.float64)


def why_not(corpus: Corpus, language: Language) -> dict[str, str]:
    """The reason for each law of a corpus that can be undefined where something is said."""
    one_symbol = "only one symbol is ever said"
    no_pairs = "no symbol follows another without a silence between"
    equal = "all messages are one symbol long" if corpus.streams else "all messages are as long, or as frequent"
    return {
        "normalized_entropy": one_symbol,
        "bigram_entropy": no_pairs,
        "conditional_entropy": no_pairs,
        "zipf_exponent": "it takes three different symbols",
        "abbreviation": equal,
    }


def word_metrics(language: Language, groups: Sequence[Bool], threshold: float, seed: int) -> dict[str, Found]:
    """Harris's words: how many, how different, and their laws. In streams, a repeated symbol counts once."""
    corpus = corpus_of(language.spoken, merge_repeats=True)
    if not corpus.tokens.size:
        return silent_metrics(WORDS)
    text, n_dropped = thinned(corpus, language.n_episodes, np.random.default_rng([seed, 21]))
    if not np.any(text.line[1:] == text.line[:-1]):
        reason = "no symbol follows another without a silence between, so that there is nothing to cut"
        return {key: Found(float("nan"), np.empty(0), np.empty(0), reason) for key in WORDS}

    def values(kept: Bool | None) -> Values:
        return word_values(text if kept is None else chosen_episodes(text, kept), threshold)

    reasons = {
        "segment_zipf": "it takes three different words",
        "segment_abbreviation": "all words are as long, or as frequent, or there are fewer than three",
    }
    found = resampled(values, merged(groups), reasons)
    words = segments(text.tokens, text.line, boundaries(text.tokens, text.line, threshold))
    counts = np.bincount(words.form)
    frequent = np.argsort(-counts, kind="stable")[:50]
    extra = {
        "threshold": threshold,
        "episodes_left_out": n_dropped,
        "words": [[" ".join(map(str, words.forms[form])), int(counts[form])] for form in frequent],
    }
    return {key: one._replace(extra=extra) for key, one in found.items()}


def word_values(text: Corpus, threshold: float) -> Values:
    """The measures of the words of one text."""
    if not text.tokens.size:
        return dict.fromkeys(WORDS, float("nan"))
    words = segments(text.tokens, text.line, boundaries(text.tokens, text.line, threshold))
    counts = np.bincount(words.form, minlength=len(words.forms))
    lengths = np.array([len(form) for form in words.forms])
    return {
        "segments_per_line": len(words.form) / np.unique(text.line).size,
        "segment_types": float(len(words.forms)),
        "segment_zipf": zipf_exponent(counts),
        "segment_abbreviation": abbreviation(counts, lengths),
    }


def thinned(corpus: Corpus, n_episodes: int, rng: np.random.Generator) -> tuple[Corpus, int]:
    """The corpus, or as many of its episodes, drawn at random, as have MAX_TOKENS symbols, and how many were not."""
    if corpus.tokens.size <= MAX_TOKENS:
        return corpus, 0
    sizes = np.bincount(corpus.episode, minlength=n_episodes)
    order = rng.permutation(n_episodes)
    kept = np.zeros(n_episodes, dtype=bool)
    kept[order[np.cumsum(sizes[order]) <= MAX_TOKENS]] = True
    return chosen_episodes(corpus, kept), int(n_episodes - kept.sum())


def merged(groups: Sequence[Bool]) -> list[Bool]:
    """The groups put together so that at most MAX_WORD_GROUPS remain."""
    parts = np.array_split(np.arange(len(groups)), min(len(groups), MAX_WORD_GROUPS)) if len(groups) else []
    return [np.all([groups[index] for index in part], axis=0) for part in parts]


def resampled(
    values: Callable[[Bool | None], Values], groups: Sequence[Bool], reasons: dict[str, str]
) -> dict[str, Found]:
    """Each value of the whole and without each group of episodes."""
    whole = values(None)
    parts = [values(kept) for kept in groups]
    none = np.empty(0)
    return {
        key: Found(
            estimate,
            none if key in COUNTS else np.array([part[key] for part in parts], dtype=np.float64),
            none,
            reasons.get(key, NOTHING),
        )
        for key, estimate in whole.items()
    }


def silent_metrics(keys: Sequence[str]) -> dict[str, Found]:
    """What is found where nothing is said."""
    none = np.empty(0)
    zero = {"tokens", "lines", "segment_types"}
    return {key: Found(0.0 if key in zero else float("nan"), none, none, NOTHING) for key in keys}


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Numbers with None for what is undefined."""
    return {key: value if np.isfinite(value) else None for key, value in values.items()}
