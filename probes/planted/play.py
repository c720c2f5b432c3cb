"""Planted recordings: scripted agents play fresh episodes of `babel`, kept in memory or written to a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commlab.agents.plan import NO_PLAN, Plan
from commlab.agents.scripted.policy import Planted, plant
from commlab.datasets.memory import memory_recording
from commlab.datasets.reader import Recording
from commlab.foundation.atomic import write_atomic
from commlab.foundation.disk import as_disk_error
from commlab.recording import Playable, Request, header_of, play_shard, record, shard_size

__all__ = ["planted_recording", "recording_of", "write_planted"]


def planted_recording(language: str, seed: int = 0, listener: str = "obeying", n_episodes: int = 128) -> Recording:
    """A recording in memory of scripted agents; the language's codebook and the episodes follow from `seed`.

    Raises DataError for unknown names of languages and listeners.
    """
    return recording_of(plant(language, seed, listener), n_episodes, seed)


def recording_of(
    agents: Playable, n_episodes: int, seed: int, plan: Plan = NO_PLAN, command: str = "validate"
) -> Recording:
    """A recording in memory of episodes that follow from `seed`: the same as a file of them would hold.

    `plan` is done to all of them alike; the recording's header does not list it.
    """
    request = Request(Path("in memory"), n_episodes, seed, command=command)
    n_shards = -(-n_episodes // shard_size(agents.scenario))
    shards = [play_shard(agents, request, plan, number) for number in range(n_shards)]
    fields, columns = (joined(list(parts)) for parts in zip(*shards, strict=True))
    return memory_recording(header_of(agents, request), fields, columns)


def write_planted(planted: Planted, folder: Path, n_episodes: int, seed: int, force: bool = False) -> tuple[Path, Path]:
    """Record to `<language>.h5` in `folder`, with the expected answers beside it in `<language>.json`.

    Raises RecordingError where there is such a recording already, unless with `force`, and DiskError where the folder
    cannot be made.
    """
    facts = planted.facts["scripted"]
    path = folder / f"{facts['language']}.h5"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise as_disk_error(error, folder) from error
    record(planted, Request(path, n_episodes, seed, force=force, command="validate"))
    told = path.with_suffix(".json")
    write_atomic(told, answers_text(facts["language"], facts["entries"]).encode())
    return path, told


def answers_text(language: str, entries: Mapping[str, Any]) -> str:
    """Expected answers as JSON, a line for each entry."""
    lines = ",\n".join(f"  {json.dumps(form)}: {json.dumps(pairs)}" for form, pairs in entries.items())
    return f'{{\n "language": {json.dumps(language)},\n "of": "speakers",\n "entries": {{\n{lines}\n }}\n}}\n'


def joined(parts: list[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """The arrays of several shards, one after the other."""
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
