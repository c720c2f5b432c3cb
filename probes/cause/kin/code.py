"""The code in which speakers tell kin where crystals are, and whether what they say in that code is so.

A message is read as the places (sectors of the map, or single sites) that go with it when speakers are shown that all
are kin; each speaker has a table of its own, because families may have codes of their own. Read in it, what is said at
a step is true, false, unclear (no place goes with the message) or silence.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.targets.places import NO_PLACE, map_centre, sectors
from commlab.env.scenario import Scenario
from commlab.probes.cause.twins import Trace
from commlab.recording import layout

__all__ = [
    "AS_GOOD",
    "FALSE",
    "NO_CODE",
    "Claim",
    "Code",
    "Judged",
    "PlaceKind",
    "Places",
    "Scene",
    "Seen",
    "fit_code",
    "informed",
    "judge",
    "kinds_of",
    "observe",
    "scene_of",
    "symbols_of",
]  # fmt: skip

Claim = Literal["nearest", "any"]
PlaceKind = Literal["sector", "site"]
FALSE = 2  # of the kinds
CLEAR = 0.25  # of the way from a place's base rate to certainty: less goes with nothing
HALF = 0.5  # of the clearest place's share, that a second place of the same message must have
ENOUGH = 8  # episodes in which a message is said before it is read
SURE = 3.0  # standard errors over episodes by which a place must stand out
AS_GOOD = 0.05  # by which the nearest crystal may be told less reliably than any, and is still what is meant


class Places(NamedTuple):
    """What counts as one place: a sector of the map, or a single site."""

    kind: PlaceKind
    sites: NDArray[np.int64]  # (S, 2)
    number_at: NDArray[np.int64]  # (H, W) the number of the place that each cell of the map belongs to, n for none
    n: int  # P

    @classmethod
    def of(cls, scenario: Scenario, kind: PlaceKind) -> Places:
        """The places of a scenario's first map."""
        plan = layout(scenario)
        sites = np.array(plan["sites"], dtype=np.int64).reshape(-1, 2)
        shape = (plan["height"], plan["width"])
        if kind == "site":
            number_at = np.full(shape, len(sites))
            number_at[sites[:, 0], sites[:, 1]] = np.arange(len(sites))
            return cls(kind, sites, number_at, len(sites))
        cells = np.moveaxis(np.indices(shape), 0, -1)
        return cls(kind, sites, sectors(cells - map_centre(plan), np.ones(shape, np.bool_)).astype(np.int64), NO_PLACE)

    def of_cells(self, cells: NDArray[np.int64]) -> NDArray[np.int64]:
        """The place of each cell (…, 2), n for cells at -1 and for those that are no place."""
        return np.where(cells[..., 0] < 0, self.n, self.number_at[cells[..., 0], cells[..., 1]])

    def flags(self, cells: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each cell (…, 2) lies in each place, (…, P)."""
        return np.asarray(self.of_cells(cells)[..., None] == np.arange(self.n))

    def occupied(self, crystal: NDArray[np.int16]) -> NDArray[np.bool_]:
        """In which places crystals (…, O, 2) stand, (…, P); those at -1 do not."""
        return np.asarray(self.flags(crystal.astype(np.int64)).any(axis=-2))


class Seen(NamedTuple):
    """Where everything is and what is said, at T steps of W episodes."""

    crystal: NDArray[np.int16]  # (T, W, O, 2) rows and columns, -1 where there is none
    position: NDArray[np.int16]  # (T, W, A, 2)
    said: NDArray[np.uint8]  # (T, W, A, L)
    live: NDArray[np.bool_]  # (T, W)


class Scene(NamedTuple):
    """What some speakers had to tell, and what they said: T steps of W episodes, S speakers, P places."""

    message: NDArray[np.int64]  # (T, W, S) as a number, 0 for silence
    there: NDArray[np.bool_]  # (T, W, P) a crystal stands in the sector
    nearest: NDArray[np.bool_]  # (T, W, S, P) the crystal nearest to the speaker stands in the sector
    tellable: NDArray[np.bool_]  # (T, W, S) the episode goes on and the speaker sees a crystal

    def truth(self, claim: Claim, s: int) -> NDArray[np.bool_]:
        """Which places a truthful speaker `s` may name, (T, W, P)."""
        return self.nearest[:, :, s] if claim == "nearest" else self.there


class Code(NamedTuple):
    """What each speaker's messages stand for."""

    messages: tuple[NDArray[np.int64], ...]  # by speaker, (M,) numbers in order
    named: tuple[NDArray[np.bool_], ...]  # by speaker, (M, P)
    uses: tuple[NDArray[np.int64], ...]  # by speaker, (M,) steps at which it was said to kin
    claim: Claim

    def places(self, s: int, message: NDArray[np.int64]) -> NDArray[np.bool_]:
        """The places that messages (…) of speaker `s` name, (…, P)."""
        known = self.messages[s]
        if not len(known):
            return np.zeros((*message.shape, self.named[s].shape[1]), np.bool_)
        at = np.minimum(np.searchsorted(known, message), len(known) - 1)
        return np.asarray(self.named[s][at] & (known[at] == message)[..., None])

    def words(self, s: int) -> NDArray[np.int64]:
        """The message by which speaker `s` names each place beside the fewest others, (P,); 0 where it has none.

        Of several it is the one most often said.
        """
        words = np.zeros(self.named[s].shape[1], np.int64)
        for m in np.lexsort((self.uses[s], -self.named[s].sum(axis=1))):  # the best come last
            words[self.named[s][m]] = self.messages[s][m]
        return words

    def some_words(self, s: int, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """`n` times a word of speaker `s` for each place, (n, P): any of those that name the fewest others.

        They are drawn as often as they are said; 0 where there is none.
        """
        n_named = self.named[s].sum(axis=1)
        words = np.zeros((n, self.named[s].shape[1]), np.int64)
        for place, names in enumerate(self.named[s].T):
            if names.any():
                best = np.flatnonzero(names & (n_named == n_named[names].min()))
                weight = self.uses[s][best] / self.uses[s][best].sum()
                words[:, place] = rng.choice(self.messages[s][best], n, p=weight)
        return words


NO_CODE = Code((), (), (), "nearest")


class Judged(NamedTuple):
    """Steps of each episode by what a speaker said at them, (W, S) each."""

    true: NDArray[np.float64]
    silent: NDArray[np.float64]
    false: NDArray[np.float64]
    unclear: NDArray[np.float64]

    @property
    def spoken(self) -> NDArray[np.float64]:
        """Steps at which anything was said."""
        return self.true + self.false + self.unclear

    @property
    def steps(self) -> NDArray[np.float64]:
        """Steps at which there was anything to tell."""
        return self.spoken + self.silent


def number_of(said: NDArray[np.uint8], vocabulary: int) -> NDArray[np.int64]:
    """Messages (…, L) as one number each (…); silence is 0."""
    powers = vocabulary ** np.arange(said.shape[-1])
    numbers: NDArray[np.int64] = (said.astype(np.int64) * powers).sum(axis=-1)
    return numbers


def symbols_of(number: int, vocabulary: int, length: int) -> tuple[int, ...]:
    """The symbols of a message from its number."""
    return tuple(number // vocabulary**p % vocabulary for p in range(length))


def scene_of(trace: Trace, scenario: Scenario, speakers: tuple[int, ...], places: Places) -> Scene:
    """What `speakers` saw and said in a trace."""
    return observe(Seen(trace.crystal, trace.position, trace.said, trace.live), scenario, speakers, places)


def observe(seen: Seen, scenario: Scenario, speakers: tuple[int, ...], places: Places) -> Scene:
    """What `speakers` had to tell and said, from where everything was."""
    crystal = seen.crystal.astype(np.int64)
    stocked = crystal[..., 0] >= 0
    flags = places.flags(crystal)  # (T, W, O, P)
    nearest = np.zeros((*stocked.shape[:2], len(speakers), places.n), np.bool_)
    tellable = np.zeros(nearest.shape[:3], np.bool_)
    for s, speaker in enumerate(speakers):
        gap = np.abs(crystal - seen.position[:, :, None, speaker])
        steps = np.where(stocked, gap.sum(axis=-1), np.iinfo(np.int64).max)
        which = steps.argmin(axis=2)[..., None, None]
        nearest[:, :, s] = np.take_along_axis(flags, which, axis=2)[:, :, 0]
        view = scenario.bodies[scenario.agent_bodies[speaker]].view
        tellable[:, :, s] = (stocked & (gap.max(axis=-1) <= view)).any(axis=2) & seen.live
    message = number_of(seen.said[:, :, list(speakers)], scenario.channel.vocabulary)
    return Scene(message, np.asarray(flags.any(axis=2)), nearest, tellable)


def fit_code(scene: Scene) -> Code:
    """What each speaker's messages stand for, learnt from what was said to kin.

    The claim is the more specific one that is told as reliably: the nearest crystal stands there, or any does.
    """
    nearest, any_ = (_code(scene, claim) for claim in ("nearest", "any"))
    return nearest if informed(nearest, scene) >= informed(any_, scene) - AS_GOOD else any_


def judge(code: Code, scene: Scene, others: NDArray[np.int64] | None = None) -> Judged:
    """Count, in every episode, the steps at which each speaker told the truth, nothing, something false or unclear.

    others (W,): judge what is said in each episode by the world of another one at the same step: chance.
    """
    order = np.arange(scene.message.shape[1]) if others is None else others
    kinds = [kinds_of(code, scene, s, order) for s in range(scene.message.shape[2])]
    return Judged(*(np.stack(one, axis=1) for one in zip(*(kind.sum(axis=1) for kind in kinds), strict=True)))


def kinds_of(code: Code, scene: Scene, s: int, order: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether what speaker `s` says is true, silence, false or unclear, (4, T, W); nothing where there is none to tell.

    It is judged by the world of the episodes `order` (W,).
    """
    message, counted = scene.message[:, :, s], scene.tellable[:, :, s]
    named = code.places(s, message)
    hit = (named & scene.truth(code.claim, s)[:, order]).any(axis=-1)
    clear, spoken = named.any(axis=-1), message > 0
    return np.stack([spoken & hit, ~spoken, spoken & clear & ~hit, spoken & ~clear]) & counted


def informed(code: Code, scene: Scene) -> float:
    """How far what is said is truer than chance, from 0 to 1; 0 where nothing is said that can be read."""
    found, chance = judge(code, scene), judge(code, scene, np.roll(np.arange(scene.message.shape[1]), 1))
    read, read_by_chance = (float((one.true + one.false).sum()) for one in (found, chance))
    if not read:
        return 0.0
    true, lucky = float(found.true.sum()) / read, float(chance.true.sum()) / read_by_chance
    return (true - lucky) / max(1e-9, 1.0 - lucky) * read / max(1.0, float(found.spoken.sum()))


def _code(scene: Scene, claim: Claim) -> Code:
    """Read every speaker's messages for one claim."""
    tables = [_table(scene, claim, s) for s in range(scene.message.shape[2])]
    messages, named, uses = zip(*tables, strict=True)
    return Code(messages, named, uses, claim)


def _table(scene: Scene, claim: Claim, s: int) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
    """The messages of a speaker, the places that each names, and how often it was said."""
    spoken = scene.tellable[:, :, s] & (scene.message[:, :, s] > 0)
    truth = scene.truth(claim, s)
    if not spoken.any():
        return np.zeros(0, np.int64), np.zeros((0, truth.shape[2]), np.bool_), np.zeros(0, np.int64)
    messages, which = np.unique(scene.message[:, :, s][spoken], return_inverse=True)
    episode = np.nonzero(spoken)[1]
    base = truth[scene.tellable[:, :, s]].mean(axis=0)
    named = np.zeros((len(messages), truth.shape[2]), np.bool_)
    for m in range(len(messages)):
        mine = which == m
        named[m] = _named(truth[spoken][mine].astype(np.float64), episode[mine], base)
    return messages, named, np.bincount(which, minlength=len(messages))


def _named(hits: NDArray[np.float64], episode: NDArray[np.int64], base: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which places (P,) stand out at the steps at which a message was said: hits (N, P), of episodes (N,)."""
    index = np.unique(episode, return_inverse=True)[1]
    n_episodes = int(index.max()) + 1
    room = np.maximum(1.0 - base, 1e-9)
    excess = (hits.mean(axis=0) - base) / room
    if n_episodes < ENOUGH:
        return np.zeros(len(base), np.bool_)
    sums = np.zeros((n_episodes, len(base)))
    np.add.at(sums, index, hits - hits.mean(axis=0))
    error = np.sqrt((sums**2).sum(axis=0) * n_episodes / (n_episodes - 1)) / len(hits) / room
    stands_out: NDArray[np.bool_] = (excess >= CLEAR) & (excess > SURE * error) & (excess >= HALF * excess.max())
    return stands_out & (base < 1)
