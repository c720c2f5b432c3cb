"""Who speaks, who listens, and how agents live in an experiment: with the channel, or muted as they were trained."""

from __future__ import annotations

from typing import NamedTuple

from commlab.agents.plan import MUTED, NO_PLAN, Plan
from commlab.env.scenario import Scenario
from commlab.recording import Playable

__all__ = ["Roles", "home_plan", "is_muted", "roles_of", "usual_episodes"]

ROWS = 2**19  # steps of agents in the episodes of an arm: a minute or two for the whole verdict
FEWEST = 32


class Roles(NamedTuple):
    """Agents by what they do with the channel."""

    speakers: tuple[int, ...]
    listeners: tuple[int, ...]


def roles_of(scenario: Scenario) -> Roles:
    """Return who speaks and who listens: scouts and all others; everybody does both where there are only one of them.

    The same rule as `probes.decode.sources.find_agents` has for recordings.
    """
    bodies = scenario.agent_bodies
    everybody = tuple(range(scenario.n_agents))
    scouts = tuple(agent for agent in everybody if bodies[agent] == "scout")
    others = tuple(agent for agent in everybody if bodies[agent] != "scout")
    return Roles(scouts or everybody, others or everybody)


def is_muted(agents: Playable) -> bool:
    """Return whether agents were trained with the channel muted."""
    return bool(agents.facts.get("muted", False))


def home_plan(agents: Playable) -> Plan:
    """Return the plan under which agents live as they were trained: nothing, or the channel muted."""
    return MUTED if is_muted(agents) else NO_PLAN


def usual_episodes(scenario: Scenario, wanted: int) -> int:
    """Return how many episodes to play where nobody says: as many as are wanted, fewer in large worlds."""
    return min(wanted, max(FEWEST, ROWS // (scenario.steps * scenario.n_agents)))
