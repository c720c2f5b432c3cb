"""Carrying out what a plan does to the messages that are emitted, and to what is heard, step by step.

What is drawn is drawn with the world's own generator: one draw a step, site, operation, slot and symbol, however many
interventions of a kind there are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.altering import at_step
from commlab.agents.plan import Change, Plan
from commlab.agents.sites import OPERATIONS
from commlab.env.kernel import kernel
from commlab.env.randomness import Purpose, draw, step_key, uniform
from commlab.env.types import UNKNOWN, Observation, Slot

__all__ = ["MessageChanges", "draws"]

_INTERVENTION = int(Purpose.INTERVENTION)
_CODES = {
    (site, operation): 16 * s + n
    for s, site in enumerate(("message.out", "message.in", "action"))
    for n, operation in enumerate(OPERATIONS[site])
}


class Ear(NamedTuple):
    """What is heard: of all agents (W, A, K, …), or of some listeners (N, K, …)."""

    heard: NDArray[np.uint8]
    slots: NDArray[np.int8]
    speaker: NDArray[np.int16]
    injected: NDArray[np.bool_]

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which slots hold a message."""
        present: NDArray[np.bool_] = self.slots[..., Slot.PRESENT].astype(np.bool_)
        return present

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """All of it."""
        return self

    def each(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Ear:
        """Return the same with each array changed."""
        return Ear._make(map(change, self.arrays))

    def of(self, speakers: tuple[int, ...] | None) -> NDArray[np.bool_]:
        """Return which slots hold a message of some speakers, or of anyone."""
        return self.present if speakers is None else self.present & np.isin(self.speaker, speakers)


class MessageChanges:
    """Carries out what a plan does to messages, and remembers what delayed ones were."""

    def __init__(self, plan: Plan, n_symbols: int) -> None:
        """Begin before an episode of messages made of `n_symbols`."""
        self.n_symbols = n_symbols
        self.out: list[Change] = []
        self.inward: list[Change] = []
        self.said: deque[NDArray[np.uint8]] = deque()
        self.ears: deque[Ear] = deque()
        self.replan(plan)

    def replan(self, plan: Plan) -> None:
        """Follow another plan from now on; what is heard at this moment will be heard anew.

        What was said and heard before is remembered as far as it was needed so far.
        """
        self.out = [change for change in plan.changes if change.site == "message.out"]
        self.inward = [change for change in plan.changes if change.site == "message.in"]
        self.said = deque(self.said, maxlen=max([0, *(change.delay for change in self.out)]))
        longest = max([0, *(change.delay for change in self.inward)])
        past = list(self.ears)[:-1]
        self.ears = deque(past, maxlen=longest + 1 if longest else 0)  # one more, for a moment may be heard anew

    def begin(self) -> None:
        """Forget: an episode begins."""
        self.said.clear()
        self.ears.clear()

    def remember(self, other: MessageChanges, worlds: NDArray[np.int64]) -> None:
        """Take over another's memory of some worlds; what is heard at this moment will be heard anew."""
        self.said.extend(array[worlds] for array in other.said)
        self.ears.extend(ear.each(lambda array: array[worlds]) for ear in list(other.ears)[:-1])

    def emitted(self, t: int, message: NDArray[np.uint8], keys: NDArray[np.uint64]) -> NDArray[np.uint8]:
        """Return the messages (W, A, L) that go into the air at step t when `message` was said."""
        out = message
        for change in self.out:
            where = np.broadcast_to(at_step(change.where, t), message.shape[:2])
            if where.any():
                out = self._emit(change, t, out.copy(), where, keys)
        if self.said.maxlen:
            self.said.append(message.copy())
        return out

    def change_hearing(self, t: int, observation: Observation, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Change what is heard at step t, in place; return which slots (W, A, K) an intervention has filled."""
        injected = np.zeros(observation.heard.shape[:3], np.bool_)
        ear = Ear(observation.heard, observation.slots, observation.speaker, injected)
        natural = ear.each(np.copy) if self.ears.maxlen else None
        for change in self.inward:
            where = np.broadcast_to(at_step(change.where, t), injected.shape[:2])
            if not where.any():
                continue
            if change.operation in ("shuffle", "noise"):
                self._distort(change, t, ear, where, keys)
            else:
                put(ear, where, self._hear(change, t, ear, where))
        if natural is not None:
            self.ears.append(natural)
        return injected

    def _emit(
        self, change: Change, t: int, out: NDArray[np.uint8], where: NDArray[np.bool_], keys: NDArray[np.uint64]
    ) -> NDArray[np.uint8]:
        """Return `out` (W, A, L) changed at `where` (W, A)."""
        operation = change.operation
        if operation == "shuffle":
            return permuted(out, where, draws(keys, t, change, (out.shape[1], 1))[..., 0])
        if operation == "noise":
            uniforms = draws(keys, t, change, (out.shape[1], 2 * out.shape[2]))
            return noisy(out, where, change.chance, uniforms, self.n_symbols)
        if operation == "mute":
            out[where] = 0
        elif operation == "set":
            out[where] = np.broadcast_to(at_step(change.symbols, t), out.shape)[where]
        elif operation == "delay":
            out[where] = self.said[-change.delay][where] if len(self.said) >= change.delay else 0
        else:
            assert change.tape is not None
            out[where] = np.broadcast_to(at_step(change.tape.said, t), out.shape)[where]
        return out

    def _hear(self, change: Change, t: int, ear: Ear, where: NDArray[np.bool_]) -> Ear:
        """Return what the listeners at `where` (W, A) hear instead, (N, K, …)."""
        mine = ear.each(lambda array: array[where])
        touched = mine.of(change.speakers)
        if change.operation == "mute" or change.delay > len(self.ears):
            return without(mine, touched)  # before the episode began nothing was heard
        if change.operation in ("delay", "replay"):
            past = self._past(change, t, where)
            again = without(past, ~past.of(change.speakers))
            again = again._replace(injected=again.present)
            if change.operation == "replay":
                again.speaker[...] = -1  # nobody here
            return joined(without(mine, touched), again, touched.shape[1])
        symbols = np.broadcast_to(at_step(change.symbols, t), (*where.shape, mine.heard.shape[2]))[where]
        if change.speakers is not None:
            return reworded(mine, touched, symbols)
        kinship = np.broadcast_to(at_step(change.kinship, t), where.shape)[where]
        others = mine if change.operation == "inject" else without(mine, touched)
        return joined(phantom(symbols, kinship), others, mine.heard.shape[1])

    def _past(self, change: Change, t: int, where: NDArray[np.bool_]) -> Ear:
        """Return what the listeners at `where` (W, A) heard some steps ago, or in the episode that is replayed."""
        if change.tape is not None:
            played = (at_step(array, t)[None] for array in change.tape[1:4])
            arrays = [np.broadcast_to(array, (len(where), *array.shape[1:]))[where] for array in played]
        else:
            arrays = [array[where] for array in self.ears[-change.delay][:3]]
        return Ear._make([*arrays, np.zeros(arrays[2].shape, np.bool_)])

    def _distort(self, change: Change, t: int, ear: Ear, where: NDArray[np.bool_], keys: NDArray[np.uint64]) -> None:
        """Shuffle the symbols heard at `where` (W, A), or make noise on them; write heard and injected."""
        touched = ear.of(change.speakers) & where[..., None]
        n_worlds, n_slots, length = len(keys), where.shape[1] * ear.heard.shape[2], ear.heard.shape[3]
        flat, mine = ear.heard.reshape(n_worlds, n_slots, length), touched.reshape(n_worlds, n_slots)
        if change.operation == "shuffle":
            new = permuted(flat, mine, draws(keys, t, change, (n_slots, 1))[..., 0])
        else:
            new = noisy(flat, mine, change.chance, draws(keys, t, change, (n_slots, 2 * length)), self.n_symbols)
        new = new.reshape(ear.heard.shape)
        ear.injected[(new != ear.heard).any(axis=-1)] = True
        ear.heard[...] = new


def put(ear: Ear, where: NDArray[np.bool_], mine: Ear) -> None:
    """Write what the listeners at `where` (W, A) hear into `ear`."""
    for array, values in zip(ear.arrays, mine.arrays, strict=True):
        array[where] = values


def without(ear: Ear, gone: NDArray[np.bool_]) -> Ear:
    """Return what listeners (N, K, …) hear without the slots `gone` (N, K): the rest moves up."""
    order = np.argsort(gone, axis=1, kind="stable")
    left = np.take_along_axis(gone, order, axis=1)
    moved = ear.each(lambda array: take(array, order))
    for array, nothing in zip(moved.arrays, (0, 0, -1, False), strict=True):
        array[left] = nothing
    return moved


def joined(first: Ear, then: Ear, n_slots: int) -> Ear:
    """Return what listeners hear who have `n_slots` for the messages of both, the first ones first."""
    both = Ear._make(np.concatenate(pair, axis=1) for pair in zip(first.arrays, then.arrays, strict=True))
    order = np.argsort(~both.present, axis=1, kind="stable")[:, :n_slots]
    return both.each(lambda array: take(array, order))


def reworded(ear: Ear, touched: NDArray[np.bool_], symbols: NDArray[np.uint8]) -> Ear:
    """Return what listeners hear when the slots `touched` (N, K) say `symbols` (N, L); silence is not heard."""
    silent: NDArray[np.bool_] = (symbols == 0).all(axis=1)
    new = ear.each(np.copy)
    new.heard[touched] = np.broadcast_to(symbols[:, None], ear.heard.shape)[touched]
    new.injected[touched] = True
    return without(new, touched & silent[:, None])


def phantom(symbols: NDArray[np.uint8], kinship: NDArray[np.int8]) -> Ear:
    """Return one slot in which nobody says `symbols` (N, L), as kin of `kinship` (N,) sixteenths."""
    n_rows = len(symbols)
    slots = np.zeros((n_rows, 1, len(Slot)), np.int8)
    slots[:, 0, Slot.PRESENT] = 1
    slots[:, 0, Slot.KINSHIP] = kinship
    slots[:, 0, [Slot.ROW, Slot.COLUMN]] = UNKNOWN
    return Ear(symbols[:, None], slots, np.full((n_rows, 1), -1, np.int16), np.ones((n_rows, 1), np.bool_))


def permuted(values: NDArray[np.uint8], mine: NDArray[np.bool_], uniforms: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return `values` (W, N, L), those that are `mine` (W, N) permuted among themselves in every world."""
    places = np.argsort(~mine, axis=1, kind="stable")
    sources = np.argsort(np.where(mine, uniforms, 1.0), axis=1, kind="stable")
    out = values.copy()
    np.put_along_axis(out, places[..., None], take(values, sources), axis=1)
    return out


def noisy(
    values: NDArray[np.uint8], mine: NDArray[np.bool_], chance: float, uniforms: NDArray[np.float64], n_symbols: int
) -> NDArray[np.uint8]:
    """Return `values` (W, N, L) with symbols of those that are `mine` replaced with a chance; silence stays."""
    hit = (uniforms[..., ::2] < chance) & mine[..., None] & (values > 0)
    random = 1 + np.floor(uniforms[..., 1::2] * (n_symbols - 1))
    return np.where(hit, random.astype(np.uint8), values)


def take(array: NDArray[Any], order: NDArray[np.int64]) -> NDArray[Any]:
    """Return the rows `order` (N, K) of an array (N, K', …)."""
    taken: NDArray[Any] = np.take_along_axis(array, order.reshape(*order.shape, *[1] * (array.ndim - 2)), axis=1)
    return taken


def draws(keys: NDArray[np.uint64], t: int, change: Change, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return uniform numbers (W, *shape) for a change at step t, from the worlds' own generator."""
    out = np.zeros((len(keys), *shape))
    with np.errstate(over="ignore"):  # interpreted kernels mix bits by overflowing products
        fill_uniforms(keys, t, _CODES[change.site, change.operation], out)
    return out


@kernel
def fill_uniforms(keys, t, code, out):  # type: ignore[no-untyped-def]
    """Write uniform numbers for a kind of intervention in every world: `out` (W, N, M)."""
    for w in range(keys.shape[0]):
        root = draw(step_key(keys[w], t), code, _INTERVENTION, 0)
        for n in range(out.shape[1]):
            for m in range(out.shape[2]):
                out[w, n, m] = uniform(draw(root, n, _INTERVENTION, m))
