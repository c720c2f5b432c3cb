"""What the commands that change hidden states share: where directions are fitted, and how a result is handed over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from commlab.agents.checkpoint import Checkpoint
from commlab.commands.runs import checkpoint_of, recordings_of, run_of
from commlab.console import in_short, out, print_json, say
from commlab.datasets.reader import Recording
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder
from commlab.probes.cause.hidden.states import HIDDEN, check_layer, recorded

__all__ = ["conclude", "fitted_on", "hand_over", "short"]

OTHER_EPISODES = 2**20  # a seed that no experiment can have
N_FITTED = 512  # episodes


@contextmanager
def fitted_on(run: str | None, layer: str) -> Iterator[tuple[RunFolder, Checkpoint, Recording]]:
    """Open a run: its folder, its agents, and the episodes on which directions in a layer are fitted.

    These are the run's recording, or other episodes played for it where the recording does not hold the layer.
    """
    folder = run_of(run)
    checkpoint = checkpoint_of(folder)
    check_layer(checkpoint, layer)
    with recordings_of(str(folder.path)) as (recording, _):
        if f"{HIDDEN}{layer}" in recording:
            yield folder, checkpoint, recording
            return
        say(f"{recording.path} does not hold {layer}: {N_FITTED} other episodes are played to fit directions on.")
        yield folder, checkpoint, recorded(checkpoint, N_FITTED, OTHER_EPISODES, layers=(layer,))


def hand_over(folder: RunFolder, result: Result, as_json: bool, left_out: tuple[str, ...] = ()) -> bool:
    """Save a result in its run; with `as_json` print it as one object, and return whether a table is still to come."""
    path = result.save(folder.results)
    if as_json:
        print_json({**short(result), **{key: value for key, value in result.details.items() if key not in left_out}})
        return False
    say(f"Saved {path}.")
    return True


def short(result: Result) -> Mapping[str, Any]:
    """Return the numbers of a result that a program asks for first."""
    return {
        "analysis": result.analysis,
        "null_mean": result.null.mean if result.null else None,
        **in_short(result),
    }


def conclude(result: Result) -> None:
    """Print the finding in words, and whether the no-op was one."""
    out.print(result.sentence, markup=False)
    if not result.details["no_op_is_identical"]:
        out.print("A change of nothing changed something: these numbers cannot be trusted.", markup=False)
