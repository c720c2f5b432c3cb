"""The log: rows as they come, and nothing of what a resumed training does over."""

import csv
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from commlab.training.log import COLUMNS, Log, Row


def row(iteration: int, value: float = 0.5) -> Row:
    """Iteration number `iteration`, of 100 agent steps."""
    return Row(iteration, 100 * (iteration + 1), *[value] * (len(Row._fields) - 2))


def write(folder: Path, first: int, last: int, value: float = 0.5) -> None:
    log = Log(folder / "train.csv", folder / "tensorboard", first)
    for iteration in range(first, last + 1):
        log.append(row(iteration, value))
    log.close()


def read(folder: Path) -> list[dict[str, str]]:
    with (folder / "train.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_rows_are_written_as_they_come(tmp_path: Path) -> None:
    log = Log(tmp_path / "train.csv", tmp_path / "tensorboard", 0)
    for iteration in range(3):
        log.append(row(iteration, 1 / 3))
        assert len(read(tmp_path)) == iteration + 1
    log.close()
    assert tuple(read(tmp_path)[0]) == COLUMNS
    assert "return" in COLUMNS
    assert read(tmp_path)[2]["iteration"] == "2"
    assert read(tmp_path)[2]["return"] == "0.333333"


def test_a_resumed_log_drops_what_came_after(tmp_path: Path) -> None:
    write(tmp_path, 0, 9)
    write(tmp_path, 4, 6, value=0.25)
    rows = read(tmp_path)
    assert [r["iteration"] for r in rows] == [str(i) for i in range(7)]
    assert [r["return"] for r in rows] == ["0.5"] * 4 + ["0.25"] * 3


def test_a_log_that_begins_anew_drops_everything(tmp_path: Path) -> None:
    write(tmp_path, 0, 9)
    write(tmp_path, 0, 1)
    assert len(read(tmp_path)) == 2


@pytest.mark.parametrize("tail", ["1", "12,13", "\n", "x,y\n"])
def test_a_torn_row_is_dropped(tmp_path: Path, tail: str) -> None:
    write(tmp_path, 0, 3)
    with (tmp_path / "train.csv").open("a") as file:
        file.write(tail)
    write(tmp_path, 3, 4)
    assert [r["iteration"] for r in read(tmp_path)] == ["0", "1", "2", "3", "4"]


def test_tensorboard_forgets_what_is_done_over(tmp_path: Path) -> None:
    write(tmp_path, 0, 25)
    write(tmp_path, 15, 30, value=0.25)
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    points = [(event.step, event.value) for event in events.Scalars("return")]
    assert points == [(100, 0.5), (1100, 0.5), (2100, 0.25), (3100, 0.25)]
