"""Languages of known meaning as tables of codes: a made-up world beside messages, without a recording."""

from typing import Any, NamedTuple

import numpy as np

from commlab.foundation.statistics import draw_permutations, episode_strata
from commlab.probes.decode.lexicon.estimate import Estimate, Surroundings, estimate
from commlab.probes.decode.lexicon.speech import Speech, Variable

PLACES, KINDS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW"), ("green", "yellow", "red", "blue")
LANGUAGES = (
    "holistic",
    "holistic-2",
    "compositional",
    "positional",
    "synonymous",
    "polysemous",
    "context",
    "kin-only",
    "lying",
    "distractor",
)
NULLS = ("noise", "drifting", "silent")

Array = np.ndarray[Any, Any]
Meaning = dict[tuple[tuple[int, ...], int | None], frozenset[tuple[str, str]]]


class World(NamedTuple):
    """Values (E, T * A) of what is there."""

    place: Array
    kind: Array
    cell: Array
    altar: Array
    clock: Array
    walk: Array
    kin: Array  # 1 where kin listen
    n_agents: int


class Planted(NamedTuple):
    """A language and what its entries mean."""

    speech: Speech
    targets: list[Variable]
    surroundings: Surroundings
    meaning: Meaning


def make_world(
    rng: np.random.Generator, n_episodes: int, n_steps: int, n_agents: int = 1, change: float = 1 / 8
) -> World:
    """A crystal (place, kind, one of the place's four cells) that changes every 8 steps or so, an altar, a walk."""
    shape = (n_episodes, n_steps)
    moves = rng.random(shape) < change
    moves[:, 0] = True
    since = np.maximum.accumulate(np.where(moves, np.arange(n_steps), 0), axis=1)

    def held(n: int) -> Array:
        return np.repeat(np.take_along_axis(rng.integers(0, n, shape), since, axis=1), n_agents, axis=1)

    place = held(8)
    walk = np.cumsum(rng.integers(-1, 2, (n_episodes, n_steps, n_agents)), axis=1).reshape(n_episodes, -1) % 12
    clock = np.minimum(7, np.repeat(np.arange(n_steps), n_agents) * 8 // n_steps)
    return World(
        place,
        held(4),
        place * 4 + held(4),
        np.repeat(rng.integers(0, 8, (n_episodes, 1)), n_steps * n_agents, axis=1),
        np.broadcast_to(clock, place.shape),
        walk,
        np.repeat(rng.integers(0, 2, (n_episodes, 1)), n_steps * n_agents, axis=1),
        n_agents,
    )


def plant(
    language: str, seed: int, n_episodes: int = 128, n_steps: int = 64, noise: float = 0.0, **world: Any
) -> Planted:
    """A language drawn from a seed, spoken in a world of its own; `noise` replaces that share of symbols."""
    rng = np.random.default_rng([seed, 7])
    here = make_world(rng, n_episodes, n_steps, **world)
    messages, meaning = speak(rng, language, here)
    used = np.unique(messages[messages > 0]) if messages.any() else np.array([1])
    replaced = (rng.random(messages.shape) < noise) & (messages > 0)
    messages = np.where(replaced, rng.choice(used, messages.shape), messages)
    flat = messages.reshape(-1, messages.shape[-1])
    symbols, said = np.unique(flat, axis=0, return_inverse=True)
    names = tuple(" ".join(map(str, message)) if message.any() else "silence" for message in symbols)
    speech = Speech(said.reshape(messages.shape[:2]), symbols, names, here.n_agents)
    heard_by = audience(here)
    return Planted(speech, variables(here), Surroundings((heard_by,), heard_by), meaning)


def variables(here: World) -> list[Variable]:
    """The targets, decoys among them."""
    return [
        Variable("place", here.place, PLACES),
        Variable("cell", here.cell, tuple(f"{PLACES[c // 4]}{c % 4}" for c in range(32))),
        Variable("turned", (here.place + 3) % 8, tuple(f"t{n}" for n in range(8))),
        Variable("kind", here.kind, KINDS),
        Variable("altar", here.altar, PLACES),
        Variable("clock", np.array(here.clock), tuple(map(str, range(8)))),
        Variable("walk", here.walk, tuple(map(str, range(12)))),
    ]


def audience(here: World) -> Variable:
    """Who listens."""
    return Variable("audience", np.where(here.kin > 0, 0, 1), ("kin", "strangers", "both", "nobody"))


def speak(rng: np.random.Generator, language: str, here: World) -> tuple[Array, Meaning]:
    """Messages (E, slots, L) and what the entries mean."""
    place, kind, shape = here.place, here.kind, here.place.shape
    one = rng.permutation(np.arange(1, 9))
    pairs = [{("place", PLACES[p])} for p in range(8)]
    if language in ("kin-only", "lying"):
        other = (place + rng.integers(1, 8, shape)) % 8
        told = one[np.where(here.kin > 0, place, other)]
        said = np.where(here.kin > 0, one[place], 0) if language == "kin-only" else told
        return said[..., None], entries(one, pairs)
    if language == "holistic":
        book = rng.permutation(np.arange(1, 33)).reshape(8, 4)
        both = [{("place", PLACES[p]), ("kind", KINDS[k])} for p in range(8) for k in range(4)]
        return book[place, kind][..., None], entries(book.reshape(-1), both)
    if language == "holistic-2":
        book = rng.choice(64, 32, replace=False).reshape(8, 4)
        words = np.stack([book // 8 + 1, book % 8 + 1], axis=-1)
        both = [frozenset({("place", PLACES[p]), ("kind", KINDS[k])}) for p in range(8) for k in range(4)]
        spelt = {(tuple(word), None): m for word, m in zip(words.reshape(-1, 2).tolist(), both, strict=True)}
        return words[place, kind], spelt
    if language == "compositional":
        first, second = one, rng.permutation(np.arange(9, 13))
        said = np.stack([first[place], second[kind]], axis=-1)
        said = np.where((rng.random(shape) < 0.5)[..., None], said, said[..., ::-1])
        return said, entries(first, pairs) | entries(second, [{("kind", name)} for name in KINDS])
    if language == "positional":
        second = rng.permutation(np.arange(1, 5))
        said = np.stack([one[place], second[kind]], axis=-1)
        return said, entries(one, pairs, 0) | entries(second, [{("kind", name)} for name in KINDS], 1)
    if language == "synonymous":
        book = rng.permutation(np.arange(1, 17)).reshape(8, 2)
        said = book[place, rng.integers(0, 2, shape)]
        return said[..., None], entries(book.reshape(-1), [pairs[p] for p in range(8) for _ in range(2)])
    if language == "polysemous":
        book = rng.permutation(np.repeat(np.arange(1, 5), 2))
        return book[place][..., None], union(book, pairs)
    if language == "context":
        other = one[(np.arange(8) + rng.integers(1, 8)) % 8]
        said = np.where(kind < 2, one[place], other[place])
        return said[..., None], union(np.concatenate([one, other]), [*pairs, *pairs])
    if language == "distractor":
        book = rng.permutation(np.arange(1, 9))
        return book[here.altar][..., None], entries(book, [{("altar", name)} for name in PLACES])
    if language == "noise":
        return rng.integers(1, 9, shape)[..., None], {}
    if language == "drifting":
        stay = rng.random(shape) < 0.95
        since = np.maximum.accumulate(np.where(stay, 0, np.arange(shape[1])), axis=1)
        return np.take_along_axis(rng.integers(1, 9, shape), since, axis=1)[..., None], {}
    return np.zeros((*shape, 1), dtype=int), {}


def entries(symbols: Array, meanings: list[set[tuple[str, str]]], position: int | None = None) -> Meaning:
    """Each symbol with its meaning."""
    return {((int(s),), position): frozenset(m) for s, m in zip(symbols, meanings, strict=True)}


def union(symbols: Array, meanings: list[set[tuple[str, str]]]) -> Meaning:
    """Each symbol with all its meanings together."""
    found: dict[int, set[tuple[str, str]]] = {}
    for symbol, meaning in zip(symbols.tolist(), meanings, strict=True):
        found.setdefault(symbol, set()).update(meaning)
    return {((symbol,), None): frozenset(m) for symbol, m in found.items()}


def read(planted: Planted, seed: int = 0, n_null: int = 199) -> Estimate:
    """What the lexicon makes of a planted language."""
    strata = episode_strata(np.full(planted.speech.n_episodes, planted.speech.said.shape[1]))
    permutations = draw_permutations(strata, n_null, np.random.default_rng([seed, 2]))
    return estimate(planted.speech, planted.targets, permutations, planted.surroundings, seed)


def recovery(planted: Planted, found: Estimate) -> tuple[int, int]:
    """How many of the planted entries said in 20 episodes or more were found exactly, and how many there are."""
    got = {(entry.symbols, entry.position): entry for entry in found.entries}
    hits = total = 0
    for key, meaning in planted.meaning.items():
        entry = got.get(key)
        if entry is None:  # another unit was chosen, or never said
            total += 1
        elif entry.n_episodes >= 20:
            total += 1
            hits += entry.meaning == meaning
    return hits, total
