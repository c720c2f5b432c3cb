"""Opening recordings: what a path means, and whether what lies there can be read."""

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from commlab.datasets.episodes import column_names
from commlab.datasets.schema import SCHEMA_VERSION
from commlab.datasets.shards import parts_folder, shard_files
from commlab.foundation.errors import RecordingError

__all__ = ["open_files", "resolve"]

REQUIRED = ("episodes/length", "episodes/start", "steps/episode", "steps/t")
HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"


def resolve(path: Path) -> list[Path]:
    """The files of the recording at `path`. Raises RecordingError where there are none."""
    if path.is_file():
        return [path]
    folder = path if path.is_dir() else parts_folder(path)
    shards = list(shard_files(folder).values()) if folder.is_dir() else []
    if not shards:
        found = "is a folder without a sealed shard" if folder.is_dir() else "does not exist"
        raise RecordingError(f"{path} {found}: make a recording with `commlab record`, or name another one.")
    return shards


def open_files(sources: Sequence[Path]) -> list[h5py.File]:
    """The files, open and checked. Raises RecordingError where one cannot be read or they do not belong together."""
    files: list[h5py.File] = []
    try:
        for source in sources:
            files.append(open_whole(source))
            check(files[-1], source)
            if files[-1].attrs.get("fingerprint") != files[0].attrs.get("fingerprint"):
                raise RecordingError(f"{source} is a shard of another recording than {sources[0]}: keep them apart.")
    except RecordingError:
        for file in files:
            file.close()
        raise
    return files


def open_whole(path: Path) -> h5py.File:
    """The open HDF5 file. Raises RecordingError where it is not one or was cut short."""
    try:
        return h5py.File(path, "r", locking=False)
    except OSError as error:
        raise RecordingError(unreadable(path, error)) from error


def unreadable(path: Path, error: OSError) -> str:
    """What is wrong with a file that HDF5 cannot open."""
    if error.errno == errno.EMFILE:
        return (
            f"{path.parent} has too many shards to open at once: finish the recording with the command that began it."
        )
    try:
        with open(path, "rb") as file:
            start = file.read(len(HDF5_MAGIC))
    except OSError as problem:
        return f"{path} cannot be read ({problem.strerror}): check the path and its permissions."
    if not start:
        return f"{path} is empty, not a recording: remove it and record again."
    if start != HDF5_MAGIC:
        return f"{path} is not an HDF5 file and so no recording: name a recording.h5 or a run folder."
    return f"{path} is a damaged HDF5 file, cut short perhaps ({error}): record it again with --force."


def check(file: h5py.File, path: Path) -> None:
    """Raise RecordingError unless the file is a whole recording of a schema that this commlab reads."""
    version = file.attrs.get("schema_version")
    if version is None:
        holds = ", ".join(list(file)[:4]) or "nothing"
        raise RecordingError(
            f"{path} is an HDF5 file but no recording of commlab (it holds {holds}): name a recording.h5 or a run."
        )
    check_version(version, path)
    missing = [name for name in REQUIRED if name not in file]
    if missing:
        raise RecordingError(f"{path} is a recording without {', '.join(missing)}: record it again with --force.")
    steps = int(file["episodes/length"][:].sum())
    short = [name for name in column_names(file) if len(file[name]) != steps]
    if short or not file.attrs.get("sealed"):
        what = f"{', '.join(short)} lack rows of its {steps} steps" if short else "it was never sealed"
        raise RecordingError(f"{path} is an unfinished recording ({what}): record it again with --force.")


def check_version(version: Any, path: Path) -> None:
    """Raise RecordingError for a schema that this commlab does not read."""
    if not isinstance(version, int | np.integer):
        raise RecordingError(f"{path} has no recording schema that can be read: record it again with --force.")
    if version > SCHEMA_VERSION:
        raise RecordingError(
            f"{path} was written by a newer commlab (recording schema {version}; this one reads up to "
            f"{SCHEMA_VERSION}): upgrade commlab to read it."
        )
    if version < 1:
        raise RecordingError(f"{path} has the unknown recording schema {version}: record it again with this commlab.")
