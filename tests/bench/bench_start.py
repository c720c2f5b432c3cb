"""How long a user waits before anything happens: `import commlab` and `commlab --help`."""

import statistics
import subprocess
import sys
import time
from typing import Any

N_RUNS = 7


def bench_start() -> dict[str, dict[str, Any]]:
    """Return the median wall time of an empty interpreter, of `import commlab` and of `commlab --help`."""
    commands = {
        "empty interpreter": [sys.executable, "-c", "pass"],
        "import commlab": [sys.executable, "-c", "import commlab"],
        "commlab --help": [sys.executable, "-m", "commlab", "--help"],
    }
    return {name: _entry(command) for name, command in commands.items()}


BENCHES = [bench_start]


def _entry(command: list[str]) -> dict[str, Any]:
    seconds = [_seconds(command) for _ in range(N_RUNS + 1)][1:]  # the first run fills the disk's cache
    note = f"median of {N_RUNS} processes, {min(seconds):.3f} to {max(seconds):.3f}"
    return {"value": statistics.median(seconds), "unit": "s", "note": note}


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start
