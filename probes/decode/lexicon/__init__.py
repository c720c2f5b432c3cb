"""The lexicon: what each symbol, message or part of one means, with evidence, in words, as table, JSON and object."""

from commlab.probes.decode.lexicon.book import Lexicon, Translation
from commlab.probes.decode.lexicon.entries import Effect, Entry, Evidence, Moment, Pair, Rate, Sense, Voices
from commlab.probes.decode.lexicon.fitting import fit, read
from commlab.probes.decode.lexicon.words import entry_sentence, meaning_words

__all__ = [
    "Effect",
    "Entry",
    "Evidence",
    "Lexicon",
    "Moment",
    "Pair",
    "Rate",
    "Sense",
    "Translation",
    "Voices",
    "entry_sentence",
    "fit",
    "meaning_words",
    "read",
]
