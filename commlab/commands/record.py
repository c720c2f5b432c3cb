"""`commlab record`: a frozen policy plays fresh episodes into recording.h5."""

from __future__ import annotations

from pathlib import Path

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.intervention import Intervention, from_json
from commlab.commands.names import names_in
from commlab.commands.runs import MUTED, checkpoint_of, run_of
from commlab.console import progress, say
from commlab.datasets.shards import parts_folder
from commlab.foundation.disk import as_disk_error
from commlab.foundation.errors import InterventionError, RecordingError
from commlab.foundation.run import RunFolder
from commlab.recording import Request, conditions
from commlab.recording import record as record_episodes

__all__ = ["record", "record_run"]


def record(
    run: str | None,
    n_episodes: int,
    seed: int,
    mute: bool,
    interventions: Path | None,
    output: Path | None,
    checkpoint: Path | None,
    layers: str | None,
    codec: str,
    force: bool,
    command: str,
) -> Path:
    """Record a run and say where; without `output`, the first free of recording.h5, recording-2.h5 … is written.

    The muted twin goes to the run's controls, where probes look for it; one with interventions to recording-changed.h5.
    """
    folder = run_of(run)
    made = checkpoint_of(folder, checkpoint)
    changes: tuple[Intervention, ...] = (Intervention("message.in", "mute"),) if mute else ()
    changes += read_interventions(interventions) if interventions is not None else ()
    path = output or _free_name(_usual_name(folder, mute, interventions is not None), force)
    named = () if layers is None else tuple(names_in(layers, "--layers", "core,encoder"))
    request = Request(path, n_episodes, seed, changes, conditions(changes), codec, force, command, named)
    written = record_run(made, request, f"recording {folder.name}")
    size = written.stat().st_size / 1e6
    say(f"Wrote {n_episodes} episodes to {written} ({size:.1f} MB).")
    say(f"Next: commlab probe {written} --target=resource_location")
    return written


def record_run(checkpoint: Checkpoint, request: Request, what: str) -> Path:
    """Record and show how it goes."""
    if request.path.is_dir():
        raise RecordingError(f"{request.path} is a folder: give the path of a file.")
    try:
        request.path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise as_disk_error(error, request.path) from error
    with progress(what, request.n_episodes) as advance:
        return record_episodes(checkpoint, request, lambda done, total: advance(done, f"{done} of {total} episodes"))


def read_interventions(path: Path) -> tuple[Intervention, ...]:
    """Return the interventions of a file in JSON. Raises InterventionError where there is none, or it holds no such."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InterventionError(f"{path} cannot be read: give a JSON file with a list of interventions.") from None
    return from_json(text)


def _usual_name(folder: RunFolder, mute: bool, changed: bool) -> Path:
    """Return where such a recording goes: one with interventions never where others look for the agents' own words."""
    if changed:
        return folder.recording.with_name("recording-changed.h5")
    return folder.controls / MUTED if mute else folder.recording


def _free_name(first: Path, force: bool) -> Path:
    """Return where a recording goes that was given no name: `first`, but never over another one, unless forced.

    One whose shards are still there was killed before its end, and is taken up again.
    """
    path, number = first, 1
    while path.exists() and not force and not parts_folder(path).exists():
        number += 1
        path = first.with_name(f"{first.stem}-{number}.h5")
    return path
