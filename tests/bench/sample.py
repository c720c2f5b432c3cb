"""Make the agents and the recordings that ship with the package, by the project's own commands, in datasets/samples.

They are those of the demo with seed 0, with shorter recordings; `--demo` takes a demo run that is there already.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CLONE = Path(__file__).resolve().parents[2]
SAMPLE = Path("datasets") / "samples" / "lookout"  # as recordings will name it, whoever makes them
COMMLAB = str(Path(sys.executable).parent / "commlab")
EPISODES, CONTROL_EPISODES = 160, 96
KEPT = ("scenario.yaml", "train.yaml", "train.json", "train.csv")


def main() -> None:
    """Make the demo if need be, ship its agents, and record them anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo", type=Path, help="a finished demo run")
    demo = parser.parse_args().demo
    os.chdir(CLONE)
    with tempfile.TemporaryDirectory() as folder:
        if demo is None:
            demo = Path(folder) / "demo"
            commlab("demo", "--run", demo)
        shutil.rmtree(SAMPLE, ignore_errors=True)
        ship(demo, SAMPLE)
        ship(demo / "controls" / "muted-training", SAMPLE / "controls" / "muted-training")
        controls = SAMPLE / "controls"
        untrained = controls / "untrained.pt"  # there for as long as it records, so that no path outside is recorded
        shutil.copy(sorted((demo / "checkpoints").glob("steps-*.pt"))[0], untrained)
        commlab("record", SAMPLE, "--episodes", EPISODES)
        commlab("record", SAMPLE, "--episodes", CONTROL_EPISODES, "--mute", "--output", controls / "muted.h5")
        options = ("--checkpoint", untrained, "--output", controls / "untrained.h5")
        commlab("record", SAMPLE, "--episodes", CONTROL_EPISODES, *options)
        untrained.unlink()


def ship(run: Path, target: Path) -> None:
    """Copy a run's last checkpoint and what it was trained with."""
    checkpoint = sorted((run / "checkpoints").glob("steps-*.pt"))[-1]
    (target / "checkpoints").mkdir(parents=True)
    shutil.copy(checkpoint, target / "checkpoints" / checkpoint.name)
    for name in KEPT:
        shutil.copy(run / name, target / name)


def commlab(*arguments: object) -> None:
    """Run a command of the project."""
    subprocess.run([COMMLAB, *map(str, arguments)], check=True)


if __name__ == "__main__":
    main()
