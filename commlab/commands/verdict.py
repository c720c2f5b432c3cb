"""`commlab verdict`: communication, or what is missing of it, in one table and one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from commlab.commands.runs import NOT_SAVED, checkpoint_of, control_checkpoint, run_of
from commlab.console import out, print_json, say, table
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder
from commlab.probes.cause.evidence import verdict as cause
from commlab.probes.cause.roles import usual_episodes
from commlab.probes.cause.untrained import untrained_twin

__all__ = ["judge", "verdict"]

EPISODES = 512
HOLDS = {True: "yes", False: "no", None: "unclear"}


def verdict(
    run: str | None,
    checkpoint: Path | None,
    untrained: bool,
    n_episodes: int | None,
    seed: int,
    as_json: bool,
    command: str,
) -> Result:
    """Run the battery, save what it found in the run, and print the table and the sentence.

    With `untrained` the agents are judged as they were before their training: shown, not saved.
    """
    folder = run_of(run)
    own = not untrained and checkpoint is None
    battery = judge(folder, checkpoint, untrained, n_episodes, seed, command)
    result = battery.result
    saved = [found.save(folder.results) for found in battery.results] if own else []
    if as_json:
        print_json(
            {
                "verdict": result.details["verdict"],
                "evidence": result.details["evidence"],
                "told": result.details["told"],
                "n_episodes": result.n_episodes,
                "sentence": result.sentence,
            }
        )
        return result
    table("evidence", ("part", "about", "found", "95 % interval", "holds"), rows_of(result))
    out.print(result.sentence, markup=False)
    say(f"Saved {', '.join(str(path) for path in saved)}." if own else NOT_SAVED)
    return result


def judge(
    folder: RunFolder, checkpoint: Path | None, untrained: bool, n_episodes: int | None, seed: int, command: str
) -> cause.Battery:
    """The battery of a run's agents, of another checkpoint of theirs, or of them before their training."""
    agents = checkpoint_of(folder, checkpoint)
    if untrained:
        agents = untrained_twin(agents) or agents
    n_episodes = n_episodes or usual_episodes(agents.scenario, EPISODES)
    own = not untrained and checkpoint is None
    return cause.fit(agents, n_episodes, seed, control_checkpoint(folder) if own else None, command)


def rows_of(result: Result) -> list[tuple[Any, ...]]:
    """The rows of the table."""
    rows = []
    for row in result.details["evidence"]:
        found = None if row["estimate"] is None else f"{row['estimate']:.2f} {row['unit']}"
        ends = None if row["interval"] is None else " to ".join(f"{end:.2f}" for end in row["interval"])
        rows.append((row["part"], row["about"], found, ends, HOLDS[row["holds"]]))
    return rows
