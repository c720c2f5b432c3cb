"""Recordings of random content in every column, drawn from a seed; as a program it records to the path given."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from commlab.datasets.writer import RecordingWriter

CELLS = {"0": "empty", "1": "wall", "2": "altar", "4": "crystal.green", "5": "crystal.yellow", "9": "agent"}
SIZES = {"L": 2, "K": 2, "V": 5, "N": 3, "H": 8, "O": 4}


class Plan(NamedTuple):
    """What is recorded."""

    n_episodes: int = 21
    shard_episodes: int = 4
    n_agents: int = 3
    fixed: bool = True  # whether all episodes have the same length
    seed: int = 0
    codec: str = "zstd"
    height: int = 8
    width: int = 7

    @property
    def header(self) -> dict[str, Any]:
        layout = {"height": self.height, "width": self.width, "view_radius": {"scout": 3}, "sites": []}
        codes = {"cells": CELLS, "actions": {"0": "stay", "1": "north"}, "bodies": {"0": "scout", "1": "gatherer"}}
        names = {"observation/vector": [f"part{number}" for number in range(6)]}
        names["episodes/numbers"] = [f"number{number}" for number in range(5)]
        return {"seed": self.seed, "codes": codes, "layout": layout, "columns": names, "checkpoint_sha256": None}


def episodes_of(plan: Plan, number: int) -> dict[str, np.ndarray[Any, Any]]:
    """The episode fields of a shard."""
    rng = np.random.default_rng([plan.seed, number, 0])
    first = number * plan.shard_episodes
    n = min(plan.shard_episodes, plan.n_episodes - first)
    return {
        "length": np.full(n, 10) if plan.fixed else rng.integers(1, 20, n),
        "seed": rng.integers(0, 2**63, n).astype(np.uint64) * 2,
        "episode": np.arange(first, first + n),
        "world": rng.integers(0, 4, n),
        "condition": np.array(["natural", "stumm – ünïcode"])[rng.integers(0, 2, n)],
        "intervention": np.array(["[]", '[{"site": "message.out"}]'])[rng.integers(0, 2, n)],
        "kinship": rng.integers(0, 2, (n, 1, 1)) * np.eye(plan.n_agents)[None, ::-1] + np.eye(plan.n_agents),
        "bodies": rng.integers(0, 2, (n, plan.n_agents)),
        "map": rng.integers(0, 3, n),
        "numbers": rng.integers(0, 2**40, (n, 5)),
        "traits": rng.integers(-1, 300, (n, 2, 3)),
        "values": rng.integers(0, 300, (n, 4)),
        "altar_reward": rng.normal(size=n).astype(np.float32),
        "poison": rng.integers(0, 16, n),
        "stats": rng.integers(0, 99, (n, plan.n_agents, 4)),
    }


def columns_of(plan: Plan, number: int) -> dict[str, np.ndarray[Any, Any]]:
    """Every column of a shard, random."""
    rng = np.random.default_rng([plan.seed, number, 1])
    rows = int(episodes_of(plan, number)["length"].sum())
    sizes = {"S": rows, "A": plan.n_agents, **SIZES}

    def whole(axes: str, *inner: int, high: int = 250, dtype: str = "u1", low: int = 0) -> np.ndarray[Any, Any]:
        return rng.integers(low, high, (*(sizes[axis] for axis in axes), *inner)).astype(dtype)

    def real(axes: str, *inner: int, dtype: str = "f4") -> np.ndarray[Any, Any]:
        return rng.normal(size=(*(sizes[axis] for axis in axes), *inner)).astype(dtype)

    place = [plan.height, plan.width]
    return {
        "steps/terminated": whole("S", high=2, dtype="b1"),
        "steps/truncated": whole("S", high=2, dtype="b1"),
        "agents/position": np.stack([whole("SA", high=size, dtype="i2") for size in place], axis=-1),
        "agents/facing": whole("SA", high=4),
        "agents/energy": whole("SA", low=-(2**31), high=2**31, dtype="i4"),
        "agents/inventory": whole("SA", 2),
        "agents/shield": whole("SA", high=2, dtype="b1"),
        "agents/frozen": whole("SA"),
        "agents/partner": whole("SA", low=-1, high=3, dtype="i2"),
        "channel/said": whole("SAL"),
        "channel/emitted": whole("SAL"),
        "channel/heard": whole("SAKL"),
        "channel/speaker": whole("SAK", low=-1, high=3, dtype="i2"),
        "channel/injected": whole("SAK", high=2, dtype="b1"),
        "channel/relayed": whole("SAK", high=2, dtype="b1"),
        "policy/action": whole("SA", high=4),
        "policy/action_logits": real("SA", 6, dtype="f2"),
        "policy/message_logits": real("SALV", dtype="f2"),
        "policy/value": real("SA"),
        "policy/hidden.core": real("SAH", dtype="f2"),
        "policy/hidden.gate": real("SAH", dtype="f4"),
        "reward/own": real("SA"),
        "reward/shared": real("SA"),
        "observation/window": np.array([0, 1, 4, 5], dtype=np.uint8)[whole("SA", 11, 11, high=4)],
        "observation/entities": whole("SAN", 4, low=-128, high=128, dtype="i1"),
        "observation/vector": real("SA", 6),
        "world/objects": objects(rng, rows, place),
    }


def objects(rng: np.random.Generator, rows: int, place: list[int]) -> np.ndarray[Any, Any]:
    """Objects that mostly stay as they are from step to step: code, row, column, stock."""
    drawn = np.stack(
        [
            np.array([0, 2, 4, 5])[rng.integers(0, 4, (rows, SIZES["O"]))],
            rng.integers(0, place[0], (rows, SIZES["O"])),
            rng.integers(0, place[1], (rows, SIZES["O"])),
            rng.integers(0, 3, (rows, SIZES["O"])),
        ],
        axis=-1,
    )
    changes = rng.random((rows, SIZES["O"])) < 0.2
    changes[0] = True
    since = np.maximum.accumulate(np.where(changes, np.arange(rows)[:, None], 0), axis=0)
    return np.take_along_axis(drawn, since[..., None], axis=0).astype(np.int16)


def writer_of(plan: Plan, path: Path, force: bool = False) -> RecordingWriter:
    """A writer for the plan."""
    return RecordingWriter(path, plan.header, plan.n_episodes, plan.shard_episodes, plan.codec, force)


def record(plan: Plan, path: Path, order: Iterable[int] | None = None, force: bool = False) -> Path:
    """Record what is not sealed yet, in that order of shards, and finish."""
    with writer_of(plan, path, force) as writer:
        for number in range(writer.n_shards) if order is None else order:
            if number not in writer.sealed:
                writer.write_shard(number, episodes_of(plan, number), columns_of(plan, number))
        return writer.finish()


def expected(plan: Plan) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, np.ndarray[Any, Any]]]:
    """The episode fields and the columns of the whole recording."""
    numbers = range(-(-plan.n_episodes // plan.shard_episodes))
    episodes = [episodes_of(plan, number) for number in numbers]
    columns = [columns_of(plan, number) for number in numbers]
    return joined(episodes), joined(columns)


def joined(parts: list[dict[str, np.ndarray[Any, Any]]]) -> dict[str, np.ndarray[Any, Any]]:
    """The parts one after another."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


if __name__ == "__main__":
    record(Plan(n_episodes=120), Path(sys.argv[1]))
