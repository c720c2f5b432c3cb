"""A planted pair in a small room: a scout that names the crystal's corner, and a gatherer that obeys it or is deaf."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from commlab.agents.checkpoint import Checkpoint
from commlab.datasets.reader import Recording, open_recording
from commlab.probes.cause.codebook import Codebook, fit_codebook
from commlab.probes.cause.hidden.states import recorded
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


@pytest.fixture(scope="session")
def minded(module_at: Callable[[str, Path], ModuleType]) -> Any:
    """The module that makes planted pairs with hidden states."""
    return module_at("minded", Path(__file__).with_name("minded.py"))


class Planted(NamedTuple):
    """Agents with a mind, and a recording of them."""

    agents: Checkpoint
    recording: Recording


@pytest.fixture(scope="session")
def minding(pair: Any, minded: Any) -> Planted:
    """The pair that acts on what is in its hidden states, and other episodes of it."""
    agents = minded.checkpoint(pair)
    return Planted(agents, recorded(agents, 96, 5, layers=("core",)))


@pytest.fixture(scope="session")
def unminding(pair: Any, minded: Any) -> Planted:
    """The pair whose gatherer knows where the crystal is and does not mind."""
    agents = minded.checkpoint(pair, minds=False)
    return Planted(agents, recorded(agents, 96, 5, layers=("core",)))
