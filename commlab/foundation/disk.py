"""Room on the disk: asked for before long work, and told in one sentence when it runs out."""

import errno
import shutil
from pathlib import Path

from commlab.foundation.errors import DiskError

__all__ = ["as_disk_error", "is_disk_full", "require_space"]

FULL = (errno.ENOSPC, errno.EDQUOT)


def require_space(folder: Path, n_bytes: int, what: str) -> None:
    """Raise DiskError unless the disk of `folder` (or of its nearest existing parent) has `n_bytes` free."""
    existing = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if free < n_bytes:
        raise DiskError(
            f"{what} needs about {readable_size(n_bytes)} but the disk of {existing} has {readable_size(free)} free: "
            "free some space, record fewer episodes, or write to another disk."
        )


def is_disk_full(error: BaseException) -> bool:
    """Whether an error means that the disk is full (HDF5 reports it in the text rather than in the number)."""
    return getattr(error, "errno", None) in FULL or "No space left on device" in str(error)


def as_disk_error(error: BaseException, path: Path) -> DiskError:
    """The error as a sentence about `path`."""
    if is_disk_full(error):
        return DiskError(
            f"The disk is full and {path} could not be written: free some space and run the same command again."
        )
    reason = getattr(error, "strerror", None) or str(error)
    return DiskError(f"{path} could not be written ({reason}): check the path and its permissions.")


def readable_size(n_bytes: int) -> str:
    """A size for people: '7 kB', '12 MB', '3.4 GB'."""
    if n_bytes >= 1e9:
        return f"{n_bytes / 1e9:.1f} GB"
    return f"{n_bytes / 1e6:.0f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:.0f} kB"
