"""Kinship: every structure's matrix, and rewards that are handed out by it."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from commlab.env.kinship import kinship_matrix
from commlab.env.scenario import Kinship
from commlab.env.types import Action
from commlab.foundation.errors import ScenarioError


def matrix(n_agents: int, **fields: Any) -> list[list[float]]:
    return kinship_matrix(Kinship(**fields), n_agents).tolist()


def test_selfish_and_cooperative() -> None:
    assert matrix(3, structure="selfish") == np.eye(3).tolist()
    assert matrix(3, structure="cooperative") == np.ones((3, 3)).tolist()
    assert matrix(2, structure="cooperative", share=0.25) == [[1, 0.25], [0.25, 1]]


def test_teams_are_of_agents_listed_together() -> None:
    rows = matrix(5, structure="teams", size=2, share=0.5)
    assert rows == [[1, 0.5, 0, 0, 0], [0.5, 1, 0, 0, 0], [0, 0, 1, 0.5, 0], [0, 0, 0.5, 1, 0], [0, 0, 0, 0, 1]]


def test_families_are_related_by_a_half_a_quarter_and_an_eighth() -> None:
    # 0 and 1 have 2 and 3; with 4 and 5 from elsewhere these have 6 and 7, who have 8 with 9 and 10 with 11
    pedigree = (None, None, (0, 1), (0, 1), None, None, (2, 4), (3, 5), None, None, (6, 8), (7, 9))
    k = np.array(matrix(12, structure="families", pedigree=pedigree))
    assert (k == k.T).all()
    assert (np.diag(k) == 1).all()
    assert k[0, 1] == 0
    assert k[0, 2] == 0.5  # parent and child
    assert k[2, 3] == 0.5  # siblings
    assert k[3, 6] == 0.25  # uncle and niece
    assert k[0, 6] == 0.25  # grandparent
    assert k[6, 7] == 0.125  # cousins
    assert k[6, 11] == 0.0625  # cousins once removed
    assert k[10, 11] == 0.03125  # second cousins


def test_half_siblings_are_related_by_a_quarter() -> None:
    assert matrix(5, structure="families", pedigree=(None, None, None, (0, 1), (0, 2)))[3][4] == 0.25


def test_a_matrix_is_taken_as_it_is() -> None:
    rows = [[1, 0.5], [-1, 1]]
    assert matrix(2, structure="matrix", matrix=rows) == rows


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"structure": "matrix"}, "kinship.matrix must have 2 rows of 2 numbers, one for each agent"),
        ({"structure": "matrix", "matrix": [[1, 0]]}, "kinship.matrix must have 2 rows of 2 numbers"),
        ({"structure": "matrix", "matrix": [[1, 0], [1]]}, "kinship.matrix must have 2 rows of 2 numbers"),
        ({"structure": "matrix", "matrix": [[1, 2], [0, 1]]}, "entries outside -1 to 1; scale them"),
        ({"structure": "matrix", "matrix": [[1, float("nan")], [0, 1]]}, "entries outside -1 to 1"),
        ({"structure": "matrix", "matrix": [[1, 0], [0, 0.5]]}, "ones on its diagonal"),
        ({"structure": "families"}, "pedigree has 0 rows, but there are 2 agents; give two parents or null for each"),
        ({"structure": "families", "pedigree": [None]}, "pedigree has 1 rows, but there are 2 agents"),
        ({"structure": "families", "pedigree": [None, (0, 1)]}, "row 1 has the parents .0, 1.; .* 0 to 0"),
        ({"structure": "families", "pedigree": [(0, 0), None]}, "listed before it, so the first has null"),
        ({"structure": "families", "pedigree": [None, (-1, 0)]}, "row 1 has the parents"),
        (
            {"structure": "cooperative", "share": -1, "normalise": True},
            "kinship.normalise needs shares that add up to more than 0 for everyone; raise the shares",
        ),
    ],
)
def test_a_kinship_that_does_not_fit_is_told_in_a_sentence(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ScenarioError, match=sentence) as raised:
        kinship_matrix(Kinship(**fields), 2)
    assert str(raised.value).endswith(".")


ALTARS = "#######\n#@A.A@#\n#.....#\n#..@..#\n#######"
ASYMMETRIC = [[1, 0.5, 0], [0.25, 1, 0], [0, 1, 1]]


@pytest.mark.interpreted
@pytest.mark.kernels
@pytest.mark.parametrize(
    ("kinship", "one_earns", "two_earn"),
    [
        ({"structure": "selfish"}, [2, 0, 0], [2, 2, 0]),
        ({"structure": "cooperative"}, [2, 2, 2], [4, 4, 4]),
        ({"structure": "teams", "size": 2, "share": 0.5}, [2, 1, 0], [3, 3, 0]),
        ({"structure": "matrix", "matrix": ASYMMETRIC}, [2, 0.5, 0], [3, 2.5, 2]),
        ({"structure": "cooperative", "normalise": True}, [2 / 3] * 3, [4 / 3] * 3),
        ({"structure": "matrix", "matrix": ASYMMETRIC, "normalise": True}, [1.6, 0.4, 0], [2.0, 1.2, 0.8]),
    ],
)
def test_rewards_are_shared_by_kinship(
    kinship: dict[str, Any], one_earns: list[float], two_earn: list[float], worlds: ModuleType
) -> None:
    scenario = worlds.small(ALTARS, kinship=kinship, altar={"cost": 10, "reward": 2, "cooldown": 0}, bump=True)
    batch = worlds.begin(scenario)
    for second, expected in ((Action.STAY, one_earns), (Action.WEST, two_earn)):
        worlds.act(batch, Action.EAST, second, Action.STAY)
        earned = batch.world.own_reward[0]
        assert earned.tolist() == [2, 0 if second == Action.STAY else 2, 0]
        assert batch.world.shared_reward[0] == pytest.approx(np.array(expected, np.float32))
        if kinship.get("normalise"):
            assert batch.world.shared_reward[0].sum() == pytest.approx(earned.sum())
    worlds.act(batch, Action.STAY, Action.STAY, Action.STAY)
    assert not batch.world.own_reward.any()
    assert not batch.world.shared_reward.any()
