"""From a line to an experiment: what a person said once, said in many fresh episodes, beside twins told otherwise."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from commlab.foundation.errors import CommlabError, InterventionError
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder
from commlab.probes.cause.experiment import experiment
from commlab.probes.cause.experiment.file import Experiment, parse_experiment
from commlab.probes.decode.wording import file_stem
from commlab.recording import Playable
from commlab.talk.phrasebook import Phrasebook
from commlab.talk.protocol import Experiment as Wish
from commlab.talk.transcript import told

__all__ = ["Trier", "experiment_of", "place_of"]

Line = dict[str, Any]
Plain = dict[str, Any]
WATCHED = 20  # steps from the moment on, at least
_SECTORS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
_THERE, _BITS = "goes there first", "change of what it does next"


class Trier(NamedTuple):
    """Turns lines into experiments, and saves their results in the run."""

    run: RunFolder
    agents: Playable
    command: str = "talk"
    seed: int = 0

    def __call__(self, line: Line, wish: Wish, book: Phrasebook, watch: Callable[[float], None]) -> Plain:
        """Return the finding, as a page is told of it. Raises CommlabError where none can be made."""
        result, path = self.experiment(line, wish, book, watch)
        return {
            "sentence": result.sentence,
            "estimate": result.estimate,
            "interval": list(result.interval) if result.interval else None,
            "unit": result.unit,
            "p_value": result.p_value,
            "n": result.n_episodes,
            "path": str(path),
        }

    def experiment(
        self, line: Line, wish: Wish, book: Phrasebook, watch: Callable[[float], None]
    ) -> tuple[Result, Path]:
        """Return the result, and where it has been saved."""
        scenario = self.agents.scenario
        asked = experiment_of(line, wish, place_of(line, book), scenario.steps, self.seed, scenario.channel.delay)
        # a policy works in buffers of its own, and the conversation goes on meanwhile
        apart = copy.deepcopy(self.agents)
        found = experiment.run(apart, asked, command=self.command, watch=lambda done, n_arms: watch(done / n_arms))
        result = replace(found, name=file_stem("talk", asked.title.lower())[:80])
        return result, result.save(self.run.results)


def experiment_of(
    line: Line, wish: Wish, place: str | tuple[int, int] | None, n_steps: int, seed: int = 0, delay: int = 1
) -> Experiment:
    """Return the experiment that a person's line stands for: the same words, to the same, for as long, in new episodes.

    The moment is of the same kind: one at which the listener is empty-handed, where all who listened were; else the
    same step. Where the words name a `place`, the question is whether listeners try it first, at moments at which no
    crystal is there; else how much the words change what listeners do next. What agents say is heard `delay` steps
    later. Raises InterventionError for other lines.
    """
    if not line.get("can_experiment"):
        raise InterventionError("Only what a person said can be turned into an experiment; choose such a line.")
    watch = min(max(WATCHED, line["for"] + 8), n_steps - 2)
    against = "other episode" if wish.versus == "other-episode" or not any(line["symbols"]) else "silence"
    measures: Plain = {_BITS: {"kind": "divergence", "from": against, "after": 0 if line["speaker"] is None else delay}}
    if place is not None:
        measures = {
            _THERE: {"kind": "first place", "place": list(place) if isinstance(place, tuple) else place}
        } | measures
    asked = {
        "title": title_of(line),
        "question": "Does what was said once in a conversation do the same in other episodes?",
        "episodes": wish.episodes,
        "seed": seed,
        "listener": line["walkers"] or line["listeners"],
        "moment": "empty-handed" if line["empty"] else min(line["t"], n_steps - 2),
        "empty": measures[_THERE]["place"] if place is not None else None,
        "watch": watch,
        "arms": arms_of(line, delay),
        "measures": measures,
        "contrasts": [{"measure": name, "arm": "told", "against": against} for name in measures],
    }
    return parse_experiment(asked, "The experiment")


def arms_of(line: Line, delay: int = 1) -> Plain:
    """Return what is done in each arm: the words, those of another episode at the same time, or silence."""
    span = {"first": 0, "last": line["for"] - 1}
    if line["speaker"] is None:
        site = {"site": "message.in", "agents": line["listeners"], **span}
        beside: list[Plain] = []
    else:
        site = {"site": "message.out", "agents": [line["speaker"]], **span}
        deaf = [agent for agent in line["others"] if agent != line["speaker"]]
        later = {"first": delay, "last": line["for"] - 1 + delay}
        beside = [{"site": "message.in", "operation": "mute", "agents": deaf, "speakers": [line["speaker"]], **later}]
        beside = beside if deaf else []
    words = {"operation": "set", "symbol": line["symbols"], "kinship": line["kinship"]}
    words = words if any(line["symbols"]) else {"operation": "mute"}
    return {
        "told": [{**site, **words}, *beside],
        "other episode": [{**site, "operation": "replay", "source": "other"}, *beside],
        "silence": [{**site, "operation": "mute"}, *beside],
        "untouched": [],
    }


def place_of(line: Line, book: Phrasebook) -> str | tuple[int, int] | None:
    """Return the place that a line names, as a sector or a cell; None where it names none.

    It is the one that the person meant, where the symbols may mean several.
    """
    if book.lexicon is None:
        return None
    meant = set(book.lexicon.meaning(tuple(line["symbols"])))
    if line.get("meaning"):
        try:
            phrase = book.symbols_for(line["meaning"], line["kinship"])
            meant = set(phrase.meaning) if phrase.symbols == tuple(line["symbols"]) else meant
        except CommlabError:
            pass
    for target, value in sorted(meant):
        if target.startswith("resource_location") and not target.endswith(".offset"):
            if value in _SECTORS:
                return value
            if "," in value:
                row, column = value.split(",")
                return int(row), int(column)
    return None


def title_of(line: Line) -> str:
    """Return what the experiment is called."""
    form = told(tuple(line["symbols"]), line["words"], None)
    who = "" if line["speaker"] is None else f" as {line['who']}"
    kinship = "" if line["kinship"] == 1 or line["speaker"] is not None else f" of kinship {line['kinship']:g}"
    to = f"agent {line['to']}" if isinstance(line["to"], int) else line["to"].replace(":", " ")
    moment = "" if line["empty"] else f" at step {line['t']}"
    return f"{form}{who}{kinship} to {to} for {line['for']}{moment}"
