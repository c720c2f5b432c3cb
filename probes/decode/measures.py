"""The scalar measures of a language: what each is called, its unit and range, how it misleads, and who proposed it."""

from typing import NamedTuple

from commlab.foundation.statistics import Alternative

__all__ = ["MEASURES", "Measure"]


class Measure(NamedTuple):
    """One row of the table of metrics."""

    key: str
    title: str
    unit: str
    low: float | None  # the ends of its range, where it has any
    high: float | None
    alternative: Alternative | None  # which side of the null is a finding; None where no null is defined
    about: str  # what a value means
    warning: str
    source: str


def measure(
    key: str,
    unit: str,
    bounds: tuple[float | None, float | None],
    alternative: Alternative | None,
    about: str,
    warning: str,
    source: str,
    title: str = "",
) -> Measure:
    """A measure whose title is its key in words, unless another is given."""
    return Measure(key, title or key.replace("_", " "), unit, *bounds, alternative, about, warning, source)


SHARE = (0.0, 1.0)
POSITIVE = (0.0, None)
FROM_ONE = (1.0, None)
ANY = (None, None)
ELCC = "Boldt & Mortensen 2024"
COUNT_WARNING = "It grows with the length of the recording: compare recordings of one size."
BIAS = "Counted from a sample, which makes it too large where there are many messages: read it beside its null."

SAID = (
    measure(
        "message_entropy",
        "bits",
        POSITIVE,
        None,
        "How varied the messages are, silence being one of them.",
        "Noise has the most of it: variety is no meaning.",
        "Shannon 1948",
    ),
    measure(
        "silence",
        "share of steps",
        SHARE,
        None,
        "How often a speaker says nothing.",
        "Silence can be a word: look it up in the lexicon.",
        "-",
        "silence",
    ),
    measure(
        "vocabulary_used",
        "symbols",
        POSITIVE,
        None,
        "How many different symbols are ever said.",
        "A symbol said once counts as much as any: perplexity, 2 to the unigram entropy, is steadier.",
        ELCC,
    ),
    measure(
        "message_types", "messages", POSITIVE, None, "How many different messages are ever said.", COUNT_WARNING, ELCC
    ),
)
CORPUS = (
    measure("tokens", "symbols", POSITIVE, None, "How many symbols were said in all.", COUNT_WARNING, ELCC),
    measure(
        "lines",
        "lines",
        POSITIVE,
        None,
        "Messages of several symbols, or streams of one-symbol messages from one silence to the next.",
        COUNT_WARNING,
        ELCC,
    ),
    measure(
        "type_token_ratio",
        "types a token",
        SHARE,
        None,
        "Different symbols over all symbols said.",
        "It falls as the recording grows, whatever the language.",
        "Johnson 1944",
        "type-token ratio",
    ),
    measure(
        "line_length",
        "symbols a line",
        FROM_ONE,
        None,
        "How many symbols a message has; in a stream, how long a speaker speaks without a pause.",
        "In a stream it tells how long the world stays as it is.",
        ELCC,
    ),
    measure(
        "unigram_entropy",
        "bits",
        POSITIVE,
        None,
        "How varied the symbols are, silence left out.",
        "Noise has the most of it.",
        ELCC,
    ),
    measure(
        "normalized_entropy",
        "share of the most",
        SHARE,
        None,
        "Unigram entropy over that of the same symbols used evenly.",
        "Near 1 for noise and for a code without waste alike.",
        ELCC,
    ),
    measure(
        "bigram_entropy",
        "bits",
        POSITIVE,
        None,
        "How varied pairs of symbols in a row are.",
        "Short recordings hold few of the possible pairs, which makes it too small.",
        ELCC,
    ),
    measure(
        "conditional_entropy",
        "bits",
        POSITIVE,
        "less",
        "How open the next symbol is, given the one before it.",
        "In a stream it is low where the world stays as it is and speakers repeat themselves: that is no grammar.",
        ELCC,
    ),
    measure(
        "line_entropy",
        "bits a line",
        POSITIVE,
        None,
        "Symbols a line times unigram entropy.",
        "It counts symbols as if they did not depend on each other.",
        ELCC,
    ),
    measure(
        "zipf_exponent",
        "exponent",
        POSITIVE,
        None,
        "0: all symbols are as frequent; 1: as in natural languages, the second is half as frequent as the first.",
        "Random typing has it too (Miller 1957), and rare world states make rare words: it is no sign of language.",
        "Zipf 1935",
        "Zipf exponent of symbols",
    ),
    measure(
        "abbreviation",
        "Spearman's rho",
        (-1.0, 1.0),
        None,
        "Below 0: frequent messages are the shorter ones.",
        "Random typing with a space has it too (Miller 1957).",
        "Zipf 1935; Chaabouni et al. 2019",
        "law of abbreviation, messages",
    ),
    measure(
        "segments_per_line",
        "words a line",
        FROM_ONE,
        None,
        "Into how many words Harris's boundaries cut a line.",
        "Boundaries are found in random text too, where strings are rare; words need not mean anything.",
        "Harris 1955; Ueda et al. 2023",
        "Harris words a line",
    ),
    measure(
        "segment_types",
        "words",
        POSITIVE,
        None,
        "How many different words Harris's boundaries make.",
        COUNT_WARNING,
        "Harris 1955; Ueda et al. 2023",
        "different Harris words",
    ),
    measure(
        "segment_zipf",
        "exponent",
        POSITIVE,
        None,
        "The Zipf exponent of those words.",
        "Random typing has it too (Miller 1957).",
        "Ueda et al. 2023",
        "Zipf exponent of Harris words",
    ),
    measure(
        "segment_abbreviation",
        "Spearman's rho",
        (-1.0, 1.0),
        None,
        "Below 0: frequent words are the shorter ones.",
        "Cutting text at random makes short pieces frequent: it is below 0 for random text too.",
        "Ueda et al. 2023",
        "law of abbreviation, Harris words",
    ),
)
MEANT = (
    measure(
        "information",
        "bits",
        ANY,
        "greater",
        "What a message tells of the first target, less what chance gives.",
        "A message may tell of it by way of something else, and nobody need hear it.",
        "Shannon 1948; Miller 1955",
    ),
    measure(
        "v_measure",
        "share",
        SHARE,
        "greater",
        "1: each message names one value of the first target, and each value has one message.",
        BIAS,
        "Rosenberg & Hirschberg 2007",
        "V-measure",
    ),
    measure(
        "homogeneity",
        "share",
        SHARE,
        "greater",
        "1: no message stands for two values of the first target (no homonyms).",
        f"A message for every moment has it too. {BIAS}",
        "Rosenberg & Hirschberg 2007",
    ),
    measure(
        "completeness",
        "share",
        SHARE,
        "greater",
        "1: no value of the first target has two messages (no synonyms).",
        f"Messages that also tell of something else lower it. {BIAS}",
        "Rosenberg & Hirschberg 2007",
    ),
    measure(
        "purity",
        "share of messages",
        SHARE,
        "greater",
        "How often a message's most frequent value is the true one.",
        "It is never below the share of the most frequent value, and many messages raise it by chance.",
        "Manning et al. 2008",
    ),
    measure(
        "context_independence",
        "probability",
        SHARE,
        "greater",
        "1: each value of each target has a symbol of its own, said whenever it holds and at no other time.",
        "Synonyms lower it, however clear they are; a rare symbol can be taken for a value's best.",
        "Bogin et al. 2018",
    ),
)
STRUCTURE = (
    measure(
        "topographic_similarity",
        "Spearman's rho",
        (-1.0, 1.0),
        "greater",
        "1: messages are as alike as what they are said of.",
        "Blind to holistic codes, which are of as much use; not the same as compositionality.",
        "Brighton & Kirby 2006",
    ),
    measure(
        "positional_disentanglement",
        "share",
        SHARE,
        "greater",
        "1: each position speaks of one target alone.",
        "With one target it is high for any code that tells of it; 0 for symbols that mean the same at any position.",
        "Chaabouni et al. 2020",
    ),
    measure(
        "bag_disentanglement",
        "share",
        SHARE,
        "greater",
        "1: each symbol speaks of one target alone, wherever it stands.",
        "With one target it is high for any code that tells of it; 0 where a symbol's meaning depends on its position.",
        "Chaabouni et al. 2020",
        "bag-of-symbols disentanglement",
    ),
    measure(
        "tree_reconstruction_error",
        "share of the spread",
        SHARE,
        "less",
        "0: each message is the sum of its targets' parts; 1: the parts explain nothing.",
        "Fitted to what it is measured on: with many values and few messages it is low by chance.",
        "Andreas 2019",
    ),
    measure(
        "tree_error_held_out",
        "share of the spread",
        POSITIVE,
        "less",
        "The same on combinations of values that were not fitted; 1 or more: no better than one mean message.",
        "Combinations that are rare in the world weigh little.",
        "after Andreas 2019",
        "tree reconstruction error, held out",
    ),
)
ACTS = (
    measure(
        "speaker_consistency",
        "bits",
        ANY,
        "greater",
        "What a message tells of its speaker's own action of the same step, less what chance gives.",
        "It is not listening, nor about anything: the world can lead both the message and the act.",
        "Jaques et al. 2019",
    ),
    measure(
        "instantaneous_coordination",
        "bits",
        ANY,
        "greater",
        "What a message tells of others' actions of the next step, less what chance gives.",
        "It misses answers that come later, and rises where all see the same thing and nobody listens.",
        "Jaques et al. 2019; Lowe et al. 2019",
    ),
)
TOGETHER = (
    measure(
        "code_agreement",
        "probability",
        SHARE,
        "greater",
        "How likely two speakers say the same of the same value of the first target.",
        "High where both say one thing all the time: read it beside its null.",
        "-",
        "agreement of speakers' codes",
    ),
    measure(
        "code_divergence",
        "bits",
        SHARE,
        "greater",
        "0: speakers share a code; 1: they have not a message in common (Jensen-Shannon divergence).",
        "Few messages of a value make it too large: read it beside its null, in which speakers trade places.",
        "Lin 1991",
        "divergence of speakers' codes",
    ),
)
MEASURES: dict[str, Measure] = {one.key: one for one in SAID + CORPUS + MEANT + STRUCTURE + ACTS + TOGETHER}
