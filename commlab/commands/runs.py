"""What commands need of a run: its checkpoint, its recording, its controls. Only what needs agents imports torch."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from commlab.console import say
from commlab.datasets.reader import Recording, open_recording
from commlab.foundation.errors import CheckpointError, DataError
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder, find_recording, find_run

if TYPE_CHECKING:
    from commlab.agents.checkpoint import Checkpoint

__all__ = [
    "MUTED",
    "NOT_SAVED",
    "UNTRAINED",
    "checkpoint_of",
    "control_checkpoint",
    "named_after",
    "recording_of",
    "recordings_of",
    "results_of",
    "run_of",
    "saved_with_figure",
    "typed_command",
]

MUTED, UNTRAINED = "muted.h5", "untrained.h5"
NOT_SAVED = "Shown, not saved: what a run keeps is of its last agents, as they are."


def checkpoint_of(run: RunFolder, path: Path | None = None) -> Checkpoint:
    """Return the run's last checkpoint, or the one at `path`; torch is kept to one thread, for networks are small."""
    import torch

    from commlab.agents.checkpoint import latest_checkpoint, load_checkpoint
    from commlab.env.kernel import kernels_are_cold

    torch.set_num_threads(1)  # more of them wait for each other

    if kernels_are_cold():
        say("First use on this machine: compiling kernels takes about a minute.")
    return load_checkpoint(path or latest_checkpoint(run.checkpoints))


def control_checkpoint(run: RunFolder) -> Checkpoint | None:
    """Return the last checkpoint of the control trained with the channel muted, if the run has one."""
    from commlab.agents.checkpoint import latest_checkpoint, load_checkpoint

    folder = run.controls / "muted-training" / "checkpoints"
    try:
        return load_checkpoint(latest_checkpoint(folder))
    except CheckpointError:
        return None


@contextmanager
def recordings_of(argument: str | None) -> Iterator[tuple[Recording, dict[str, Recording]]]:
    """Open the recording meant by an argument, and the control recordings beside it, by name."""
    path = find_recording(argument, say)
    controls = path.parent / "controls"
    with ExitStack() as stack:
        main = stack.enter_context(open_recording(path))
        beside = {
            name: stack.enter_context(open_recording(controls / file))
            for name, file in (("muted", MUTED), ("untrained", UNTRAINED))
            if (controls / file).exists() and not path.name.endswith(".parts")
        }
        yield main, beside


@contextmanager
def recording_of(run: RunFolder, agents: Checkpoint) -> Iterator[Recording]:
    """Open a run's recording, to learn from it what these agents mean.

    Raises DataError where it is of another checkpoint, in which symbols may mean something else, or was changed by
    interventions.
    """
    with recordings_of(str(run.path)) as (recording, _):
        if recording.attrs.get("checkpoint_sha256") != agents.sha256:
            raise DataError(
                f"{recording.path} was recorded from another checkpoint than the run's last one, so what it tells of "
                f"their words need not hold; record these agents anew: commlab record {run.path} --force."
            )
        if recording.attrs.get("intervention"):
            raise DataError(
                f"{recording.path} was recorded with interventions, so it does not tell what these agents mean by "
                f"themselves; record them anew: commlab record {run.path} --force."
            )
        yield recording


def results_of(argument: str | None) -> Path:
    """Return the folder in which results about an argument are saved: beside the recording."""
    return find_recording(argument, None).parent / "results"


def named_after(result: Result, recording: Recording) -> Result:
    """Return the result under a name of its own if it is not about a run's main recording, and by the typed command."""
    stem, typed = recording.path.stem, typed_command()
    made = result.provenance | ({"command": typed} if typed else {})
    name = result.name if stem == "recording" else f"{result.name}-{stem}"
    return replace(result, name=name, provenance=made)


def typed_command() -> str | None:
    """Return the command line as it was typed, None where Python code is at work and no command."""
    program = Path(sys.argv[0]) if sys.argv else Path()
    if program.stem != "commlab" and program.parts[-2:] != ("commlab", "__main__.py"):
        return None
    return shlex.join(["commlab", *sys.argv[1:]])


def run_of(argument: str | None) -> RunFolder:
    """Return the run meant by an argument, saying so where it is the sample."""
    return find_run(argument, say)


def saved_with_figure(result: Result, figure: str, argument: str | None) -> list[Path]:
    """Save a result about an argument beside the recording, and the figure of that name; return all paths."""
    from commlab.figures.plots import save

    folder = results_of(argument)
    return [result.save(folder), *save(figure, result, folder.parent / "figures", result.name)]
