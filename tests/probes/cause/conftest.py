"""A planted pair in a small room: a scout that names the crystal's corner, and a gatherer that obeys it or is deaf."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from commlab.agents.checkpoint import Checkpoint
from commlab.datasets.reader import open_recording
from commlab.probes.cause.codebook import Codebook, fit_codebook
from commlab.recording import Request, record


def load(name: str) -> ModuleType:
    """The module of that name beside this file."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def pair() -> Any:
    """The module that makes planted pairs."""
    return load("pair")


@pytest.fixture(scope="session")
def obeying(pair: Any) -> Checkpoint:
    """The pair whose gatherer goes where the scout says."""
    made: Checkpoint = pair.checkpoint(obeys=True)
    return made


@pytest.fixture(scope="session")
def deaf(pair: Any) -> Checkpoint:
    """The pair whose gatherer goes round the corners whatever it hears."""
    made: Checkpoint = pair.checkpoint(obeys=False)
    return made


@pytest.fixture(scope="session")
def codebook(obeying: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Codebook:
    """What the scout's symbols stand for, learnt from a recording."""
    path = record(obeying, Request(tmp_path_factory.mktemp("pair") / "pair.h5", 64))
    with open_recording(path) as recording:
        return fit_codebook(recording, (0,))
