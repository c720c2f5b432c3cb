"""Kinship in an episode: groups and shares, which may be drawn, and what two agents are to each other."""

from __future__ import annotations

import numpy as np

from commlab.env.episode import real
from commlab.env.kernel import kernel
from commlab.env.randomness import Purpose, draw_pair, uniform
from commlab.env.types import KINSHIP_STEPS, Floats, Number, Rules, Structure, World

_SHARE, _PAIR, _TEAM_SIZE = int(Purpose.SHARE), int(Purpose.PAIR), int(Number.TEAM_SIZE)
_FIXED, _TEAMS = int(Structure.FIXED), int(Structure.TEAMS)
_SYMMETRIC = int(Structure.RANDOM_SYMMETRIC)


@kernel
def kinship_of(world, rules, w, i, j):  # type: ignore[no-untyped-def]
    """Return K[i, j] of world `w`, bonds included, as float64."""
    if i == j:
        return 1.0
    share = np.float64(world.shares[w, world.group[w, i], world.group[w, j]])
    if world.partner[w, i] == j and rules.bond_share > share:
        share = rules.bond_share
    return share


def kinship_matrices(world: World, rules: Rules) -> Floats:
    """Return K of every world as (W, A, A) float32, bonds included."""
    of_world = np.arange(world.t.shape[0])[:, None, None]
    matrices = world.shares[of_world, world.group[:, :, None], world.group[:, None, :]]
    agents = np.arange(world.group.shape[1])
    bonded = (world.partner[:, :, None] == agents) & (matrices < rules.bond_share)
    matrices[bonded] = rules.bond_share
    matrices[:, agents, agents] = 1.0
    return matrices


@kernel
def draw_kinship(world, rules, w, step):  # type: ignore[no-untyped-def]
    """Make or draw the kinship of an episode; write group, shares, seen_shares."""
    if rules.structure == _FIXED:
        take_fixed(world, rules, w)
    elif rules.structure == _TEAMS:
        draw_teams(world, rules, w, step)
    else:
        draw_pairs(world, rules, w, step)
    for g in range(world.shares.shape[1]):
        for h in range(world.shares.shape[2]):
            world.seen_shares[w, g, h] = sixteenths(world.shares[w, g, h])


@kernel
def take_fixed(world, rules, w):  # type: ignore[no-untyped-def]
    """Take the scenario's own groups and shares; write group, shares."""
    for i in range(rules.group.shape[0]):
        world.group[w, i] = rules.group[i]
    for g in range(rules.shares.shape[0]):
        for h in range(rules.shares.shape[1]):
            world.shares[w, g, h] = rules.shares[g, h]


@kernel
def draw_teams(world, rules, w, step):  # type: ignore[no-untyped-def]
    """Make teams, in the order of the agents, and clans of teams; write group, shares."""
    size = int(world.numbers[w, _TEAM_SIZE])
    for i in range(world.group.shape[1]):
        world.group[w, i] = i // size
    share = real(step, -1, _SHARE, 0, rules.share)
    clan_share = real(step, -1, _SHARE, 1, rules.clan_share)
    world.shares[w] = 0
    for g in range(world.shares.shape[1]):
        if rules.clan > 0:
            first = g // rules.clan * rules.clan
            for h in range(first, min(first + rules.clan, world.shares.shape[1])):
                world.shares[w, g, h] = clan_share
        world.shares[w, g, g] = share


@kernel
def draw_pairs(world, rules, w, step):  # type: ignore[no-untyped-def]
    """Draw every pair's share, everyone being a group; write group, shares."""
    low, high = rules.share[0], rules.share[1]
    for i in range(world.group.shape[1]):
        world.group[w, i] = i
        for j in range(world.group.shape[1]):
            share = low
            if high > low:
                one, other = i, j
                if rules.structure == _SYMMETRIC:
                    one, other = min(i, j), max(i, j)
                share = low + (high - low) * uniform(draw_pair(step, one, other, _PAIR, 0))
            world.shares[w, i, j] = 1.0 if i == j else share


@kernel
def sixteenths(share):  # type: ignore[no-untyped-def]
    """Return a kinship in sixteenths, rounded half to even."""
    return int(np.rint(np.float64(share) * KINSHIP_STEPS))
