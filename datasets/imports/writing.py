"""Arrays into a recording, shard after shard, with the header that other people's data gets."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from commlab.datasets.imports.options import Options, Watch
from commlab.datasets.writer import RecordingWriter
from commlab.foundation.errors import RecordingError
from commlab.foundation.provenance import commlab_version, git_revision

__all__ = ["Content", "agent_codes", "header_of", "refuse_existing", "write_recording"]

Array = np.ndarray[Any, Any]
SHARD_ROWS = 65536  # values of agents in a shard, about
MOST_EPISODES = 4096  # in a shard
MOST_BODIES = 256


class Content(NamedTuple):
    """What is written."""

    lengths: Array  # (E,) steps
    fields: Mapping[str, Array]  # (E, …) of /episodes
    columns: Callable[[slice], dict[str, Array]]  # the columns at some rows
    n_agents: int


def write_recording(
    path: Path, header: Mapping[str, Any], content: Content, force: bool, watch: Watch | None = None
) -> Path:
    """Write the recording, whole or not at all; returns its path. Raises RecordingError and DiskError as the writer."""
    n_episodes = len(content.lengths)
    rows = float(np.mean(content.lengths)) * content.n_agents
    size = max(1, min(MOST_EPISODES, int(SHARD_ROWS / max(rows, 1))))
    ends = np.cumsum(content.lengths, dtype=np.int64)
    with RecordingWriter(path, header, n_episodes, size, force=force) as writer:
        for number in range(writer.n_shards):
            episodes = slice(number * size, min(n_episodes, (number + 1) * size))
            if number not in writer.sealed:
                first = int(ends[episodes.start - 1]) if episodes.start else 0
                fields = {name: values[episodes] for name, values in content.fields.items()}
                fields["length"] = content.lengths[episodes]
                writer.write_shard(number, fields, content.columns(slice(first, int(ends[episodes.stop - 1]))))
            if watch is not None:
                watch(episodes.stop / n_episodes, f"wrote {episodes.stop:,} episodes")
        return writer.finish()


def refuse_existing(path: Path, force: bool) -> None:
    """Raise RecordingError at once, before a long reading, where a recording is in the way."""
    if path.exists() and not force:
        raise RecordingError(f"{path} exists already and is not replaced: use --force to replace it, or another path.")


def header_of(
    source: Path, form: str, options: Options, codes: Mapping[str, Any], speakers: Sequence[int], n_agents: int
) -> dict[str, Any]:
    """What the recording says of itself. Listeners are those that do not speak; where everybody does, everybody."""
    listeners = [agent for agent in range(n_agents) if agent not in set(speakers)] or list(range(n_agents))
    read_as = {name: value for name, value in options._asdict().items() if name not in ("force", "command")}
    return {
        "commlab_version": commlab_version(),
        "git_revision": git_revision(),
        "command": options.command,
        "imported": {**read_as, "file": source.name, "format": form, "sha256": sha256_of(source)},
        "scenario": {"name": source.stem, "title": f"imported from {source.name}"},
        "codes": dict(codes),
        "layout": {"speakers": list(speakers), "listeners": listeners},
    }


def agent_codes(names: Sequence[str]) -> dict[str, str]:
    """codes["bodies"]: each named agent is a body of its own; none where they are called 0, 1, 2, …"""
    if list(names) == [str(number) for number in range(len(names))] or len(names) > MOST_BODIES:
        return {}
    return {str(number): f"agent-{name}" if name.isdecimal() else name for number, name in enumerate(names)}


def sha256_of(path: Path) -> str:
    """The hash of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
