"""Fixtures of the recording tests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from commlab.agents.checkpoint import Checkpoint
from commlab.agents.recurrent import RecurrentPolicy
from commlab.datasets.reader import Recording, open_recording
from commlab.env.loading import load_scenario
from commlab.recording import Request, record


@pytest.fixture(scope="session")
def contents(module_at: Callable[[str, Path], ModuleType]) -> ModuleType:
    """contents.py beside this file: recordings of random content in every column."""
    return module_at("recording_contents", Path(__file__).with_name("contents.py"))


STEPS = {"north": (-1, 0), "east": (0, 1), "south": (1, 0), "west": (0, -1)}
WORLDS: dict[str, tuple[dict[str, Any], int]] = {
    "arena": ({"steps": 40, "start.scatter": 1}, 3),
    "berries": ({"steps": 64}, 6),
    "rivals": ({"channel.delay": 2}, 6),
}


class Told:
    """A recording read whole, with a view on one step of one agent."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.codes, self.layout = recording.codes, recording.layout
        self.sites = [tuple(site) for site in self.layout["sites"]]
        self.columns = {name: recording[name][:] for name in recording.columns()}
        self.objects = self.columns["world/objects"].tolist()
        self.t, self.episode = self.columns["steps/t"], self.columns["steps/episode"]
        self.actions = self.codes["actions"]
        self.last = recording.names("observation/vector").index("last_action")
        self.n_agents = recording.n_agents
        self.delay = recording.attrs["scenario"]["channel"]["delay"]

    def at(self, name: str, s: int, a: int) -> Any:
        return self.columns[name][s, a].tolist()

    def there(self, s: int, k: int) -> bool:
        """Whether the episode of row s has a row s + k."""
        return 0 <= s + k < len(self.t) and bool(self.episode[s + k] == self.episode[s])

    def kin(self, s: int, a: int, b: int) -> bool:
        matrix = self.recording.kinship[self.recording.episodes.kinship[self.episode[s]]]
        return bool(matrix[a, b] > 0) or self.at("agents/partner", s, a) == b

    def gap(self, s: int, a: int, b: int) -> tuple[int, int]:
        (row, column), (other_row, other_column) = self.at("agents/position", s, a), self.at("agents/position", s, b)
        return other_row - row, other_column - column

    def nearest(self, s: int, a: int, among: list[int]) -> int:
        return min(among, key=lambda b: (sum(map(abs, self.gap(s, a, b))), b))

    def other(self, s: int, a: int) -> int:
        return self.nearest(s, a, [b for b in range(self.n_agents) if b != a])

    def tried(self, s: int, a: int) -> tuple[int, int] | None:
        """The cell walked into or used."""
        action = self.actions[self.at("policy/action", s, a)]
        if self.there(s, 1) and self.actions[int(self.at("observation/vector", s + 1, a)[self.last])] == "stay":
            return None
        facings = self.codes["facings"]
        way = facings[self.at("agents/facing", s, a)] if action == "use" else action
        if self.at("agents/frozen", s, a) or way not in STEPS:
            return None
        row, column = self.at("agents/position", s, a)
        return row + STEPS[way][0], column + STEPS[way][1]

    def hearers(self, s: int, a: int) -> list[int] | None:
        """Who hears what agent a says at row s."""
        if not self.there(s, self.delay):
            return None
        return [b for b in range(self.n_agents) if a in self.at("channel/speaker", s + self.delay, b)]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Told]]:
    """A recording of an untrained policy in each of WORLDS."""
    made = {}
    for name, (settings, n_episodes) in WORLDS.items():
        scenario = load_scenario(name, settings)
        checkpoint = Checkpoint(RecurrentPolicy(scenario, 8, seed=3), scenario, {"agent_steps": 0, "seed": 3}, "sha")
        path = record(checkpoint, Request(tmp_path_factory.mktemp(name) / "a.h5", n_episodes, seed=5))
        made[name] = Told(open_recording(path))
    yield made
    for one in made.values():
        one.recording.close()
