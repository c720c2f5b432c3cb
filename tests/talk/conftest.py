"""Conversations to be tested: with scripted agents whose language is known and with the sample, served or not."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from commlab.agents.checkpoint import Checkpoint, latest_checkpoint, load_checkpoint
from commlab.agents.scripted.policy import Planted, plant
from commlab.env.loading import load_scenario
from commlab.foundation.run import SAMPLE, RunFolder
from commlab.probes.decode.lexicon import Lexicon, read
from commlab.probes.planted.play import recording_of
from commlab.talk.conversation import Conversation
from commlab.talk.knowledge import Known, Who, learn_language
from commlab.talk.phrasebook import Phrasebook
from commlab.talk.room import Room
from commlab.talk.server import Server, listen

SEED = 3


class Sample(NamedTuple):
    """The shipped agents, in a copy of their run."""

    run: RunFolder
    agents: Checkpoint
    known: Known

    def talk(self, episode: int = 0) -> Conversation:
        """Return a conversation with them."""
        return Conversation(self.run.path, self.agents, *self.known, 0, episode)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The trained agents that ship with commlab, and their language."""
    run = RunFolder(tmp_path_factory.mktemp("runs") / "sample")
    shutil.copytree(SAMPLE, run.path)
    agents = load_checkpoint(latest_checkpoint(run.checkpoints))
    return Sample(run, agents, learn_language(run, Who(agents.scenario, agents.sha256)))


@pytest.fixture(scope="session")
def planted_agents() -> Planted:
    """A scout that has a word for every place, and a gatherer that obeys it."""
    return plant("holistic", SEED, scenario=load_scenario("lookout"))


@pytest.fixture(scope="session")
def planted_lexicon(planted_agents: Planted) -> Lexicon:
    """Their language, as it is read from a recording of them."""
    return read(recording_of(planted_agents, 96, SEED), n_null=39)


@pytest.fixture
def planted_talk(planted_agents: Planted, planted_lexicon: Lexicon, tmp_path: Path) -> Conversation:
    """A conversation with them, in a run's folder of its own."""
    return Conversation(tmp_path, planted_agents, Phrasebook(planted_lexicon, 1), frozenset({0}))


Serving = Callable[..., AbstractContextManager[Server]]


@pytest.fixture(scope="session")
def serving() -> Serving:
    """Serves a conversation on a free port, as long as a block lasts: with serving(conversation) as server."""

    @contextmanager
    def serve(
        talk: Conversation, token: str | None = None, host: str = "127.0.0.1", **given: object
    ) -> Iterator[Server]:
        server = Server(Room(talk, **given), listen(host, 0), token)  # type: ignore[arg-type]
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield server
        finally:
            server.stop()
            thread.join(20)
            assert not thread.is_alive()

    return serve
