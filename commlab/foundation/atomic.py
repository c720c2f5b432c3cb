"""Files that are either whole or not there: written to `.part`, flushed to the disk, then renamed."""

import contextlib
import os
from pathlib import Path

from commlab.foundation.disk import as_disk_error

__all__ = ["PART", "seal", "sync_folder", "write_atomic"]

PART = ".part"


def write_atomic(path: Path | str, data: bytes | str) -> Path:
    """Write `data` (text as UTF-8) to `path` so that a crash leaves the old file or the new one, never half of one.

    Raises DiskError when the disk is full or the folder cannot be written; no `.part` file is left behind then.
    """
    final = Path(path)
    part = final.with_name(f"{final.name}.{os.getpid()}{PART}")
    content = data.encode("utf-8") if isinstance(data, str) else data
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        seal(part, final)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise as_disk_error(error, final) from error
    return final


def seal(part: Path, final: Path) -> None:
    """Rename `part`, already flushed, to `final`, and flush the folder so that the name survives a power cut."""
    os.replace(part, final)
    sync_folder(final.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
