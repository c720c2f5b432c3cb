"""Kinship matrices: K[i, j] is the share of agent j's reward that agent i receives; K[i, i] = 1."""

from __future__ import annotations

import numpy as np

from commlab.env.scenario import Kinship
from commlab.env.types import Floats
from commlab.foundation.errors import ScenarioError


def kinship_matrix(kinship: Kinship, n_agents: int) -> Floats:
    """Return K of shape (A, A), float32, for the structure that a scenario names.

    Raises ScenarioError where a matrix or pedigree does not fit the number of agents.
    """
    if kinship.structure == "selfish":
        matrix = np.eye(n_agents)
    elif kinship.structure == "cooperative":
        matrix = np.full((n_agents, n_agents), kinship.share)
    elif kinship.structure == "teams":
        team = np.arange(n_agents) // kinship.size
        matrix = np.where(team[:, None] == team[None, :], kinship.share, 0.0)
    elif kinship.structure == "families":
        matrix = relatedness(kinship.pedigree, n_agents)
    else:
        matrix = _explicit(kinship.matrix, n_agents)
    np.fill_diagonal(matrix, 1.0)
    if kinship.normalise and (matrix.sum(axis=0) <= 0).any():
        raise ScenarioError("kinship.normalise needs shares that add up to more than 0 for everyone; raise the shares.")
    return matrix.astype(np.float32)


def relatedness(pedigree: tuple[tuple[int, int] | None, ...] | None, n_agents: int) -> np.ndarray:
    """Return the additive relationship of agents whose parents are given; without inbreeding 1/2, 1/4, 1/8 …

    The tabular method (Emik and Terrill 1949): a child is to anyone born before it the mean of what its parents are.
    """
    if pedigree is None or len(pedigree) != n_agents:
        given = 0 if pedigree is None else len(pedigree)
        raise ScenarioError(
            f"kinship.pedigree has {given} rows, but there are {n_agents} agents; give two parents or null for each."
        )
    matrix = np.eye(n_agents)
    for child, parents in enumerate(pedigree):
        if parents is None:
            continue
        if not all(0 <= parent < child for parent in parents):
            raise ScenarioError(
                f"kinship.pedigree row {child} has the parents {list(parents)}; parents are agents listed before it, "
                f"{f'0 to {child - 1}' if child else 'so the first has null'}."
            )
        matrix[child, :child] = matrix[list(parents), :child].mean(axis=0)
        matrix[:child, child] = matrix[child, :child]
    return matrix


def _explicit(rows: tuple[tuple[float, ...], ...] | None, n_agents: int) -> np.ndarray:
    """Return the matrix that a scenario spells out, checked for shape, range and diagonal."""
    if rows is None or len(rows) != n_agents or any(len(row) != n_agents for row in rows):
        raise ScenarioError(f"kinship.matrix must have {n_agents} rows of {n_agents} numbers, one for each agent.")
    matrix = np.array(rows, dtype=np.float64)
    if not (np.abs(matrix) <= 1).all():
        raise ScenarioError("kinship.matrix has entries outside -1 to 1; scale them into that range.")
    if not (np.diag(matrix) == 1).all():
        raise ScenarioError("kinship.matrix must have ones on its diagonal: everyone is wholly its own kin.")
    return matrix
