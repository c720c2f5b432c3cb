"""A planted pair in a small room: a scout that names the crystal's corner, and a gatherer that obeys it or is deaf."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from commlab.agents.checkpoint import Checkpoint
from commlab.datasets.reader import open_recording
from commlab.probes.cause.codebook import Codebook, fit_codebook
from commlab.recording import Request, record


@pytest.fixture(scope="session")
def pair(module_at: Callable[[str, Path], ModuleType]) -> Any:
    """The module that makes planted pairs."""
    return module_at("pair", Path(__file__).with_name("pair.py"))


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
