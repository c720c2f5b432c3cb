"""The stage of an experiment on hidden states: agents, cases, values, and the rollouts of its arms."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.plan import NO_PLAN, Plan, together
from commlab.datasets.reader import Recording
from commlab.foundation.errors import InterventionError
from commlab.probes.cause.hidden.cases import SPAN, Cases, Wish, check_wish, deafening, find_cases, where_changed
from commlab.probes.cause.hidden.outcomes import Arm, Ruler, make_ruler, outcomes_of, read_arm
from commlab.probes.cause.hidden.states import States, check_layer, check_same, read_states, recorded, value_table
from commlab.probes.cause.twins import Trace, play
from commlab.probes.decode.sources import find_agents
from commlab.recording import Playable

__all__ = ["Stage", "set_stage"]


class Stage(NamedTuple):
    """What all arms of an experiment share."""

    agents: Playable
    wish: Wish
    states: States  # of the recording: what directions are fitted on
    ruler: Ruler
    natural: Trace  # the episodes of the experiment as they are, with the layer's hidden states
    world: Recording  # the same, for targets
    values: NDArray[np.int64]  # (T, E, A) the target's in these episodes
    cases: Cases

    @property
    def shape(self) -> tuple[int, int, int]:
        """Steps, episodes and agents."""
        n_steps, n_episodes, n_agents = self.values.shape
        return n_steps, n_episodes, n_agents

    def where(self, duration: int) -> NDArray[np.bool_]:
        """Return where states are changed for so many steps, (T, E, A)."""
        return where_changed(self.cases, self.shape, duration)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes that can be told, the main one first."""
        return outcomes_of(self.ruler, self.cases)

    def play(self, plan: Plan = NO_PLAN) -> Arm:
        """Return what the cases come to under a plan."""
        return read_arm(self.trace(plan), self.cases, self.ruler)

    def trace(self, plan: Plan = NO_PLAN) -> Trace:
        """Return the episodes under a plan; in all of them listeners are deaf, if so wished."""
        wish = self.wish
        deafened = deafening(self.cases, self.shape) if wish.deaf else NO_PLAN
        return play(self.agents, wish.n_episodes, wish.seed, together(deafened, plan))

    def spread(self, vectors: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return the cases' vectors (n, H) for all episodes, (1, E, 1, H); zeros in episodes without a case."""
        spread = np.zeros((1, self.shape[1], 1, vectors.shape[1]), np.float32)
        spread[0, self.cases.episode, 0] = vectors
        return spread

    def facts(self) -> dict[str, Any]:
        """Return what a result says of its stage."""
        wish = self.wish
        return {
            "target": self.states.target,
            "values": list(self.states.names),
            "of": self.states.of,
            "layer": wish.layer,
            "at": wish.at,
            "duration": wish.lasts,
            "span": SPAN,
            "deaf": wish.deaf,
            "n_fitted": self.states.n_episodes,
        }


def set_stage(agents: Playable, recording: Recording, wish: Wish) -> Stage:
    """Return the stage of a wish. Raises InterventionError and DataError for what cannot be staged."""
    check_layer(agents, wish.layer)
    check_wish(wish, agents.scenario)
    check_same(agents, recording)
    who = find_agents(recording, wish.of, "listeners")
    listeners = find_agents(recording, "listeners", "listeners").indices
    speaks = who.name == "speakers" or not set(who.indices) <= set(listeners)
    if wish.told and speaks:
        raise InterventionError("--told is for listeners: a speaker's twin is told nothing; leave it out.")
    states = read_states(recording, wish.target, wish.layer, who.name, wish.seed)
    talkers = who.indices if speaks else find_agents(recording, "speakers", "speakers").indices
    ruler = make_ruler(recording, states.target, states.names, tuple(talkers))
    natural = play(agents, wish.n_episodes, wish.seed, layers=(wish.layer,))
    world = recorded(agents, wish.n_episodes, wish.seed)
    values = value_table(world, states.target, states.names, agents.scenario.steps)
    rng = np.random.default_rng([wish.seed, 10])
    cases = find_cases(natural, values, who.indices, tuple(listeners), speaks, rng, wish.at)
    return Stage(agents, wish, states, ruler, natural, world, values, cases)
