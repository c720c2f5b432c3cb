"""Moments: the places in episodes that a reader of a result should look at, and the links that open them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from commlab.foundation.errors import DataError
from commlab.foundation.result import Result

__all__ = ["MOST", "PAGE", "Moment", "moments_of", "written"]

MOST = 6  # moments of a result, unless it is about many things: a lexicon has two an entry
PAGE = "replay.html"
_ID_LETTERS = 12
_LARGEST = 2**62  # seeds are added to, and kept in 64 bits
_LONGEST = 200  # letters of a file's name


@dataclass(frozen=True)
class Moment:
    """One place in one episode that a reader should look at.

    It is in a recording of the run, or it is rolled again: a live episode with its interventions beside its untouched
    twin, in a batch of `worlds` worlds as the experiment did, so that both come out alike to the last bit.
    """

    episode: int  # its place in the recording, from 0, or the number that the world of an experiment was reset with
    step: int
    agents: tuple[int, ...]  # whom to look at; the first is picked
    note: str  # one clause, shown beside the link
    recording: str = ""  # its file name in the run's folder; "" where the moment is rolled again:
    seed: int = 0  # of the experiment
    interventions: tuple[dict[str, Any], ...] = field(default=(), hash=False)  # JSON of commlab.Intervention
    worlds: int = 0  # in the batch of the experiment; 0: as few as there may be
    mark: int = 0  # checksum of the live episode as the experiment saw it; 0: not known

    @property
    def reel(self) -> str:
        """The id of the reel that shows it: "12" for episode 12 of recording.h5, else a short stable one."""
        if self.recording == "recording.h5":
            return str(self.episode)
        facts = [self.recording, self.seed, self.episode, list(self.interventions)]
        told = json.dumps(facts, sort_keys=True)
        return "x" + hashlib.sha256(told.encode()).hexdigest()[:_ID_LETTERS]

    @property
    def link(self) -> str:
        """Where a page beside replay.html links to, to show it: `replay.html#reel=12&t=8&agent=1`."""
        agent = f"&agent={self.agents[0]}" if self.agents else ""
        return f"{PAGE}#reel={self.reel}&t={self.step}{agent}"

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """The moment of one row of JSON. Raises DataError where it is none."""
        known = {each.name for each in fields(cls)}
        given = {name: value for name, value in row.items() if name in known}
        try:
            whole = {name: int(given.get(name, 0)) for name in ("seed", "worlds", "mark")}
            whole |= {name: int(given[name]) for name in ("episode", "step")}
            agents = tuple(int(agent) for agent in given["agents"])
            changes = tuple(dict(change) for change in given.get("interventions", ()))
            note, recording = str(given["note"]), str(given.get("recording", ""))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise DataError(f"{str(dict(row))[:200]} is not a moment ({error!r}): run the analysis again.") from error
        counted = (*whole.values(), *agents)
        known_file = recording.isprintable() and len(recording) <= _LONGEST and not set(recording) & set("/\\")
        if min(counted) < 0 or max(counted) > _LARGEST or not known_file:
            raise DataError(f"{str(dict(row))[:200]} is not a moment of this run's: run the analysis again.")
        return cls(note=note, agents=agents, recording=recording, interventions=changes, **whole)


def moments_of(result: Result) -> list[Moment]:
    """The moments behind a saved result, none for results made before there were any.

    Raises DataError where what is saved as moments is none.
    """
    rows = result.details.get("moments") or []
    if isinstance(rows, list) and all(isinstance(row, int) for row in rows):
        return []  # what experiments once said of the steps between which they interfered
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise DataError(f"The moments of {result.name} are not a list of mappings: run the analysis again.")
    return [Moment.from_json(row) for row in rows]


def written(moments: Sequence[Moment], most: int = MOST) -> list[dict[str, Any]]:
    """Moments as they are saved in a result's details: `most` of them, none twice, empty fields left out."""
    once: dict[tuple[str, int, tuple[int, ...]], Moment] = {}
    for moment in moments:
        once.setdefault((moment.reel, moment.step, moment.agents), moment)
    rows = [asdict(moment) for moment in list(once.values())[:most]]
    return [{name: value for name, value in row.items() if name in _ALWAYS or value} for row in rows]


_ALWAYS = ("episode", "step", "agents", "note")
