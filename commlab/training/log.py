"""The log of a training run: a row an iteration in train.csv, and the same curves for TensorBoard."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

from commlab.foundation.atomic import write_atomic

_EVERY = 10  # iterations between TensorBoard points


class Row(NamedTuple):
    """One iteration of training; means over worlds, minibatches and shards."""

    iteration: int
    agent_steps: int
    seconds: float
    steps_per_second: float
    return_: float  # of an agent an episode, kinship shared
    entropy_action: float  # nats
    entropy_message: float
    policy_loss: float
    value_loss: float
    approx_kl: float
    clipfrac: float
    explained_variance: float
    grad_norm: float
    grounding_loss: float
    grounding_clamped: float
    prediction_loss: float
    learning_rate: float
    scatter: float


COLUMNS = tuple(name.rstrip("_") for name in Row._fields)


class Log:
    """Appends rows to train.csv and to TensorBoard events; on resume, what came after the checkpoint is dropped."""

    def __init__(self, path: Path, events: Path, from_iteration: int) -> None:
        """Open the log for iterations from `from_iteration` on."""
        kept = _rows_before(path, from_iteration)
        write_atomic(path, "".join([",".join(COLUMNS) + "\n", *kept]))
        self._file = path.open("a", encoding="utf-8")
        from torch.utils.tensorboard import SummaryWriter

        dropped = int(kept[-1].split(",")[1]) + 1 if kept else 0  # agent steps from which on events are forgotten
        self._writer = SummaryWriter(str(events), purge_step=dropped)

    def append(self, row: Row) -> None:
        """Write a row."""
        self._file.write(",".join(f"{value:.6g}" if isinstance(value, float) else str(value) for value in row) + "\n")
        self._file.flush()
        if row.iteration % _EVERY == 0:
            for name, value in zip(COLUMNS[2:], row[2:], strict=True):
                self._writer.add_scalar(name, value, row.agent_steps)

    def close(self) -> None:
        """Close the files."""
        self._file.close()
        self._writer.close()


def _rows_before(path: Path, iteration: int) -> list[str]:
    """Return the lines of an earlier log whose iterations come before `iteration`."""
    if iteration == 0 or not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))[1:]
    whole = [row for row in lines if len(row) == len(COLUMNS)]
    return [",".join(row) + "\n" for row in whole if int(row[0]) < iteration]
