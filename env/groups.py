"""Kinship as a scenario names it: K[i, j] is the share of agent j's reward that agent i receives; K[i, i] = 1.

Kinship is kept as shares between groups of agents. Where it is the same in every episode, groups and shares are made
here; teams and random kinship are drawn when an episode begins (`env/kinship.py`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.env.scenario import Kinship, Scenario
from commlab.env.types import Floats, Shorts, Structure
from commlab.foundation.errors import ScenarioError, nearest_names


class Groups(NamedTuple):
    """The kin groups of a scenario's agents."""

    structure: Structure
    group: Shorts  # (A,) of a FIXED structure, else zeros
    shares: Floats  # (G, G) of a FIXED structure, else zeros; an agent's with itself is 1 whatever its group's


def kin_groups(scenario: Scenario) -> Groups:
    """Return the kin groups of a scenario; ScenarioError where a pedigree or matrix does not fit its agents."""
    kinship, n_agents = scenario.kinship, scenario.n_agents
    everyone = np.zeros(n_agents, dtype=np.int16)
    each = np.arange(n_agents, dtype=np.int16)
    if kinship.structure == "selfish":
        groups = _fixed(everyone, np.zeros((1, 1)))
    elif kinship.structure == "cooperative" and kinship.share.low == kinship.share.high:
        groups = _fixed(everyone, np.full((1, 1), kinship.share.low))
    elif kinship.structure == "hive":
        groups = _fixed(*_hive(scenario))
    elif kinship.structure == "families":
        groups = _fixed(each, relatedness(kinship.pedigree, n_agents))
    elif kinship.structure == "matrix":
        groups = _fixed(each, _explicit(kinship.matrix, n_agents))
    elif kinship.structure == "random":
        structure = Structure.RANDOM_SYMMETRIC if kinship.symmetric else Structure.RANDOM
        groups = Groups(structure, everyone, np.zeros((n_agents, n_agents), dtype=np.float32))
    else:
        n_teams = -(-n_agents // team_size(scenario)[0])
        groups = Groups(Structure.TEAMS, everyone, np.zeros((n_teams, n_teams), dtype=np.float32))
    if kinship.normalise:
        _check_columns(kinship, groups, scenario)
    return groups


def team_size(scenario: Scenario) -> tuple[int, int]:
    """Return the least and largest number of agents in a team; all cooperating agents are one."""
    kinship, n_agents = scenario.kinship, scenario.n_agents
    return (n_agents, n_agents) if kinship.structure == "cooperative" else (kinship.size.low, kinship.size.high)


def relatedness(pedigree: tuple[tuple[int, int] | None, ...] | None, n_agents: int) -> NDArray[np.float64]:
    """Return the additive relationship of agents whose parents are given; without inbreeding 1/2, 1/4, 1/8 …

    The tabular method (Emik and Terrill 1949): a child is to anyone born before it the mean of what its parents are. A
    pedigree shorter than the list of agents is of one family, and repeated.
    """
    size = len(pedigree or ())
    if not pedigree or size > n_agents:
        raise ScenarioError(
            f"kinship.pedigree has {size} rows, and there are {n_agents} agents; give two parents or null for each "
            "agent, or for those of one family."
        )
    family = np.eye(size)
    for child, parents in enumerate(pedigree):
        if parents is None:
            continue
        if not all(0 <= parent < child for parent in parents):
            raise ScenarioError(
                f"kinship.pedigree row {child} has the parents {list(parents)}; parents are agents listed before it, "
                f"{f'0 to {child - 1}' if child else 'so the first has null'}."
            )
        family[child, :child] = family[list(parents), :child].mean(axis=0)
        family[:child, child] = family[child, :child]
    n_families = -(-n_agents // size)
    return np.asarray(np.kron(np.eye(n_families), family)[:n_agents, :n_agents], dtype=np.float64)


def _fixed(group: Shorts, shares: NDArray[np.float64]) -> Groups:
    return Groups(Structure.FIXED, group, shares.astype(np.float32))


def _hive(scenario: Scenario) -> tuple[Shorts, NDArray[np.float64]]:
    """Return the groups of workers (0) and queens (1): everyone has a share in what queens earn."""
    queen, share = scenario.kinship.queen, scenario.kinship.share
    bodies = sorted(set(scenario.agent_bodies))
    if queen is None:
        raise ScenarioError(f"kinship.queen: a hive has a queen; name one of the bodies {', '.join(bodies)}.")
    if queen not in bodies:
        raise ScenarioError(
            f"kinship.queen: no agent has the body {queen!r}; did you mean {nearest_names(queen, bodies, 1)[0]!r}? "
            f"The agents' bodies are {', '.join(bodies)}."
        )
    if share.low != share.high:
        raise ScenarioError(f"kinship.share: everyone's share in a queen is one number, not {share}; give one.")
    group = np.array([body == queen for body in scenario.agent_bodies], dtype=np.int16)
    return group, np.array([[0.0, share.low], [0.0, share.low]])


def _explicit(rows: tuple[tuple[float, ...], ...] | None, n_agents: int) -> NDArray[np.float64]:
    """Return the matrix that a scenario spells out, checked for shape, range and diagonal."""
    if rows is None or len(rows) != n_agents or any(len(row) != n_agents for row in rows):
        raise ScenarioError(f"kinship.matrix must have {n_agents} rows of {n_agents} numbers, one for each agent.")
    matrix = np.array(rows, dtype=np.float64)
    if not (np.abs(matrix) <= 1).all():
        raise ScenarioError("kinship.matrix has entries outside -1 to 1; scale them into that range.")
    if not (np.diag(matrix) == 1).all():
        raise ScenarioError("kinship.matrix must have ones on its diagonal: everyone is wholly its own kin.")
    return matrix


def _check_columns(kinship: Kinship, groups: Groups, scenario: Scenario) -> None:
    """Raise ScenarioError where the shares in somebody's reward can add up to nothing, so that none can be made 1."""
    if groups.structure == Structure.FIXED:
        members = np.bincount(groups.group, minlength=len(groups.shares))
        columns = 1 + members @ groups.shares.astype(np.float64) - np.diag(groups.shares)
    elif groups.structure == Structure.TEAMS:
        columns = np.concatenate([_team_columns(scenario, size) for size in range(*_sizes(scenario))])
    else:
        columns = np.array([1 + (scenario.n_agents - 1) * kinship.share.low])
    if columns.min() <= 0:
        raise ScenarioError("kinship.normalise needs shares that add up to more than 0 for everyone; raise the shares.")


def _sizes(scenario: Scenario) -> tuple[int, int]:
    """Return the range of sizes that teams can have; teams larger than all agents together are alike."""
    low, high = team_size(scenario)
    return min(low, scenario.n_agents), min(high, scenario.n_agents) + 1


def _team_columns(scenario: Scenario, size: int) -> NDArray[np.float64]:
    """Return the least that the shares in each agent's reward can add up to, with teams of a size."""
    kinship, team = scenario.kinship, np.arange(scenario.n_agents) // size
    in_team = np.bincount(team)[team]
    columns = np.array(1 + (in_team - 1) * kinship.share.low, dtype=np.float64)
    if kinship.structure == "clans":
        clan = team // kinship.clan
        columns += (np.bincount(clan)[clan] - in_team) * kinship.clan_share.low
    return columns
