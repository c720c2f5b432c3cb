"""Kinship: every structure's matrix, and rewards that are handed out by it."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy import stats

from commlab.env.batch import WorldBatch
from commlab.env.kinship import kinship_matrices, kinship_of
from commlab.env.loading import parse_scenario
from commlab.env.types import Action, Number
from commlab.foundation.errors import ScenarioError


def world_of(n_agents: int, n_worlds: int = 1, bodies: tuple[str, ...] = (), **kinship: Any) -> WorldBatch:
    """Worlds of some agents with a kinship; their bodies are "one", or as given."""
    names = bodies or ("one",) * n_agents
    scenario = parse_scenario(
        {
            "name": "kin",
            "title": "Kin",
            "about": "A world for one test.",
            "layout": {"height": 40, "width": 40, "altars": 0, "sites": 0},
            "bodies": {name: {} for name in sorted(set(names))},
            "agents": [{"body": name} for name in names],
            "kinship": kinship,
        }
    )
    batch = WorldBatch(scenario, n_worlds)
    batch.reset(np.arange(n_worlds))
    return batch


def matrices(n_agents: int, n_worlds: int = 1, **fields: Any) -> Any:
    batch = world_of(n_agents, n_worlds, **fields)
    return kinship_matrices(batch.world, batch.rules)


def matrix(n_agents: int, **fields: Any) -> list[list[float]]:
    rows: list[list[float]] = matrices(n_agents, **fields)[0].tolist()
    return rows


def test_selfish_and_cooperative() -> None:
    assert matrix(3, structure="selfish") == np.eye(3).tolist()
    assert matrix(3, structure="cooperative") == np.ones((3, 3)).tolist()
    assert matrix(2, structure="cooperative", share=0.25) == [[1, 0.25], [0.25, 1]]


@pytest.mark.interpreted
def test_teams_are_of_agents_listed_together() -> None:
    rows = matrix(5, structure="teams", size=2, share=0.5)
    assert rows == [[1, 0.5, 0, 0, 0], [0.5, 1, 0, 0, 0], [0, 0, 1, 0.5, 0], [0, 0, 0.5, 1, 0], [0, 0, 0, 0, 1]]


@pytest.mark.interpreted
def test_clans_are_of_teams_listed_together() -> None:
    k = np.array(matrix(11, structure="clans", size=2, share=0.5, clan=2, clan_share=-0.25))
    for i in range(11):
        for j in range(11):
            if i != j:
                assert k[i, j] == (0.5 if i // 2 == j // 2 else -0.25 if i // 4 == j // 4 else 0)


@pytest.mark.interpreted
def test_a_hive_lives_for_its_queens() -> None:
    rows = matrix(4, bodies=("drone", "queen", "drone", "queen"), structure="hive", queen="queen", share=0.75)
    assert rows == [[1, 0.75, 0, 0.75], [0, 1, 0, 0.75], [0, 0.75, 1, 0.75], [0, 0.75, 0, 1]]


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


def test_a_pedigree_is_repeated_for_one_family_after_another() -> None:
    k = np.array(matrix(7, structure="families", pedigree=(None, None, (0, 1))))
    family = np.array([[1, 0, 0.5], [0, 1, 0.5], [0.5, 0.5, 1]])
    assert (k[:3, :3] == family).all()
    assert (k[3:6, 3:6] == family).all()
    assert not k[:3, 3:].any()
    assert not k[6, :6].any()


def test_a_matrix_is_taken_as_it_is() -> None:
    rows = [[1, 0.5], [-1, 1]]
    assert matrix(2, structure="matrix", matrix=rows) == rows


def test_team_sizes_and_shares_are_drawn_per_episode() -> None:
    drawn: Any = {"structure": "clans", "size": [1, 4], "share": [0.5, 1], "clan": 2, "clan_share": [-1, 0]}
    batch = world_of(10, 2000, **drawn)
    k = kinship_matrices(batch.world, batch.rules)
    sizes = batch.world.numbers[:, Number.TEAM_SIZE]
    assert stats.chisquare(np.bincount(sizes)[1:]).pvalue > 1e-4
    of_teams, of_clans = k[sizes > 1, 0, 1], k[np.arange(2000), 0, sizes]
    assert stats.kstest(of_teams, "uniform", (0.5, 0.5)).pvalue > 1e-4
    assert stats.kstest(of_clans, "uniform", (-1, 1)).pvalue > 1e-4
    team, agents = np.arange(10)[None] // sizes[:, None], np.arange(10)
    mates = (team[:, :, None] == team[:, None, :]) & (agents[:, None] != agents)
    clan = team // 2
    assert (np.where(mates, k, 0.75) > 0).all()
    assert ((k < 0) == ((clan[:, :, None] == clan[:, None, :]) & (team[:, :, None] != team[:, None, :]))).all()
    assert len(np.unique(k[sizes == 2][0])) == 4, "one share for all teams, one for all clans"


@pytest.mark.parametrize("structure", ["cooperative", "teams"])
def test_all_agents_can_be_one_team_of_a_drawn_share(structure: str) -> None:
    k = matrices(3, 500, structure=structure, share=[0, 1], size=9)
    others = k[:, ~np.eye(3, dtype=bool)]
    assert (others == others[:, :1]).all()
    assert stats.kstest(others[:, 0], "uniform").pvalue > 1e-4


@pytest.mark.parametrize("symmetric", [True, False])
def test_random_shares_are_drawn_for_every_pair(symmetric: bool) -> None:
    k = matrices(4, 1000, structure="random", share=[-0.5, 1], symmetric=symmetric)
    assert (k[:, range(4), range(4)] == 1).all()
    above, below = k[:, *np.triu_indices(4, 1)], k.transpose(0, 2, 1)[:, *np.triu_indices(4, 1)]
    assert (above == below).all() == symmetric
    pairs = above if symmetric else np.concatenate([above, below], axis=1)
    assert stats.kstest(pairs.reshape(-1), "uniform", (-0.5, 1.5)).pvalue > 1e-4
    assert np.abs(np.corrcoef(pairs.T) - np.eye(pairs.shape[1])).max() < 0.15


@pytest.mark.interpreted
@pytest.mark.kernels
def test_what_is_observed_is_the_share_in_sixteenths() -> None:
    for share in (-1, -0.5, -0.03125, 0.03125, 0.09375, 0.3, 0.97, 1):
        world = world_of(2, structure="teams", share=share).world
        assert world.seen_shares[0, 0, 0] == np.rint(16 * share)  # half to even


@pytest.mark.interpreted
@pytest.mark.kernels
@pytest.mark.parametrize("share", [-1, 0.25, 0.75])
def test_a_bond_raises_what_two_are_to_each_other(share: float) -> None:
    batch = world_of(4, structure="cooperative", share=share, bond_share=0.53)
    batch.world.partner[0] = [2, -1, 0, -1]
    k = kinship_matrices(batch.world, batch.rules)[0]
    expected = np.full((4, 4), np.float32(share))
    expected[[0, 2], [2, 0]] = max(np.float32(0.53), np.float32(share))
    np.fill_diagonal(expected, 1)
    assert (k == expected).all()
    one_by_one = [[kinship_of(batch.world, batch.rules, 0, i, j) for j in range(4)] for i in range(4)]
    assert (np.array(one_by_one) == k).all()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"structure": "matrix"}, "kinship.matrix must have 2 rows of 2 numbers, one for each agent"),
        ({"structure": "matrix", "matrix": [[1, 0]]}, "kinship.matrix must have 2 rows of 2 numbers"),
        ({"structure": "matrix", "matrix": [[1, 0], [1]]}, "kinship.matrix must have 2 rows of 2 numbers"),
        ({"structure": "matrix", "matrix": [[1, 2], [0, 1]]}, "entries outside -1 to 1; scale them"),
        ({"structure": "matrix", "matrix": [[1, float("nan")], [0, 1]]}, "entries outside -1 to 1"),
        ({"structure": "matrix", "matrix": [[1, 0], [0, 0.5]]}, "ones on its diagonal"),
        ({"structure": "families"}, "pedigree has 0 rows, and there are 2 agents; give two parents or null for each"),
        ({"structure": "families", "pedigree": []}, "pedigree has 0 rows, and there are 2 agents"),
        ({"structure": "families", "pedigree": [None] * 3}, "pedigree has 3 rows, and there are 2 agents"),
        ({"structure": "families", "pedigree": [None, (0, 1)]}, "row 1 has the parents .0, 1.; .* 0 to 0"),
        ({"structure": "families", "pedigree": [(0, 0), None]}, "listed before it, so the first has null"),
        ({"structure": "families", "pedigree": [None, (-1, 0)]}, "row 1 has the parents"),
        ({"structure": "hive"}, "kinship.queen: a hive has a queen; name one of the bodies one"),
        (
            {"structure": "hive", "queen": "on"},
            "no agent has the body 'on'; did you mean 'one'. The agents",
        ),
        (
            {"structure": "hive", "queen": "one", "share": [0, 1]},
            "share in a queen is one number, not 0 to 1; give one",
        ),
    ],
)
def test_a_kinship_that_does_not_fit_is_told_in_a_sentence(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ScenarioError, match=sentence) as raised:
        world_of(2, **fields)
    assert str(raised.value).endswith(".")


NOTHING_TO_SHARE: list[tuple[int, dict[str, Any]]] = [
    (2, {"structure": "cooperative", "share": -1}),
    (3, {"structure": "cooperative", "share": -0.5}),
    (3, {"structure": "cooperative", "share": [-0.5, 1]}),
    (4, {"structure": "teams", "share": [-0.5, 1], "size": [1, 3]}),
    (6, {"structure": "clans", "share": 0.5, "size": [2, 3], "clan": 2, "clan_share": -0.75}),
    (3, {"structure": "random", "share": [-0.5, 1]}),
    (2, {"structure": "matrix", "matrix": [[1, -1], [0, 1]]}),
    (2, {"structure": "hive", "share": -1, "queen": "one"}),
]


@pytest.mark.parametrize(("n_agents", "fields"), NOTHING_TO_SHARE, ids=str)
def test_shares_that_could_add_up_to_nothing_cannot_be_normalised(n_agents: int, fields: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError, match="kinship.normalise needs shares that add up to more than 0 for everyone"):
        world_of(n_agents, **fields, normalise=True)
    world_of(n_agents, **fields)


@pytest.mark.parametrize(
    ("n_agents", "fields"),
    [
        (3, {"structure": "cooperative", "share": -0.49}),
        (4, {"structure": "teams", "share": [-0.49, 1], "size": [1, 3]}),
        (6, {"structure": "clans", "share": 0.5, "size": 2, "clan": 2, "clan_share": -0.74}),
        (3, {"structure": "random", "share": [-0.49, 1]}),
    ],
    ids=str,
)
def test_shares_that_add_up_to_something_can_be_normalised(n_agents: int, fields: dict[str, Any]) -> None:
    columns = matrices(n_agents, 50, **fields, normalise=True).sum(axis=1)
    assert (columns > 0).all()


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
