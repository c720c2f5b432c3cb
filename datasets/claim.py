"""Claiming the shards' folder: one writer at a time, stale files away, this very recording's shards taken up."""

import fcntl
import os
from pathlib import Path

from commlab.datasets.shards import file_attributes, shard_files
from commlab.foundation.atomic import PART
from commlab.foundation.disk import as_disk_error
from commlab.foundation.errors import RecordingError

__all__ = ["claim_folder", "fitting_shards", "is_recording", "remove_stale"]


def claim_folder(folder: Path) -> int | None:
    """Make the folder and lock it; returns the handle that holds the lock, None where the file system knows no locks.

    The lock goes with the process, however it ends. Raises RecordingError while another process is writing there, and
    DiskError where the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise as_disk_error(error, folder) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise RecordingError(
            f"Another process is recording to {folder} now: wait for it, or record to another path."
        ) from error
    except OSError:
        os.close(handle)
        return None
    return handle


def remove_stale(folder: Path, path: Path) -> None:
    """Remove the half-written files that a kill leaves: open shards and the growing copy of the recording at `path`."""
    for stale in (*folder.glob(f"*{PART}"), path.with_name(path.name + PART)):
        stale.unlink(missing_ok=True)


def fitting_shards(folder: Path, fingerprint: str, force: bool) -> dict[int, Path]:
    """The whole shards of this very recording; damaged ones are removed, and with `force` other recordings' too.

    Raises RecordingError where there are other recordings' shards and `force` is not set.
    """
    fitting = {}
    for number, file in shard_files(folder).items():
        attributes = file_attributes(file)
        if attributes is not None and attributes.get("fingerprint") == fingerprint:
            fitting[number] = file
        elif attributes is None or force:
            file.unlink()
        else:
            raise RecordingError(
                f"{folder} holds shards of another recording (other settings, seed or checkpoint): use --force to "
                "replace them, or record to another path."
            )
    return fitting


def is_recording(path: Path, fingerprint: str) -> bool:
    """Whether a finished recording with that fingerprint lies at `path`."""
    attributes = file_attributes(path) if path.is_file() else None
    return attributes is not None and attributes.get("fingerprint") == fingerprint
