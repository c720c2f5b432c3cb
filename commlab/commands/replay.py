"""`commlab replay`: episodes as one page to look through, and as films."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from commlab.console import say
from commlab.datasets.reader import Recording, open_recording
from commlab.figures.replay import Book, Phrase, Reel, reel_of, write_replay
from commlab.foundation.errors import CommlabError, RecordingError
from commlab.foundation.moments import PAGE, Moment, moments_of
from commlab.foundation.result import Result
from commlab.foundation.run import find_recording
from commlab.probes.decode.lexicon import Lexicon, meaning_words
from commlab.probes.decode.sources import find_agents

__all__ = ["Written", "book_of", "saved_moments", "write_run_replay"]

FIRST = 6  # episodes shown where nobody says which
MOST = 40  # episodes of a page
MOST_BYTES = 12 * 2**20  # of a page, about


class Written(NamedTuple):
    """A page that was written."""

    path: Path
    reels: tuple[str, ...]  # the ids that links may name
    note: str = ""  # what is not in it, and why


def write_run_replay(argument: str | Path | None, episodes: Sequence[int] = ()) -> Written:
    """Write the replay of a run's (or another) recording beside it, and say which reels are in it.

    episodes: places in the recording; left out, those that the moments of the run's saved results name, or the first
    ones. Raises RecordingError where there is no recording or no such episode.
    """
    path = find_recording(argument, say)
    folder = path.parent
    main = path.name in ("recording.h5", "recording.h5.parts")
    page = folder / (PAGE if main else f"replay-{path.name.split('.')[0]}.html")
    moments = saved_moments(folder / "results")
    with open_recording(path) as recording:
        asked = list(dict.fromkeys(episodes)) or named_in(moments, recording) or list(range(FIRST))
        chosen = asked if episodes else [one for one in asked if one < recording.n_episodes]
        book = book_of(recording, folder / "results", chosen)
        reels, note = within_size(reel_of(recording, one, id=str(one), book=book) for one in chosen[:MOST])
        name = folder.name if main else f"{folder.name}/{path.name}"
        shown = moments if main else []
        return Written(write_replay(page, reels, name, shown), tuple(reel.id for reel in reels), note)


def within_size(reels: Iterator[Reel]) -> tuple[list[Reel], str]:
    """As many reels as make a page that still opens quickly, and a sentence where some are left out."""
    kept: list[Reel] = []
    size = 0
    for reel in reels:
        size += len(reel.packed())
        if kept and size > MOST_BYTES:
            return kept, f"Only the first {len(kept)} episodes are in the page; name others with --episode."
        kept.append(reel)
    return kept, ""


def saved_moments(results: Path) -> list[Moment]:
    """The moments of all results saved in a folder; of results that cannot be read there are none."""
    found: list[Moment] = []
    for path in sorted(results.glob("*.json")) if results.is_dir() else []:
        try:
            found += moments_of(Result.load(path))
        except CommlabError:
            continue
    return list(dict.fromkeys(found))


def named_in(moments: Iterable[Moment], recording: Recording) -> list[int]:
    """The episodes of a recording that moments name, in their order."""
    names = {recording.path.name, recording.path.name.removesuffix(".parts")}
    rows = [one.episode for one in moments if one.recording in names and one.episode < recording.n_episodes]
    return list(dict.fromkeys(rows))


def book_of(recording: Recording, results: Path, episodes: Sequence[int]) -> Book | None:
    """What the messages of some episodes mean by the lexicon saved of a recording; None where there is none of it."""
    stem = recording.path.name.split(".")[0]
    name = "lexicon" if stem == "recording" else f"lexicon-{stem}"
    try:
        saved = Result.load(results / f"{name}.json")
        lexicon = Lexicon.from_result(saved)
        agents = find_agents(recording, lexicon.of, "speakers").indices
    except CommlabError:
        return None
    checkpoint = recording.attrs.get("checkpoint_sha256")
    if checkpoint is not None and saved.provenance.get("checkpoint") not in (None, checkpoint):
        return None  # of other agents, whose words mean something else
    phrases = {message: phrase_of(lexicon, message) for message in messages_in(recording, episodes)}
    return Book(phrases, agents, lambda target, value: meaning_words([(target, value)]))


def messages_in(recording: Recording, episodes: Sequence[int]) -> list[tuple[int, ...]]:
    """The different messages of some episodes: said, and heard."""
    found: set[tuple[int, ...]] = set()
    for one in episodes:
        if not 0 <= one < recording.n_episodes:
            raise RecordingError(
                f"{recording.path} has no episode {one}: it has {recording.n_episodes}, from 0 to "
                f"{recording.n_episodes - 1}."
            )
        excerpt = recording.excerpt(one, one + 1)
        for name in ("channel/said", "channel/emitted", "channel/heard"):
            if name in excerpt:
                values = np.asarray(excerpt[name])
                rows = np.unique(values.reshape(-1, values.shape[-1]), axis=0)
                found |= {tuple(row) for row in rows.tolist()}
    return sorted(found)


def phrase_of(lexicon: Lexicon, message: tuple[int, ...]) -> Phrase:
    """A message in words, and in words to kin and to strangers where that differs."""
    try:
        told = lexicon.translate(message)
    except CommlabError:
        return Phrase(None, None)
    contexts = {}
    if lexicon.context == "audience_kinship":
        for context in ("kin", "strangers"):
            other = lexicon.translate(message, context)
            contexts[context] = (other.text if other.meaning else None, other.certainty)
    text = told.text if told.meaning else None
    together = all(entry.together for entry in told.entries)
    return Phrase(text, told.certainty, tuple(sorted(told.meaning)), together, contexts)
