"""`commlab replay`: episodes as one page to look through, and as films."""

from __future__ import annotations

import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from commlab.commands.moments import Shown, gather
from commlab.console import print_json, say
from commlab.datasets.reader import Recording, open_recording
from commlab.figures.replay import Book, Phrase, Reel, reel_of, write_replay
from commlab.foundation.errors import CommlabError, DataError, RecordingError
from commlab.foundation.moments import PAGE, Moment, moments_of
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder, find_recording
from commlab.probes.decode.lexicon import Lexicon, meaning_words
from commlab.probes.decode.sources import find_agents

__all__ = ["Wish", "Written", "replay", "saved_moments", "write_run_replay"]

FIRST = 6  # episodes shown where nobody says which
MOST = 64  # episodes of a page: those of all moments of a run with every analysis in it
MOST_BYTES = 12 * 2**20  # of a page, about


class Written(NamedTuple):
    """A page that was written."""

    path: Path
    reels: tuple[str, ...]  # the ids that links may name
    note: str = ""  # what is not in it, and why


class Wish(NamedTuple):
    """What is asked for."""

    episodes: tuple[str, ...] = ()  # places in the recording: "3", "3,5", "0:4"
    film: Path | None = None
    fps: float = 8.0
    open: bool = False


class Shot(NamedTuple):
    """An episode to show."""

    live: Recording
    place: int  # in it, from 0
    id: str
    title: str
    twin: Recording | None = None


def replay(run: str | None, wish: Wish, as_json: bool) -> Written:
    """Write the replay, and the film that is asked for, say where, and open the page if that is asked for."""
    episodes = chosen_episodes(wish.episodes)
    filmed = "" if wish.film is None else filmed_episode(run, wish, episodes)
    written = write_run_replay(run, episodes)
    if as_json:
        film = None if wish.film is None else str(wish.film)
        print_json({"replay": str(written.path), "reels": list(written.reels), "film": film, "note": written.note})
    else:
        size = written.path.stat().st_size / 1e6
        n = len(written.reels)
        say(
            f"Wrote {written.path} with {n} {'episode' if n == 1 else 'episodes'}, {size:.1f} MB: open it in a browser."
        )
        for sentence in (filmed, written.note, untranslated(run)):
            if sentence:
                say(sentence)
    if wish.open and not webbrowser.open(written.path.resolve().as_uri()):
        say(f"There is no browser to open it in; open {written.path} yourself.")
    return written


def untranslated(run: str | None) -> str:
    """A sentence where no lexicon is saved, or ""."""
    path = find_recording(run, None)
    if translator_of(path.parent / "results", path.name) is not None:
        return ""
    return f"Messages are shown as they are: `commlab lexicon {run or path.parent}` finds words for them."


def chosen_episodes(given: Sequence[str]) -> tuple[int, ...]:
    """The episodes that "3", "3,5" and "0:4" mean. Raises DataError for what means none."""
    found: list[int] = []
    for part in (part.strip() for text in given for part in text.split(",")):
        first, colon, last = part.partition(":")
        if not is_place(first) or (colon and not is_place(last)):
            raise DataError(
                f"--episode {part[:40]!r} is no episode: give a number from 0, several as 3,5, or a range as 0:4."
            )
        named = range(int(first), int(last) + 1) if colon else range(int(first), int(first) + 1)
        if not named:
            raise DataError(f"--episode {part!r} is no range: it ends before it begins; write {last}:{first}.")
        if len(found) + len(named) > MOST:
            raise DataError(f"--episode names more than {MOST} episodes: a page shows {MOST} at most.")
        found += named
    return tuple(dict.fromkeys(found))


def is_place(text: str) -> bool:
    """Whether a text is a number from 0 that an episode may have."""
    return text.isdecimal() and len(text) < 19


def filmed_episode(run: str | None, wish: Wish, episodes: Sequence[int]) -> str:
    """Film the first of the episodes that are asked for; return a sentence on it."""
    from commlab.commands.filming import check_film, film

    assert wish.film is not None
    check_film(wish.film, wish.fps)
    place = episodes[0] if episodes else 0
    with open_recording(find_recording(run, say)) as recording:
        check_episode(recording, place)
        note = film(recording, place, wish.film, wish.fps)
    return f"Filmed episode {place} into {wish.film}. {note}".strip()


def write_run_replay(argument: str | Path | None, episodes: Sequence[int] = ()) -> Written:
    """Write the replay of a run's (or another) recording beside it, and say which reels are in it.

    episodes: places in the recording; left out, what the moments of the run's saved results name, pairs of experiments
    rolled again among them, or the first episodes. Beside a report the page holds what moments name in any case, after
    the episodes asked for. Raises RecordingError where there is no recording, or no such episode.
    """
    path = find_recording(argument, say)
    folder = path.parent
    main = path.name in ("recording.h5", "recording.h5.parts")
    page = folder / (PAGE if main else f"replay-{path.name.split('.')[0]}.html")
    name = folder.resolve().name if main else path.name
    with ExitStack() as stack:
        recording = stack.enter_context(open_recording(path))
        shots = [shot_of(recording, one) for one in episodes]
        wanted = {shot.id for shot in shots}  # they come first
        notes: list[str] = []
        moments: list[Moment] = []
        if main and (not episodes or RunFolder(folder).report.exists()):  # a report's links go on leading somewhere
            gathered = stack.enter_context(gather(RunFolder(folder)))
            notes += gathered.skipped
            moments = list(dict.fromkeys(one.moment for one in gathered.shown))
            shots += [shot_behind(reel, one) for reel, one in gathered.reels.items() if reel not in wanted]
        elif main:
            moments = saved_moments(folder / "results")
        shots = shots or [shot_of(recording, one) for one in range(min(FIRST, recording.n_episodes))]
        translator = translator_of(folder / "results", path.name)
        ordered = sorted(shots[:MOST], key=lambda shot: (shot.id not in wanted, *shown_order(shot)))
        reels, note = within_size(reels_of(ordered, translator))
        if len(shots) > len(reels):
            notes.append(note or f"The page shows {len(reels)} of {len(shots)} episodes; name others with --episode.")
        return Written(write_replay(page, reels, name, moments), tuple(reel.id for reel in reels), " ".join(notes))


def shot_of(recording: Recording, place: int) -> Shot:
    """An episode of a recording."""
    check_episode(recording, place)
    return Shot(recording, place, str(place), f"Episode {place}")


def shot_behind(reel: str, shown: Shown) -> Shot:
    """The episode behind a moment of a saved result."""
    number = shown.moment.episode
    if shown.moment.recording == "recording.h5":
        return Shot(shown.live, shown.place, reel, f"Episode {number}")
    where = shown.moment.recording or shown.result
    return Shot(shown.live, shown.place, reel, f"{where} · episode {number}", shown.twin)


def shown_order(shot: Shot) -> tuple[bool, int, str]:
    """The order of a page's list: the recording's own episodes by number, then all others."""
    return not shot.id.isdecimal(), int(shot.id) if shot.id.isdecimal() else 0, shot.title


def check_episode(recording: Recording, place: int) -> None:
    """Raise RecordingError where a recording has no episode at a place."""
    if not 0 <= place < recording.n_episodes:
        raise RecordingError(
            f"{recording.path} has no episode {place}: it has {recording.n_episodes}, from 0 to "
            f"{recording.n_episodes - 1}."
        )


def reels_of(shots: Sequence[Shot], translator: Translator | None) -> Iterator[Reel]:
    """The reels of episodes, with what their messages mean."""
    for shot in shots:
        book = book_for(translator, shot.live, shot.place)
        plan = plan_of(shot.live, shot.place)
        yield reel_of(shot.live, shot.place, twin=shot.twin, id=shot.id, title=shot.title, book=book, plan=plan)


def plan_of(recording: Recording, place: int) -> dict[str, Any] | None:
    """The map of an episode where its scenario has several; None where the recording has it, or nobody does."""
    number = int(recording.episodes.map[place])
    if number == 0:
        return None
    from commlab.env.rules import make_rules
    from commlab.env.scenario import Scenario
    from commlab.env.types import VIEW

    try:
        rules = make_rules(Scenario.model_validate(recording.attrs.get("scenario")))
        grid = rules.grids[number, VIEW:-VIEW, VIEW:-VIEW]
    except (CommlabError, ValueError, IndexError):  # of another version: only what agents saw is known
        return None
    sites = rules.sites[number, : rules.n_sites[number]] - VIEW
    return {"height": grid.shape[0], "width": grid.shape[1], "grid": grid.tolist(), "sites": sites.tolist()}


def within_size(reels: Iterator[Reel]) -> tuple[list[Reel], str]:
    """As many reels as make a page that still opens quickly, and a sentence where some are left out."""
    kept: list[Reel] = []
    size = 0
    for reel in reels:
        size += len(reel.packed())
        if kept and size > MOST_BYTES:
            return kept, f"Only the first {len(kept)} episodes have room in the page; name others with --episode."
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


class Translator(NamedTuple):
    """A saved lexicon, and whose it is."""

    lexicon: Lexicon
    checkpoint: str | None  # None: not known, as of imported logs


def translator_of(results: Path, name: str) -> Translator | None:
    """The lexicon saved of a recording of that file name; None where there is none."""
    stem = name.split(".")[0]
    for wanted in dict.fromkeys(("lexicon" if stem == "recording" else f"lexicon-{stem}", "lexicon")):
        try:
            saved = Result.load(results / f"{wanted}.json")
            checkpoint = saved.provenance.get("checkpoint")
            return Translator(Lexicon.from_result(saved), None if checkpoint is None else str(checkpoint))
        except CommlabError:
            continue
    return None


def book_for(translator: Translator | None, recording: Recording, place: int) -> Book | None:
    """What the messages of an episode mean; None where the lexicon is of other agents: their words are others."""
    if translator is None or translator.checkpoint != recording.attrs.get("checkpoint_sha256"):
        return None
    lexicon = translator.lexicon
    try:
        agents = find_agents(recording, lexicon.of, "speakers").indices
    except CommlabError:
        return None
    phrases = {message: phrase_of(lexicon, message) for message in messages_in(recording.excerpt(place, place + 1))}
    return Book(phrases, agents, in_words)


def in_words(target: str, value: str) -> str:
    """A target's value in words."""
    return meaning_words([(target, value)])


def messages_in(excerpt: Recording) -> list[tuple[int, ...]]:
    """The different messages of an episode: said, and heard."""
    found: set[tuple[int, ...]] = set()
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
