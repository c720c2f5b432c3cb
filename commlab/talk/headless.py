"""A conversation from a script, without a page: the same agents, words and twin, printed as text or JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.env.types import VIEW
from commlab.foundation.errors import CommlabError, DataError, InterventionError
from commlab.probes.cause.twins import tried_cells
from commlab.talk.conversation import Conversation
from commlab.talk.phrasebook import tokens
from commlab.talk.script import Do, Expect, Script
from commlab.talk.session import LIVE, TWIN
from commlab.talk.trial import Trier

__all__ = ["Outcome", "Player", "hold"]

Line = dict[str, Any]
Print = Callable[[str], None]


class Outcome(NamedTuple):
    """What came of a script; JSON-able."""

    lines: list[Line]  # with the episode of each
    expectations: list[dict[str, Any]]
    experiments: list[dict[str, Any]]
    replays: list[dict[str, Any]]
    saved: list[str]
    steps: int
    totals: dict[str, list[float]]  # what each agent got in the last episode, live and in the twin

    @property
    def met(self) -> bool:
        """Whether all that was expected came true, and every replay was identical."""
        expected = all(one["met"] for one in self.expectations)
        return expected and all(one["identical"] for one in self.replays)


def hold(conversation: Conversation, script: Script, trier: Trier | None = None, show: Print = print) -> Outcome:
    """Return what came of holding a scripted conversation; each line is shown as it is said.

    Raises CommlabError, naming the step of the script, for what cannot be done.
    """
    player = Player(conversation, trier, show)
    for number, do in enumerate(script.steps, start=1):
        try:
            player.do(do)
        except CommlabError as error:
            raise type(error)(f"Step {number} of the script: {error}") from error
    return player.outcome()


class Player:
    """Does what a script says, one thing after another."""

    def __init__(self, conversation: Conversation, trier: Trier | None, show: Print) -> None:
        """Begin where the conversation stands."""
        self.talk, self.trier, self.show = conversation, trier, show
        self.lines: list[Line] = []
        self.expectations: list[dict[str, Any]] = []
        self.experiments: list[dict[str, Any]] = []
        self.replays: list[dict[str, Any]] = []
        self.saved: list[str] = []
        self.n_steps = 0
        self._shown = 0
        self._forget()

    def do(self, do: Do) -> None:
        """Do one thing. Raises CommlabError where it cannot be done."""
        if do.run is not None:
            self._run(do.run)
        elif do.speaks:
            self._forget()
            self.talk.say(do.wish)
        elif do.expect is not None:
            self._expect(do.expect)
        elif do.experiment is not None:
            self._experiment(do)
        elif do.save is not None:
            path = self.talk.save(do.save)
            self.saved.append(str(path))
            self.show(f"Saved {path}.")
        elif do.replay is not None:
            self._replay(do.replay)
        else:
            self.talk.restart(do.restart)
            self._begin()
        self._print()

    def outcome(self) -> Outcome:
        """Return what has come of it."""
        total = self.talk.session.total
        totals = {"live": total[LIVE].round(4).tolist(), "twin": total[TWIN].round(4).tolist()}
        return Outcome(self.lines, self.expectations, self.experiments, self.replays, self.saved, self.n_steps, totals)

    def _begin(self) -> None:
        """Begin with another episode's lines."""
        self._shown = 0
        self._forget()

    def _forget(self) -> None:
        """Begin to see anew what agents do: something has been said."""
        self._cells: list[NDArray[np.int64]] = []  # (2, A, 2) cells tried, and stood on, a step
        self._said: list[NDArray[np.uint8]] = []  # (A, L)

    def _run(self, n_steps: int) -> None:
        """Let the world go on for some steps, or to the end of the episode."""
        for _ in range(n_steps):
            if self.talk.session.over:
                if self.n_steps == 0 or n_steps == 1:
                    self.talk.step()  # says what is wrong
                break
            self._step()

    def _step(self) -> None:
        """Let the world go on once, and see what agents do."""
        session = self.talk.session
        world = session.world
        position = np.stack([world.row[LIVE], world.column[LIVE]], axis=-1).astype(np.int16) - VIEW
        facing = world.facing[LIVE].copy()
        self.talk.step()
        self.n_steps += 1
        step = session.last
        assert step is not None
        now = np.stack([session.world.row[LIVE], session.world.column[LIVE]], axis=-1).astype(np.int16) - VIEW
        self._cells.append(np.stack([tried_cells(position, facing, step.action[LIVE]), now]).astype(np.int64))
        self._said.append(step.said[LIVE])
        self._print()

    def _replay(self, name: str) -> None:
        """Play a saved talk to its end."""
        self.talk.replay(name)
        self._begin()
        self._print()
        while self.talk.replayed is None and not self.talk.session.over:
            self._step()
        if self.talk.replayed is not None:
            self.replays.append(self.talk.replayed._asdict())
            self.talk.replayed = None

    def _expect(self, expect: Expect) -> None:
        """See whether something holds."""
        n_agents = self.talk.session.scenario.n_agents
        if expect.agent >= n_agents:
            raise InterventionError(f"There is no agent {expect.agent}; agents are 0 to {n_agents - 1}.")
        met, words = self._holds(expect)
        name = self.talk.transcript.names[expect.agent]
        self.expectations.append({"t": self.talk.session.t, "agent": expect.agent, "expected": words, "met": met})
        self.show(f"{'As expected' if met else 'NOT as expected'}: {name} {words}.")

    def _holds(self, expect: Expect) -> tuple[bool, str]:
        """Return whether something holds, and what, in words."""
        n, session = expect.agent, self.talk.session
        if expect.reached is not None:
            row, column = expect.reached
            came = any((cells[:, n] == (row, column)).all(axis=-1).any() for cells in self._cells)
            return came, f"comes to row {row}, column {column}"
        if expect.action is not None:
            actions = self.talk.observer.codes["actions"]
            if expect.action not in actions.values():
                raise DataError(f"There is no action {expect.action!r}; there are {', '.join(actions.values())}.")
            last = session.last
            did = last is not None and actions[str(int(session.world.last_action[LIVE, n]))] == expect.action
            return did, f"does {expect.action!r}"
        if expect.said is not None:
            if isinstance(expect.said, str):
                wanted = tokens(expect.said)
                texts = [self.talk.observer.book.words(tuple(said[n].tolist())).text or "" for said in self._said]
                return any(wanted <= tokens(text) for text in texts), f"says {expect.said!r}"
            wish = list(expect.said)
            return any(said[n].tolist() == wish for said in self._said), f"says {' '.join(map(str, wish))}"
        differs = n in self.talk.observer.frame()["differs"]
        return differs == expect.differs, f"{'differs' if expect.differs else 'does not differ'} from its twin"

    def _experiment(self, do: Do) -> None:
        """Make an experiment of the last thing that was said."""
        said = [line for line in self.talk.transcript.lines if line["kind"] == "person"]
        if not said:
            raise InterventionError("Nothing has been said that an experiment could be made of; say something first.")
        if self.trier is None:
            raise InterventionError("This conversation has no run in which experiments could be made.")
        found = self.trier(said[-1], do.wished(said[-1]["n"]), self.talk.observer.book, lambda done: None)
        self.experiments.append(found)
        self.show(f"Experiment: {found['sentence']}")

    def _print(self) -> None:
        """Show the lines that are new, and keep them."""
        lines = self.talk.transcript.lines
        for line in lines[self._shown :]:
            self.lines.append({"episode": self.talk.session.episode, **line})
            self.show(line["sentence"])
        self._shown = len(lines)
