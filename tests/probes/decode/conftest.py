"""Planted recordings for the probes, and one whose columns a test gives itself."""

import numpy as np
import pytest

from commlab.datasets.reader import open_recording
from commlab.datasets.writer import RecordingWriter

CODES = {"cells": {"0": "empty"}, "actions": {"0": "stay"}, "bodies": {"0": "scout", "1": "gatherer"}}


@pytest.fixture(scope="session")
def planted_recording(make_recording, tmp_path_factory):
    """planted_recording("holistic", n_episodes=40, …) -> an open recording, made once for each set of arguments."""
    folder, made = tmp_path_factory.mktemp("planted"), {}

    def open_planted(meaning="holistic", **options):
        key = (meaning, *sorted(options.items()))
        if key not in made:
            made[key] = make_recording(folder / f"{len(made)}.h5", meaning=meaning, **options)
        return open_recording(made[key])

    return open_planted


@pytest.fixture
def write(tmp_path):
    """write(columns (E, T, A, …) by name, …) -> an open recording of just those columns and agents/energy."""
    count = iter(range(10**6))

    def write_columns(columns, bodies=("scout",), lengths=None, condition=None, layout=None):
        n_episodes, n_steps = next(iter(columns.values())).shape[:2]
        lengths = np.full(n_episodes, n_steps) if lengths is None else np.asarray(lengths)
        kept = (np.arange(n_steps) < lengths[:, None]).reshape(-1)
        header = {"codes": CODES, "layout": {"height": 9, "width": 9, **(layout or {})}, "seed": 0, "command": "test"}
        episodes = {
            "length": lengths.astype(np.int32),
            "condition": np.array(["natural"] * n_episodes if condition is None else condition),
            "bodies": np.tile([("scout", "gatherer").index(body) for body in bodies], (n_episodes, 1)).astype(np.uint8),
        }
        ended = np.zeros((n_episodes, n_steps), dtype=bool)
        every = {
            "steps/terminated": ended,
            "steps/truncated": ended,
            "agents/position": np.ones((n_episodes, n_steps, len(bodies), 2), dtype=np.int16),
            "agents/energy": np.zeros((n_episodes, n_steps, len(bodies)), dtype=np.int32),
            **columns,
        }
        flat = {name: values.reshape(-1, *values.shape[2:])[kept] for name, values in every.items()}
        path = tmp_path / f"{next(count)}.h5"
        writer = RecordingWriter(path, header, n_episodes, shard_episodes=n_episodes)
        writer.write_shard(0, episodes, flat)
        return open_recording(writer.finish())

    return write_columns
