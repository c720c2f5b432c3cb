"""Make the agents and the recording that ship with the package, by the project's own commands, in datasets/samples."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SAMPLE = Path(__file__).resolve().parents[2] / "datasets" / "samples" / "lookout"
COMMLAB = str(Path(sys.executable).parent / "commlab")
EPISODES, CONTROL_EPISODES = 160, 96
KEPT = ("scenario.yaml", "train.yaml", "train.json", "train.csv")


def main() -> None:
    """Train with and without the channel, record, and put what ships into the sample's folder."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "lookout"
        muted = run / "controls" / "muted-training"
        commlab("train", "lookout", "--run", str(run))
        commlab("train", "lookout", "--run", str(muted), "--mute")
        first, last = ends(run)
        commlab("record", str(run), "--episodes", EPISODES)
        commlab("record", str(run), "--episodes", CONTROL_EPISODES, "--mute", "--output", run / "controls" / "muted.h5")
        untrained = run / "controls" / "untrained.h5"
        commlab("record", str(run), "--episodes", CONTROL_EPISODES, "--checkpoint", first, "--output", untrained)
        shutil.rmtree(SAMPLE, ignore_errors=True)
        ship(run, last)
        ship(muted, ends(muted)[1])
        for path in (run / "recording.h5", *sorted((run / "controls").glob("*.h5"))):
            shutil.copy(path, SAMPLE / path.relative_to(run))


def ends(run: Path) -> tuple[Path, Path]:
    """Return a run's first and last checkpoints."""
    found = sorted((run / "checkpoints").glob("steps-*.pt"))
    return found[0], found[-1]


def ship(run: Path, checkpoint: Path) -> None:
    """Copy a run's last checkpoint and what it was trained with."""
    target = SAMPLE if run.name == "lookout" else SAMPLE / "controls" / run.name
    (target / "checkpoints").mkdir(parents=True)
    shutil.copy(checkpoint, target / "checkpoints" / checkpoint.name)
    for name in KEPT:
        shutil.copy(run / name, target / name)


def commlab(*arguments: object) -> None:
    """Run a command of the project."""
    subprocess.run([COMMLAB, *map(str, arguments)], check=True)


if __name__ == "__main__":
    main()
