"""The counter-based draws, written anew for Python's integers."""

import numpy as np

ORDER, SITE, SCATTER, PLACE, CARRY = 1, 2, 3, 4, 5
NUMBER, VALUE, PRICE, TRAIT, REWARD, OBJECT, MAP, POISON = 8, 9, 10, 11, 12, 13, 14, 15
SHARE, PAIR, KINSHIP_NOISE, NOISE = 16, 17, 18, 19
BITS = 2**64
RESET = -1  # the step at which everything is drawn that holds for an episode


def mix(x: int) -> int:
    """SplitMix64's finaliser."""
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) % BITS
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) % BITS
    return x ^ (x >> 31)


def episode_key(seed: int, episode: int) -> int:
    """The root of an episode's draws."""
    root = mix((seed + 0x9E3779B97F4A7C15) % BITS)
    return mix(root ^ ((episode * 0x9E3779B97F4A7C15 + 0xD1342543DE82EF95) % BITS))


def step_key(key: int, t: int) -> int:
    """The key of a step."""
    return mix((key + (t + 1) * 0xD1342543DE82EF95) % BITS)


def draw(key: int, agent: int, purpose: int, index: int) -> int:
    """64 random bits."""
    counter = (agent + 1) * 65536 + purpose * 256 + index
    return mix((key + counter * 0xA24BAED4963EE407) % BITS)


def draw_pair(key: int, i: int, j: int, purpose: int, index: int) -> int:
    """64 random bits for an ordered pair."""
    return draw(draw(key, i, purpose, index), j, purpose, index)


def uniform(bits: int) -> float:
    """A number in (0, 1)."""
    return ((bits >> 12) + 0.5) / 2**52


def below(bits: int, n: int) -> int:
    """A number in 0 .. n - 1."""
    return (bits >> 32) * n // 2**32


def between(bits: int, low: int, high: int) -> int:
    """A number in low .. high."""
    return low + below(bits, high - low + 1)


def real_between(bits: int, low: float, high: float) -> float:
    """A number between two others, rounded to float32; of two that are alike, the one."""
    return single(low + (high - low) * uniform(bits)) if low < high else single(low)


def single(x: float) -> float:
    """The float32 nearest to `x`."""
    return float(np.float32(x))
