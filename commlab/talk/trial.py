"""From a line to an experiment: what a person said once, said in many fresh episodes, beside twins told otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from commlab.datasets.reader import open_recording
from commlab.foundation.errors import InterventionError
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder, find_recording
from commlab.probes.cause import injection
from commlab.probes.cause.codebook import Codebook, fit_codebook
from commlab.probes.decode.sources import find_agents
from commlab.recording import Playable
from commlab.talk.protocol import Experiment

__all__ = ["Trier", "wish_of"]

Line = dict[str, Any]


class Trier(NamedTuple):
    """Turns lines into experiments, and saves their results in the run."""

    run: RunFolder
    agents: Playable
    command: str = "talk"
    seed: int = 0

    def __call__(self, line: Line, wish: Experiment, watch: Callable[[float], None]) -> dict[str, Any]:
        """Return the finding, as a page is told of it. Raises CommlabError where none can be made."""
        result, path = self.experiment(line, wish, watch)
        return {
            "sentence": result.sentence,
            "estimate": result.estimate,
            "interval": list(result.interval) if result.interval else None,
            "unit": result.unit,
            "p_value": result.p_value,
            "n": result.n_episodes,
            "path": str(path),
        }

    def experiment(self, line: Line, wish: Experiment, watch: Callable[[float], None]) -> tuple[Result, Path]:
        """Return the result, and where it has been saved."""
        codebook, usual = self._codebook()
        watch(0.1)
        asked = wish_of(line, wish, self.agents.scenario.steps, self.seed)
        listeners = tuple(agent for agent in line["listeners"] if agent in usual) or tuple(line["listeners"])
        found = injection.fit(self.agents, asked, codebook, listeners, command=self.command)
        watch(0.95)
        result = replace(found, name=f"talk-{found.name}{name_of(asked, line)}", sentence=in_words(line, found))
        return result, result.save(self.run.results)

    def _codebook(self) -> tuple[Codebook, tuple[int, ...]]:
        """Return what symbols stand for, and who listens as a rule."""
        with open_recording(find_recording(self.run.path)) as recording:
            speakers = find_agents(recording, "speakers", "speakers").indices
            return fit_codebook(recording, tuple(speakers)), find_agents(recording, "listeners", "listeners").indices


def wish_of(line: Line, wish: Experiment, n_steps: int, seed: int) -> injection.Injection:
    """Return the injection that a line stands for.

    The moment is of the same kind: where the listeners carried nothing, one at which they do so again; else the same
    step. Raises InterventionError for lines that no injection can stand for.
    """
    if not line.get("can_experiment"):
        raise InterventionError("Experiments are made with messages of one symbol; this line is none.")
    speaker, listeners = line["speaker"], line["listeners"]
    first = line["t"] + (1 if speaker is not None else 0)
    return injection.Injection(
        symbol=line["symbols"][0],
        versus=wish.versus,
        speaker=speaker,
        listener=listeners[0] if len(listeners) == 1 else None,
        at=None if line.get("empty") else min(first, n_steps - 2),
        duration=min(line["for"], n_steps - 1 if line.get("empty") else max(1, n_steps - 2 - first)),
        kinship=line["kinship"],
        n_episodes=wish.episodes,
        seed=seed,
    )


def name_of(asked: injection.Injection, line: Line) -> str:
    """Return what tells an experiment's name from others with the same symbol."""
    parts = [f"as-{asked.speaker}" if asked.speaker is not None else "", f"to-{line['to']}".replace(":", "-")]
    parts += [f"for-{asked.duration}", f"at-{asked.at}" if asked.at is not None else ""]
    return "".join(f"-{part}" for part in parts if part)


def in_words(line: Line, found: Result) -> str:
    """Return the finding with its chance."""
    p = f" (p = {found.p_value:.3g}, {found.n_episodes} episodes)" if found.p_value is not None else ""
    return f"{found.sentence.rstrip('.')}{p}."
