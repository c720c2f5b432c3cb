"""Scripted agents as a policy: who cannot walk speaks a planted language, the others listen, gather and deliver.

All randomness is the world's own, so that an episode played again is the same, and twins stay aligned.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.policy import Decision, Draws, Hooks
from commlab.agents.scripted.draws import uniforms
from commlab.agents.scripted.ground import ground_of, walks
from commlab.agents.scripted.language import Language, LanguageName, draw_language
from commlab.agents.scripted.listening import LISTENERS, ListenerName, Listening, ear_of, listen, silence
from commlab.agents.scripted.speaking import NEVER, Speakers, Talk
from commlab.agents.scripted.walking import Going, Walkers
from commlab.env.loading import load_scenario
from commlab.env.randomness import Purpose
from commlab.env.scenario import Scenario
from commlab.env.types import Action, Observation
from commlab.foundation.errors import DataError, nearest_names

__all__ = ["Planted", "ScriptedPolicy", "plant"]

_SEARCH = 100  # indices of draws: actions have those below


class Memory(NamedTuple):
    """What scripted agents remember."""

    talk: Talk
    listening: Listening
    going: Going


class ScriptedPolicy:
    """A policy whose language and whose obedience are known."""

    def __init__(self, scenario: Scenario, language: Language, listener: ListenerName = "obeying") -> None:
        """Agents that cannot walk speak `language`; all others are listeners of one kind, and silent.

        Raises ScenarioError where scripted agents cannot live in the scenario.
        """
        ground = ground_of(scenario)
        can_walk = np.array([walks(scenario, body) for body in scenario.agent_bodies])
        self.n_agents, self.n_actions = scenario.n_agents, scenario.n_actions
        self.language, self.listener = language, listener
        self.speakers = Speakers(language, ground, np.flatnonzero(~can_walk))
        self.walkers = Walkers(ground, np.flatnonzero(can_walk), self.n_actions)
        self.ear = ear_of(listener, language, ground)

    def initial_state(self, n_worlds: int) -> Memory:
        """Return what agents remember when an episode begins."""
        return Memory(
            self.speakers.initial_state(n_worlds),
            silence(n_worlds, len(self.walkers.agents)),
            self.walkers.initial_state(n_worlds),
        )

    @property
    def hidden_sizes(self) -> dict[str, int]:
        """None: what scripted agents remember is no hidden state."""
        return {}

    def fork_state(self, state: Memory, worlds: NDArray[np.int64]) -> Memory:
        """Return a copy of what they remember, for a batch whose world n is `worlds[n]` of this one's."""
        talk, listening, going = state
        return Memory(
            Talk(*(array[worlds] for array in talk)),
            Listening(*(array[worlds] for array in listening)),
            Going(*(array[worlds] for array in going)),
        )

    def step(self, observation: Observation, state: Memory, draws: Draws, hooks: Hooks | None = None) -> Decision:
        """Return what all agents do in all worlds; there is nothing to hook."""
        decision = self._nothing(len(draws.key))
        said, talk = self.speakers.speak(observation, state.talk, draws)
        speakers, walkers = self.speakers.agents, self.walkers.agents
        decision.message[:, speakers] = said.message
        decision.logits[:, speakers, self.n_actions :] = said.logits
        decision.logprob[:, speakers] = said.logprob
        drawn = uniforms(draws, walkers, Purpose.ACTION, _SEARCH, 3)
        listening = listen(self.ear, observation, walkers, state.listening, drawn[..., 2])
        logits, place, going = self.walkers.go(observation, listening.place, state.going, drawn)
        action, logprob = sampled(logits, uniforms(draws, walkers, Purpose.ACTION, 0, self.n_actions))
        decision.action[:, walkers] = action
        decision.logits[:, walkers, : self.n_actions] = logits
        decision.logprob[:, walkers] = logprob
        memory = Memory(talk, listening._replace(place=place), going._replace(action=action))
        return decision._replace(state=memory)

    def _nothing(self, n_worlds: int) -> Decision:
        """Return a decision in which everyone stays and is silent for certain."""
        rows, language = (n_worlds, self.n_agents), self.language
        logits = np.full((*rows, self.n_actions + language.length * language.vocabulary), NEVER)
        logits[..., Action.STAY] = 0
        logits[..., self.n_actions :: language.vocabulary] = 0
        return Decision(
            action=np.zeros(rows, np.uint8),
            message=np.zeros((*rows, language.length), np.uint8),
            logprob=np.zeros(rows, np.float32),
            logits=logits,
            value=np.zeros(rows, np.float32),
            hidden={},
            state=None,
        )


class Planted(NamedTuple):
    """Scripted agents with their world, as a recording takes them in a checkpoint's stead."""

    policy: ScriptedPolicy
    scenario: Scenario
    facts: dict[str, Any]
    sha256: str


def plant(
    name: LanguageName | str,
    seed: int = 0,
    listener: ListenerName | str = "obeying",
    scenario: Scenario | None = None,
    slips: float = 0.0,
) -> Planted:
    """Return speakers of the language drawn from `seed` and their listeners, in `babel` or another scenario.

    slips: the chance that speakers name something else than what is there. Raises DataError for unknown names and for
    languages that the channel has no room for, and ScenarioError for a scenario in which scripted agents cannot live.
    """
    if listener not in LISTENERS:
        near = nearest_names(listener, LISTENERS, limit=1)[0]
        raise DataError(f"There is no listener {listener!r}: the nearest is {near}, all are {', '.join(LISTENERS)}.")
    kind: ListenerName = LISTENERS[LISTENERS.index(listener)]
    world = scenario or load_scenario("babel", {"channel.length": _LENGTHS.get(name, 1)})
    kinds = tuple(dict.fromkeys(crystal.kind for crystal in world.crystals))
    channel = world.channel
    language = draw_language(name, seed, ground_of(world).places, kinds, channel.vocabulary, channel.length, slips)
    facts = {"scripted": {**language.facts, "listener": kind}}
    return Planted(ScriptedPolicy(world, language, kind), world, facts, language.sha256)


_LENGTHS = {"holistic-pairs": 2, "compositional": 2, "positional": 2}  # symbols in a message, where it is not one


def sampled(logits: NDArray[np.float32], drawn: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return actions (W, n) drawn by Gumbel-max from logits (W, n, n_actions), and their log-probabilities in nats."""
    action = (logits - np.log(-np.log(drawn))).argmax(axis=-1)
    top = logits.max(axis=-1, keepdims=True)
    logs = logits - top - np.log(np.exp(logits - top).sum(axis=-1, keepdims=True))
    return action, np.take_along_axis(logs, action[..., None], axis=-1)[..., 0]
