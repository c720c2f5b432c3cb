"""Printing a page to PDF by a browser that is installed: Chromium, Chrome or Edge, without a window."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from commlab.foundation.atomic import write_atomic
from commlab.foundation.errors import RenderError

__all__ = ["find_browser", "print_page"]

NAMED = "COMMLAB_CHROMIUM"
ON_PATH = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge",
    "microsoft-edge-stable", "msedge",
)  # fmt: skip
ON_MACS = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Chromium.app/Contents/MacOS/Chromium",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
ON_WINDOWS = ("Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe")
LONGEST = 180  # seconds
OTHERWISE = "open the page in any browser and print it to PDF from there"


def find_browser() -> Path:
    """Return the browser named in COMMLAB_CHROMIUM, else the first that is installed.

    Raises RenderError where there is none, saying how else a PDF is made.
    """
    named = os.environ.get(NAMED)
    if named:
        found = shutil.which(named)
        if found is None:
            raise RenderError(f"{NAMED} names {named}, which is no program: correct it, or {OTHERWISE}.")
        return Path(found)
    for path in installed():
        return path
    raise RenderError(
        f"--pdf needs Chromium, Chrome or Edge, and none was found: install one, name it in {NAMED}, or {OTHERWISE}."
    )


def installed() -> Iterator[Path]:
    """Yield the browsers that are there, those on the path first."""
    for name in ON_PATH:
        found = shutil.which(name)
        if found:
            yield Path(found)
    places = [Path(folder) / name for folder in ("/Applications", Path.home() / "Applications") for name in ON_MACS]
    roots = [os.environ[name] for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA") if name in os.environ]
    places += [Path(root) / name for root in roots for name in ON_WINDOWS]
    yield from (place for place in places if place.is_file())


def print_page(page: Path, browser: Path) -> Path:
    """Write the page as a PDF beside it, whole or not at all; returns its path.

    The browser gets a profile of its own in a folder that is removed. Raises RenderError where it fails.
    """
    with tempfile.TemporaryDirectory(prefix="commlab-print-", ignore_cleanup_errors=True) as folder:
        printed = Path(folder) / "page.pdf"
        options = [
            "--headless", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-extensions",
            "--disable-background-networking", "--no-pdf-header-footer", f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={printed}",
        ]  # fmt: skip
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            options.append("--no-sandbox")  # Chromium refuses to start as root with it
        reason = run([str(browser), *options, page.resolve().as_uri()])
        content = printed.read_bytes() if printed.is_file() else b""
        if not content.startswith(b"%PDF"):
            raise RenderError(f"{browser} could not print {page} ({reason or 'it wrote no PDF'}): {OTHERWISE}.")
        return write_atomic(page.with_suffix(".pdf"), content)


def run(command: list[str]) -> str:
    """Run a program; returns why it failed, empty where it did not."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=LONGEST, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return f"it took longer than {LONGEST} s"
    except OSError as error:
        return str(error)
    return "" if done.returncode == 0 else f"it ended with code {done.returncode}"
