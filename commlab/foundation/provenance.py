"""Provenance: which command, version, seed, checkpoint and machine made a file."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = ["commlab_version", "git_revision", "provenance", "utc_now"]

LIBRARIES = ("numpy", "scipy", "numba", "torch", "h5py", "hdf5plugin", "scikit-learn", "pydantic")


def provenance(command: str, seed: int | None = None, checkpoint: str | None = None) -> dict[str, Any]:
    """Who made this: a JSON-able dict of command, seed, checkpoint (sha256), versions, machine and UTC time."""
    return {
        "command": command,
        "seed": seed,
        "checkpoint": checkpoint,
        "commlab_version": commlab_version(),
        "git_revision": git_revision(),
        "python": platform.python_version(),
        "libraries": library_versions(),
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "time": utc_now(),
    }


def utc_now() -> str:
    """The time now as ISO text in UTC, to the microsecond (fixed width, so that it sorts as text)."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


@cache
def commlab_version() -> str:
    """The installed version of commlab, or "unknown" when it runs uninstalled."""
    return installed_version("commlab") or "unknown"


@cache
def git_revision() -> str | None:
    """The commit of the clone that this code runs from, with "+changes" where files differ; None outside a clone."""
    folder = Path(__file__).resolve().parents[2]
    if not (folder / ".git").exists():
        return None
    revision = git(folder, "rev-parse", "HEAD")
    if not revision:
        return None
    return revision + ("+changes" if git(folder, "status", "--porcelain", "--untracked-files=no") else "")


def git(folder: Path, *arguments: str) -> str | None:
    """What git prints, or None where git is missing or fails."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


@cache
def library_versions() -> dict[str, str]:
    """Versions of the libraries that shape numbers, read without importing them."""
    found = {name: installed_version(name) for name in LIBRARIES}
    return {name: version for name, version in found.items() if version is not None}


def installed_version(name: str) -> str | None:
    """The version of an installed distribution, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


@cache
def cpu_model() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
