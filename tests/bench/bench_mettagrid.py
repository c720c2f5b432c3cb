"""How fast mettagrid steps its arena on this machine, in a virtual environment made for it and thrown away.

Where mettagrid cannot be installed (no network, no wheel for this platform), a sentence says so and there is no entry.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

METTAGRID = "mettagrid==0.26.22"
NEEDED = ("numpy>=2.3.3,<3", "pydantic>=2.12.2,<3", "pyyaml>=6.0.2,<7", "importnb>=2023.11.1")  # by its core, not more
PIP = ("-m", "pip", "install", "--quiet", "--only-binary", ":all:", "--retries", "0", "--timeout", "15")
INSTALL_LIMIT = 300  # seconds a command
SCRIPT = Path(__file__).with_name("mettagrid_speed.py")


def bench_arena() -> dict[str, dict[str, Any]]:
    """Twenty-four agents in mettagrid's arena with combat, stepped by its C++ core."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / ("Scripts" if os.name == "nt" else "bin") / "python"
        obstacle = install(Path(folder), python)
        if obstacle is not None:
            print(f"{METTAGRID} is not measured, for it cannot be installed here: {obstacle}", file=sys.stderr)
            return {}
        done = subprocess.run([python, "-I", SCRIPT], check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout)
    value, note = found["agent_steps_a_second"], f"mettagrid {found['version']}: {found['what']}"
    return {"mettagrid/arena/24-agents/1-core": {"value": value, "unit": "agent steps a second", "note": note}}


BENCHES = [bench_arena]


def install(folder: Path, python: Path) -> str | None:
    """Make a virtual environment that has mettagrid; return what stood in the way, if anything did."""
    commands = [
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), *PIP, "--no-deps", METTAGRID],
        [str(python), *PIP, *NEEDED],
    ]
    for command in commands:
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_LIMIT, check=False)
        except subprocess.TimeoutExpired:
            return f"that takes more than {INSTALL_LIMIT} s"
        if done.returncode != 0:
            errors = [row for row in (done.stderr + done.stdout).splitlines() if row.startswith("ERROR")]
            return errors[-1] if errors else f"`{' '.join(command)}` fails"
    return None
