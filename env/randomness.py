"""Counter-based randomness: every draw is a pure function of (seed, episode, step, agent, purpose, index).

The mixing function is the finaliser of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
generators"), applied at each level of the key. No stream, no state: worlds are alike whatever the batch or the
threads, and a twin that differs by one message stays aligned draw for draw.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from commlab.env.kernel import kernel

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0xD1342543DE82EF95)
_AGENT = np.uint64(0xA24BAED4963EE407)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S12, _S32 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12), np.uint64(32)
_UNIT = 2.0**-52


class Purpose(IntEnum):
    """What a draw is for; each purpose has 256 indices of its own."""

    ORDER = 1
    SITE = 2
    SCATTER = 3
    PLACE = 4
    CARRY = 5
    ACTION = 6
    MESSAGE = 7
    NUMBER = 8
    VALUE = 9
    PRICE = 10
    TRAIT = 11
    REWARD = 12
    OBJECT = 13
    MAP = 14
    POISON = 15
    SHARE = 16
    PAIR = 17
    KINSHIP_NOISE = 18
    NOISE = 19
    INTERVENTION = 20


@kernel
def mix(x):  # type: ignore[no-untyped-def]
    """Return 64 well-mixed bits of the 64 bits `x`."""
    x = (x ^ (x >> _S30)) * _M1
    x = (x ^ (x >> _S27)) * _M2
    return x ^ (x >> _S31)


@kernel
def episode_key(seed, episode):  # type: ignore[no-untyped-def]
    """Return the key of an episode, the root of all its draws."""
    return mix(mix(np.uint64(seed) + _GOLDEN) ^ (np.uint64(episode) * _GOLDEN + _STEP))


@kernel
def step_key(key, t):  # type: ignore[no-untyped-def]
    """Return the key of step `t` of the episode with `key`."""
    return mix(key + np.uint64(t + 1) * _STEP)


@kernel
def draw(key, agent, purpose, index):  # type: ignore[no-untyped-def]
    """Return 64 random bits for an agent and a purpose, in the step with `key`."""
    return mix(key + np.uint64((agent + 1) * 65536 + purpose * 256 + index) * _AGENT)


@kernel
def draw_pair(key, i, j, purpose, index):  # type: ignore[no-untyped-def]
    """Return 64 random bits for an ordered pair of agents and a purpose."""
    return draw(draw(key, i, purpose, index), j, purpose, index)


@kernel
def uniform(bits):  # type: ignore[no-untyped-def]
    """Return a float64 in (0, 1) made of 64 random bits: of 52 of them, so that the half added is not rounded to 1."""
    return (np.float64(bits >> _S12) + 0.5) * _UNIT


@kernel
def between(bits, low, high):  # type: ignore[no-untyped-def]
    """Return an integer in low .. high made of 64 random bits; `high - low` is under 2**31."""
    return low + below(bits, high - low + 1)


@kernel
def below(bits, n):  # type: ignore[no-untyped-def]
    """Return an integer in 0 .. n - 1 made of 64 random bits (n under 2**31)."""
    return np.int64(((bits >> _S32) * np.uint64(n)) >> _S32)
