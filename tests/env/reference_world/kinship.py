"""K by its definition: who receives which share of whose reward, entry by entry."""

from commlab.env.scenario import Scenario
from reference_world.draws import PAIR, RESET, SHARE, draw, draw_pair, real_between, single, step_key
from reference_world.world import World


def kinship_of(scenario: Scenario, key: int, team_size: int) -> list[list[float]]:
    """K of an episode before any bond, rounded to float32."""
    spec, n = scenario.kinship, scenario.n_agents
    now = step_key(key, RESET)
    share = real_between(draw(now, -1, SHARE, 0), *spec.share)
    clan_share = real_between(draw(now, -1, SHARE, 1), *spec.clan_share)

    def entry(i: int, j: int) -> float:
        if i == j:
            return 1.0
        if spec.structure == "cooperative":
            return share
        if spec.structure == "hive":
            return share if scenario.agent_bodies[j] == spec.queen else 0.0
        if spec.structure in ("teams", "clans"):
            one, other = i // team_size, j // team_size
            if one == other:
                return share
            same_clan = spec.structure == "clans" and one // spec.clan == other // spec.clan
            return clan_share if same_clan else 0.0
        if spec.structure == "families":
            return related(spec.pedigree, i, j)
        if spec.structure == "random":
            pair = (min(i, j), max(i, j)) if spec.symmetric else (i, j)
            return real_between(draw_pair(now, *pair, PAIR, 0), *spec.share)
        if spec.structure == "matrix":
            assert spec.matrix is not None
            return spec.matrix[i][j]
        return 0.0

    return [[single(entry(i, j)) for j in range(n)] for i in range(n)]


def related(pedigree: tuple[tuple[int, int] | None, ...] | None, i: int, j: int) -> float:
    """Relatedness by the parents of whoever was born later; the pedigree is that of every family in turn."""
    if i == j:
        return 1.0
    assert pedigree is not None
    young, old = max(i, j), min(i, j)
    family, child = divmod(young, len(pedigree))
    parents = pedigree[child]
    if parents is None:
        return 0.0
    return sum(related(pedigree, family * len(pedigree) + parent, old) for parent in parents) / 2


def kinship(world: World, i: int, j: int) -> float:
    """K[i, j] now, bonds included."""
    share, bonded = world.kinship[i][j], single(world.scenario.kinship.bond_share)
    if world.agents[i].partner == j and bonded > share:
        return bonded
    return share
