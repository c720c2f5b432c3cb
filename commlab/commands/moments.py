"""The moments behind a run's saved results: those of its recordings, and pairs of experiments, rolled again if missing.

`commlab report` and `commlab replay` show them. What cannot be shown is said in a sentence, never left as a dead link.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from commlab.commands.runs import checkpoint_of
from commlab.console import progress
from commlab.datasets.origin import origin
from commlab.datasets.reader import Recording, open_recording
from commlab.foundation.errors import CommlabError, DiskError, RecordingError
from commlab.foundation.moments import Moment, moments_of
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder

__all__ = ["FOLDER", "Gathered", "Shown", "gather"]

FOLDER = "replays"
MOST_NAMED = 4  # results in a sentence


class Shown(NamedTuple):
    """A moment with the episodes that show it."""

    result: str  # the name of the result that it stands behind
    moment: Moment
    live: Recording
    place: int  # of the episode in `live`, from 0
    twin: Recording | None  # of the untouched episode alone, None where nothing was done


class Gathered(NamedTuple):
    """What can be shown of a run, and what cannot. The recordings are closed when the block of `gather` ends."""

    shown: tuple[Shown, ...]  # the first moment of every result, then the second ones, …
    skipped: tuple[str, ...]  # a sentence each

    @property
    def reels(self) -> dict[str, Shown]:
        """What shows each reel, by its id, once."""
        found: dict[str, Shown] = {}
        for one in self.shown:
            found.setdefault(one.moment.reel, one)
        return found


class Behind(NamedTuple):
    """A moment and the result that it stands behind."""

    result: Result
    moment: Moment


@contextmanager
def gather(run: RunFolder) -> Iterator[Gathered]:
    """Open what shows the moments of a run's saved results; pairs that are missing are rolled and recorded first.

    Pairs are kept in the run's folder under replays/, and made anew when the results or the agents are others. Raises
    DiskError where the disk is full.
    """
    found, skipped = _behind(run.results)
    with ExitStack() as stack:
        shown = [
            *_recorded(run, [one for one in found if one.moment.recording], stack, skipped),
            *_rolled(run, [one for one in found if not one.moment.recording], stack, skipped),
        ]
        place = {id(one.moment): number for number, one in enumerate(found)}
        yield Gathered(_in_turn(sorted(shown, key=lambda one: place[id(one.moment)])), tuple(skipped))


def _behind(results: Path) -> tuple[list[Behind], list[str]]:
    """Return the moments of all saved results, and a sentence for each file whose moments cannot be read."""
    found: list[Behind] = []
    skipped: list[str] = []
    for path in sorted(results.glob("*.json")) if results.is_dir() else []:
        try:
            result = Result.load(path)
        except CommlabError:
            continue  # the report says so
        try:
            found += [Behind(result, moment) for moment in moments_of(result)]
        except CommlabError as error:
            skipped.append(f"No moments of {path} are shown: {error}")
    return found, skipped


def _in_turn(shown: Sequence[Shown]) -> tuple[Shown, ...]:
    """Return the first moment of every result, then the second of every result, and so on."""
    of: dict[str, list[Shown]] = {}
    for one in shown:
        of.setdefault(one.result, []).append(one)
    return tuple(one for one in chain(*zip_longest(*of.values())) if one is not None)


def _recorded(run: RunFolder, found: Sequence[Behind], stack: ExitStack, skipped: list[str]) -> Iterator[Shown]:
    """Yield the moments that are in recordings, where these are still those that the results were made from."""
    for name in dict.fromkeys(one.moment.recording for one in found):
        mine = [one for one in found if one.moment.recording == name]
        try:
            recording = stack.enter_context(open_recording(run.path / name))
        except RecordingError as error:
            skipped.append(f"{_named(mine)}: {error}")
            continue
        is_of = _facts(recording)
        fits = [one for one in mine if _made_from(one, is_of) and one.moment.episode < recording.n_episodes]
        if len(fits) < len(mine):
            others = [one for one in mine if one not in fits]
            skipped.append(f"{_named(others)}: {name} was recorded anew since; run the analysis again.")
        for one in fits:
            yield Shown(one.result.name, one.moment, recording, one.moment.episode, None)


def _facts(recording: Recording) -> dict[str, Any]:
    """Return which recording this is: its fingerprint and its agents, as far as it says so."""
    made = origin(recording, "", None)
    return {name: made.get(name) for name in ("recording", "checkpoint")}


def _made_from(one: Behind, facts: Mapping[str, Any]) -> bool:
    """Return whether a result can have been made from a recording."""
    told = one.result.provenance
    return all(value is None or told.get(name) in (None, value) for name, value in facts.items())


def _rolled(run: RunFolder, found: Sequence[Behind], stack: ExitStack, skipped: list[str]) -> Iterator[Shown]:
    """Yield the moments of experiments with the present agents, each beside its twin."""
    sha256 = _checkpoint(run)
    fits = [one for one in found if one.result.provenance.get("checkpoint") == sha256 and sha256 is not None]
    if len(fits) < len(found):
        others = [one for one in found if one not in fits]
        skipped.append(f"{_named(others)}: made with other agents than the run's last ones; run the experiment again.")
    if not fits:
        return
    wanted = {one.moment.reel: one.moment for one in fits}
    try:
        _make_missing(run, wanted, str(sha256))
        live, twins = (stack.enter_context(open_recording(path)) for path in _pair(run))
    except DiskError:
        raise
    except CommlabError as error:
        skipped.append(f"{_named(fits)}: {error}")
        return
    places = {reel: place for place, reel in enumerate(_reels_in(live))}
    marks = _marks_in(live)
    as_seen = {reel: (0, marks[place]) for reel, place in places.items()}
    lost = [one for one in fits if one.moment.mark not in as_seen.get(one.moment.reel, ())]
    if lost:
        skipped.append(f"{_named(lost)}: rolled again on this machine, they went otherwise than the experiment saw.")
    for one in fits:
        if one not in lost:
            place = places[one.moment.reel]
            twin = twins.excerpt(place, place + 1) if one.moment.interventions else None
            yield Shown(one.result.name, one.moment, live, place, twin)


def _pair(run: RunFolder) -> tuple[Path, Path]:
    """Return where a run's pairs lie: the live episodes and their twins."""
    from commlab.probes.cause.reels import LIVE, TWINS

    return run.path / FOLDER / LIVE, run.path / FOLDER / TWINS


def _reels_in(recording: Recording) -> list[str]:
    """Return the reel of every episode of a recording of pairs."""
    from commlab.probes.cause.reels import reels_in

    return reels_in(recording)


def _marks_in(recording: Recording) -> list[int]:
    """Return the checksum of every episode of a recording of pairs."""
    from commlab.probes.cause.reels import marks_in

    return marks_in(recording)


def _make_missing(run: RunFolder, wanted: Mapping[str, Moment], sha256: str) -> None:
    """Roll and record the pairs again, unless all that are wanted are there, of the present agents."""
    if set(wanted) <= _there(run, sha256):
        return
    from commlab.probes.cause.reels import record_pairs

    agents = checkpoint_of(run)
    with progress("rolling moments again", len(wanted)) as advance:
        record_pairs(
            agents, list(wanted.values()), run.path / FOLDER, lambda done, n: advance(done, f"{done} of {n} pairs")
        )


def _there(run: RunFolder, sha256: str) -> set[str]:
    """Return the reels that lie there in whole pairs, of these agents."""
    sides = []
    for path in _pair(run):
        try:
            with open_recording(path) as recording:
                table = recording.episodes
                alike = recording.attrs.get("checkpoint_sha256") == sha256
                sides.append((alike, table.seed.tolist(), table.episode.tolist(), _reels_in(recording)))
        except (CommlabError, ValueError):
            return set()
    (live_fits, *live), (twins_fit, *twins) = sides
    whole = live_fits and twins_fit and live[:2] == twins[:2]
    return set(live[2]) if whole else set()


def _checkpoint(run: RunFolder) -> str | None:
    """Return which the run's last checkpoint is, None where it has none."""
    files = sorted(run.checkpoints.glob("steps-*.pt"))
    return hashlib.sha256(files[-1].read_bytes()).hexdigest() if files else None


def _named(found: Sequence[Behind]) -> str:
    """Return the beginning of a sentence about moments that are not shown."""
    names = list(dict.fromkeys(one.result.name for one in found))
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"No moments of {', '.join(names[:MOST_NAMED])}{more} are shown"
