"""Scripted speakers: they name the crystal nearest to them, in their language, to kin and to strangers as it has it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.policy import Draws
from commlab.agents.scripted.draws import uniforms
from commlab.agents.scripted.ground import SECTORS, Ground, sector_of
from commlab.agents.scripted.language import Language
from commlab.env.randomness import Purpose
from commlab.env.types import VIEW, WINDOW, Cell, Entity, Observation, Own

__all__ = ["NEVER", "Said", "Speakers", "Talk", "kin_in_sight", "nearest_crystal"]

NEVER = np.float32(-1e9)  # logit of what is never chosen
NOTHING = -1
_CHOICE, _LIE, _SLIP, _NOISE = 0, 1, 2, 4  # indices of draws; of noise there are two for every symbol of a message
_FAR = 10**6


class Talk(NamedTuple):
    """What speakers remember."""

    case: NDArray[np.int64]  # (W, n) what they last saw
    lie: NDArray[np.int64]  # (W, n) what they tell strangers instead
    symbol: NDArray[np.int64]  # (W, n, L) the places in `Language.noise` of the symbols said last


class Said(NamedTuple):
    """What speakers say."""

    message: NDArray[np.uint8]  # (W, n, L)
    logits: NDArray[np.float32]  # (W, n, L * V), each symbol's own
    logprob: NDArray[np.float32]  # (W, n) nats


class Speakers:
    """The speakers of a world."""

    def __init__(self, language: Language, ground: Ground, agents: NDArray[np.int64]) -> None:
        """`agents` (n,) speak `language`; its places are the sectors of `ground`."""
        self.language, self.ground, self.agents = language, ground, agents
        self.place = np.full(len(SECTORS) + 1, NOTHING)  # of a sector, and of none
        self.place[[SECTORS.index(name) for name in language.places]] = np.arange(len(language.places))
        self.kind = np.full(256, NOTHING)  # of a cell
        for number, name in enumerate(language.kinds):
            self.kind[Cell[f"CRYSTAL_{name.upper()}"]] = number
        self.logits = _log_shares(language)

    def initial_state(self, n_worlds: int) -> Talk:
        """Return what speakers remember when an episode begins."""
        nothing = np.full((n_worlds, len(self.agents)), NOTHING)
        return Talk(nothing, nothing, np.repeat(nothing[..., None], self.language.length, axis=-1))

    def speak(self, observation: Observation, talk: Talk, draws: Draws) -> tuple[Said, Talk]:
        """Return what is said now, and what is remembered."""
        drawn = uniforms(draws, self.agents, Purpose.MESSAGE, _CHOICE, _NOISE + 2 * self.language.length)
        if self.language.name == "silent":
            return self._say(np.full(drawn.shape[:2], NOTHING), drawn), talk
        if self.language.noise:
            return self._babble(talk, drawn)
        case = self.cases(observation)
        lie = np.where(case == talk.case, talk.lie, self._another(case, drawn[..., _LIE]))
        told = self._to_audience(case, lie, kin_in_sight(observation, self.agents))
        return self._say(told, drawn), Talk(case, lie, talk.symbol)

    def _slipped(self, case: NDArray[np.int64], drawn: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the cases (W, n) that are named, of which some are slips; who is silent stays so."""
        n_cases = len(self.logits) - 1
        slips = (drawn[..., _SLIP] < self.language.slips) & (case >= 0)
        return np.where(slips, np.floor(drawn[..., _SLIP + 1] * n_cases).astype(np.int64), case)

    def cases(self, observation: Observation) -> NDArray[np.int64]:
        """Return what speakers see: place and kind of the nearest crystal as one number, (W, n); NOTHING for none."""
        cell, offset = nearest_crystal(observation, self.agents, self.kind)
        own = observation.vector[:, self.agents][..., [Own.ROW, Own.COLUMN]]
        place = self.place[sector_of(own + offset - self.ground.middle)]
        kind = self.kind[cell]
        return np.where((place >= 0) & (kind >= 0), place * len(self.language.kinds) + kind, NOTHING)

    def _another(self, case: NDArray[np.int64], drawn: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the same kind at another place, drawn evenly."""
        n_places, n_kinds = self.language.messages.shape[:2]
        place = (case // n_kinds + 1 + np.floor(drawn * (n_places - 1)).astype(np.int64)) % n_places
        return np.where(case >= 0, place * n_kinds + case % n_kinds, NOTHING)

    def _to_audience(
        self, case: NDArray[np.int64], lie: NDArray[np.int64], kin: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """Return which case is told: what the language has for those who see `kin`, and for those who do not."""
        to_strangers = {"truth": case, "silence": np.full_like(case, NOTHING), "lie": lie}
        return np.where(kin, case, to_strangers[self.language.to_strangers])

    def _say(self, case: NDArray[np.int64], drawn: NDArray[np.float64]) -> Said:
        """Return messages that say the cases (W, n), one of those there are for each; silence for NOTHING."""
        messages = self.language.messages.reshape(-1, *self.language.messages.shape[2:])
        chosen = np.floor(drawn[..., _CHOICE] * messages.shape[1]).astype(np.int64)
        message = np.where((case >= 0)[..., None], messages[self._slipped(case, drawn), chosen], 0).astype(np.uint8)
        logprob = _log(np.where(case >= 0, self._chance(messages, case, message), 1.0))
        if message.shape[-1] != self.language.length:  # silent, on a channel of several symbols
            message = np.zeros((*case.shape, self.language.length), np.uint8)
        return Said(message, self.logits[case].reshape(*case.shape, -1), logprob)

    def _chance(
        self, messages: NDArray[np.uint8], case: NDArray[np.int64], message: NDArray[np.uint8]
    ) -> NDArray[np.float64]:
        """Return the chance (W, n) of a message where the case is `case` (W, n); `messages` are all, (cases, N, L)."""
        meant = (messages[case] == message[:, :, None]).all(axis=-1).mean(axis=-1)
        slips = self.language.slips
        if not slips:
            return np.asarray(meant)
        anyhow = (messages == message[:, :, None, None]).all(axis=-1).mean(axis=(-1, -2))
        return np.asarray((1 - slips) * meant + slips * anyhow)

    def _babble(self, talk: Talk, drawn: NDArray[np.float64]) -> tuple[Said, Talk]:
        """Return symbols drawn without regard to anything, or said again."""
        language, n = self.language, len(self.language.noise)
        again, new = drawn[..., _NOISE::2], np.floor(drawn[..., _NOISE + 1 :: 2] * n).astype(np.int64)
        keep = np.where(talk.symbol >= 0, language.persistence, 0.0)
        symbol = np.where(again < keep, talk.symbol, new)
        chance = np.zeros((*symbol.shape, n))
        np.put_along_axis(chance, np.maximum(talk.symbol, 0)[..., None], keep[..., None], axis=-1)
        chance += ((1 - keep) / n)[..., None]
        logits = np.full((*symbol.shape, language.vocabulary), NEVER)
        logits[..., list(language.noise)] = _log(chance)
        logprob = np.take_along_axis(_log(chance), symbol[..., None], axis=-1).sum(axis=(-1, -2))
        message = np.array(language.noise, np.uint8)[symbol]
        return Said(message, logits.reshape(*symbol.shape[:2], -1), logprob), talk._replace(symbol=symbol)


def nearest_crystal(
    observation: Observation, agents: NDArray[np.int64], rank: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the code (W, n) and the offset (W, n, 2) of the crystal nearest to agents (n,) by walking.

    Of equals it is the one whose kind comes first in `rank` (256,), as the world lists crystals; EMPTY at the agent's
    own cell where none is in sight.
    """
    window = observation.window[:, agents].reshape(-1, len(agents), WINDOW * WINDOW)
    order = np.where(rank >= 0, rank, _FAR)[window]
    best = np.where(order < _FAR, _STEPS * len(rank) + order, _FAR).argmin(axis=-1)
    cell = np.take_along_axis(window, best[..., None], axis=-1)[..., 0]
    seen = rank[cell] >= 0
    return np.where(seen, cell, Cell.EMPTY).astype(np.uint8), np.where(seen[..., None], _OFFSETS[best], 0)


def kin_in_sight(observation: Observation, agents: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whether agents (n,) see anyone who is kin, (W, n)."""
    entities = observation.entities[:, agents]
    kin = (entities[..., Entity.KIND] == Cell.AGENT) & (entities[..., Entity.KINSHIP] > 0)
    found: NDArray[np.bool_] = kin.any(axis=-1)
    return found


def _offsets() -> NDArray[np.int64]:
    """Return rows and columns (121, 2) of a window's cells from the observer."""
    rows, columns = np.divmod(np.arange(WINDOW * WINDOW), WINDOW)
    return np.stack([rows - VIEW, columns - VIEW], axis=-1)


_OFFSETS = _offsets()
_STEPS = np.abs(_OFFSETS).sum(axis=-1)


def _log_shares(language: Language) -> NDArray[np.float32]:
    """Return the log share of every symbol in the messages of a case, (P * C + 1, L, V); the last one is silence."""
    n_places, n_kinds, n, length = language.messages.shape
    shares = np.zeros((n_places * n_kinds + 1, language.length, language.vocabulary))
    shares[-1, :, 0] = 1
    if language.length == length:
        flat = language.messages.reshape(-1, n, length)
        case, _, position = np.indices(flat.shape)
        np.add.at(shares, (case, position, flat), 1 / n)
        shares[:-1] = (1 - language.slips) * shares[:-1] + language.slips * shares[:-1].mean(axis=0)
    return _log(shares)


def _log(chance: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return logarithms, NEVER for 0."""
    logs = np.log(chance, where=chance > 0, out=np.full(chance.shape, float(NEVER)))
    return logs.astype(np.float32)
