"""K by its definition: who receives which share of whose reward, entry by entry."""

import numpy as np

from commlab.env.scenario import Scenario


def kinship_of(scenario: Scenario) -> list[list[float]]:
    """K by its definition, entry by entry."""
    spec, n = scenario.kinship, scenario.n_agents

    def related(i: int, j: int) -> float:
        if i == j:
            return 1.0
        young, old = max(i, j), min(i, j)
        assert spec.pedigree is not None
        parents = spec.pedigree[young]
        return 0.0 if parents is None else sum(related(parent, old) for parent in parents) / 2

    def entry(i: int, j: int) -> float:
        if i == j:
            return 1.0
        if spec.structure == "cooperative":
            return spec.share
        if spec.structure == "teams":
            return spec.share if i // spec.size == j // spec.size else 0.0
        if spec.structure == "families":
            return related(i, j)
        if spec.structure == "matrix":
            assert spec.matrix is not None
            return spec.matrix[i][j]
        return 0.0

    return [[float(np.float32(entry(i, j))) for j in range(n)] for i in range(n)]
