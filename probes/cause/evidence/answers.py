"""Answers: what listeners would do next on hearing each message, asked of their policy at sampled steps.

Nothing is changed in the world: at a step the observation is copied, do(m) is written into the listener's first hearing
slot, and the policy is asked from the state that it had before the step. What is asked at one step therefore says
nothing about a listener that only remembers: scripted ones turn when a message CHANGES, and go on remembering it. So
the steps that count (`free`) are those at which a listener carries nothing: then it has to choose where to go.
"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.policy import Draws, Policy
from commlab.agents.rollout import Moment, Rollout
from commlab.env.batch import WorldBatch
from commlab.env.types import KINSHIP_STEPS, UNKNOWN, Number, Observation, Slot, World
from commlab.probes.cause.roles import Roles, home_plan, is_muted, roles_of
from commlab.probes.cause.twins import EXPERIMENTS, LEAST, Trace, play
from commlab.recording import Playable

__all__ = ["Answers", "Repertoire", "ask", "repertoire_of", "told"]

STEPS = 16  # sampled in an episode
MOST_MESSAGES = 64  # asked about; of more the most frequent ones

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Repertoire(NamedTuple):
    """The messages that speakers use, silence among them if they are silent at times."""

    messages: NDArray[np.uint8]  # (M, L) the most frequent first
    share: Float64  # (M,) of all that is said over episodes: the speakers' marginal, sums to 1
    coverage: float  # the share of steps at which one of these messages is said
    n_used: int  # different messages used, those left out included

    def __len__(self) -> int:
        return len(self.messages)


class Answers(NamedTuple):
    """What listeners would do at N moments."""

    repertoire: Repertoire
    probability: Float32  # (N, M, n_actions) of each action after each message
    natural: Float32  # (N, n_actions) after what was heard
    unheard: Float32  # (N, n_actions) after silence
    heard: Int64  # (N,) which message was heard, -1 for none or one that is not in the repertoire
    prior: Float64  # (N, M) p(m given s): what the speaker heard was likely to say; NaN where nobody was heard
    episode: Int64  # (N,)
    step: Int64  # (N,)
    listener: Int64  # (N,)
    free: NDArray[np.bool_]  # (N,) it carries nothing: no crystal, and too little energy for the altar

    def __len__(self) -> int:
        return len(self.episode)

    def where(self, keep: NDArray[np.bool_]) -> Answers:
        """Return the moments for which `keep` (N,) is true."""
        parts: tuple[NDArray[Any], ...] = self[1:]
        return Answers(self.repertoire, *(part[keep] for part in parts))


def ask(agents: Playable, n_episodes: int, seed: int = 0, natural: Trace | None = None) -> Answers | None:
    """Return the answers of all listeners at sampled steps of fresh episodes; None where nothing is ever said.

    Agents trained with the channel muted live muted: whatever is said, they hear nothing. `natural` is the untouched
    trace of the same episodes, if it is there already.
    """
    roles = roles_of(agents.scenario)
    natural = natural or play(agents, n_episodes, seed, home_plan(agents))
    repertoire = repertoire_of(natural, roles.speakers)
    if repertoire is None:
        return None
    n_worlds = max(LEAST, n_episodes)
    worlds = WorldBatch(agents.scenario, n_worlds, EXPERIMENTS + seed)
    asker = _Asker(agents, roles, repertoire, n_episodes)
    rollout = Rollout(worlds, agents.policy, home_plan(agents))
    rollout.begin(np.arange(n_worlds))
    rollout.run(int(max(asker.steps)) + 1, asker)
    return Answers(repertoire, *(np.concatenate(asker.kept[name]) for name in Answers._fields[1:]))


def repertoire_of(trace: Trace, speakers: tuple[int, ...]) -> Repertoire | None:
    """Return what `speakers` say in a trace, None where they are always silent."""
    said = trace.said[:, :, list(speakers)][trace.live]
    messages, counts = np.unique(said.reshape(-1, said.shape[-1]), axis=0, return_counts=True)
    if not messages.any():
        return None
    kept = np.argsort(-counts, kind="stable")[:MOST_MESSAGES]
    if not messages[kept].any():  # so rarely said that all kept ones are silence: never with 64 of them
        return None
    share = counts[kept] / counts[kept].sum()
    return Repertoire(messages[kept], share, float(counts[kept].sum() / counts.sum()), len(messages))


def told(
    observation: Observation,
    listeners: tuple[int, ...],
    message: NDArray[np.uint8],
    kinship: NDArray[np.int8],
) -> Observation:
    """Return a copy of the observation in which `listeners` hear `message` (L,) in their first slot.

    What else the slot tells of the speaker stays; where nobody was heard, it is a phantom of the given kinship
    (W, A), in sixteenths. Silence frees the slot, and the others move up.
    """
    heard, slots, speaker = observation.heard.copy(), observation.slots.copy(), observation.speaker.copy()
    for listener in listeners:
        if not message.any():
            full = slots[:, listener, 0, Slot.PRESENT] > 0
            for array, nothing in ((heard, 0), (slots, 0), (speaker, -1)):
                array[full, listener] = _moved_up(array[full, listener], nothing)
            continue
        absent = slots[:, listener, 0, Slot.PRESENT] == 0
        slots[absent, listener, 0] = 0
        slots[absent, listener, 0, Slot.PRESENT] = 1
        slots[absent, listener, 0, Slot.KINSHIP] = kinship[absent, listener]
        slots[absent, listener, 0, Slot.ROW] = slots[absent, listener, 0, Slot.COLUMN] = UNKNOWN
        speaker[absent, listener, 0] = -1
        heard[:, listener, 0] = message
    return observation._replace(heard=heard, slots=slots, speaker=speaker)


class _Asker:
    """A watcher that asks at sampled steps."""

    def __init__(self, agents: Playable, roles: Roles, repertoire: Repertoire, n_episodes: int) -> None:
        """Keep nothing yet."""
        scenario = agents.scenario
        self.policy: Policy = agents.policy
        self.roles, self.repertoire, self.n_episodes = roles, repertoire, n_episodes
        self.deafened, self.n_actions = is_muted(agents), scenario.n_actions
        self.shape = (scenario.channel.length, scenario.channel.vocabulary)
        self.steps = set(np.unique(np.linspace(1, scenario.steps - 1, STEPS + 1).astype(int)[:-1]).tolist())
        self.logits: deque[Float32] = deque(maxlen=scenario.channel.delay)
        self.kept: dict[str, list[NDArray[Any]]] = {name: [] for name in Answers._fields[1:]}

    def before(self, moment: Moment) -> None:
        """Ask, if this is one of the steps."""
        if moment.t in self.steps:
            self._ask(moment)
        self.logits.append(moment.decision.logits[..., self.n_actions :].copy())

    def after(self, t: int, world: World) -> None:
        """See nothing: the world goes on as it would have."""

    def _ask(self, moment: Moment) -> None:
        """Keep the answers of all listeners whose episodes go on."""
        live = np.flatnonzero(moment.live[: self.n_episodes])
        listeners = np.array(self.roles.listeners)
        silence = np.zeros(self.shape[0], np.uint8)
        answers = np.stack([self._answer(moment, message) for message in self.repertoire.messages], axis=2)
        parts: dict[str, NDArray[Any]] = {
            "probability": answers,
            "natural": _softmax(moment.decision.logits[:, listeners, : self.n_actions]),
            "unheard": self._answer(moment, silence),
            "heard": self._heard(moment),
            "prior": self._prior(moment),
            "episode": np.broadcast_to(np.arange(len(moment.live))[:, None], (len(moment.live), len(listeners))),
            "step": np.full((len(moment.live), len(listeners)), moment.t),
            "listener": np.broadcast_to(listeners, (len(moment.live), len(listeners))),
            "free": carries_nothing(moment.world)[:, listeners],
        }
        for name, part in parts.items():
            self.kept[name].append(part[live].reshape(-1, *part.shape[2:]))

    def _answer(self, moment: Moment, message: NDArray[np.uint8]) -> Float32:
        """Return p(a given do m, s) of every listener, (W, n, n_actions)."""
        world, seen = moment.world, moment.observation
        if not self.deafened:
            seen = told(seen, self.roles.listeners, message, kinship_with(world, self.roles.speakers))
        decision = self.policy.step(seen, moment.state, Draws(world.key, world.t))
        return _softmax(decision.logits[:, list(self.roles.listeners), : self.n_actions])

    def _heard(self, moment: Moment) -> Int64:
        """Return which message of the repertoire each listener heard, (W, n)."""
        heard = moment.observation.heard[:, list(self.roles.listeners), 0]
        alike = (heard[:, :, None] == self.repertoire.messages).all(axis=-1)
        present = moment.observation.slots[:, list(self.roles.listeners), 0, Slot.PRESENT] > 0
        found: Int64 = np.where(alike.any(axis=-1) & (present | ~heard.any(axis=-1)), alike.argmax(axis=-1), -1)
        return found

    def _prior(self, moment: Moment) -> Float64:
        """Return how likely the speaker that each listener hears was to say each message, (W, n, M)."""
        speaker = moment.observation.speaker[:, list(self.roles.listeners), 0].astype(np.int64)
        out = np.full((*speaker.shape, len(self.repertoire)), np.nan)
        if len(self.logits) < (self.logits.maxlen or 1):
            return out
        logits = self.logits[0].reshape(*self.logits[0].shape[:2], *self.shape).astype(np.float64)
        world, place = np.nonzero(speaker >= 0)
        logs = np.log(np.maximum(_softmax64(logits[world, speaker[world, place]]), 1e-30))
        symbols = self.repertoire.messages.astype(np.int64)
        each = np.sum([logs[:, p, symbols[:, p]] for p in range(self.shape[0])], axis=0)
        chance = np.exp(each - np.max(each, axis=-1, keepdims=True, initial=-np.inf))
        out[world, place] = chance / chance.sum(axis=-1, keepdims=True)
        return out


def carries_nothing(world: World) -> NDArray[np.bool_]:
    """Return who holds no crystal and too little energy for the altar, (W, A)."""
    poor = world.energy < world.numbers[:, Number.ALTAR_COST][:, None]
    nothing: NDArray[np.bool_] = poor & (world.inventory.sum(axis=-1) == 0)
    return nothing


def kinship_with(world: World, speakers: tuple[int, ...]) -> NDArray[np.int8]:
    """Return what every agent is to the nearest in kin of the other speakers, (W, A), in sixteenths."""
    of_world = np.arange(len(world.t))[:, None, None]
    group = world.group.astype(np.int64)
    shares = world.seen_shares[of_world, group[:, :, None], group[:, None, list(speakers)]].astype(np.int64)
    shares[:, np.array(speakers), np.arange(len(speakers))] = -KINSHIP_STEPS
    nearest: NDArray[np.int8] = shares.max(axis=-1).astype(np.int8)
    return nearest


def _moved_up(array: NDArray[Any], nothing: int) -> NDArray[Any]:
    """Return slots (N, K, …) without the first one."""
    last = np.full_like(array[:, :1], nothing)
    return np.concatenate([array[:, 1:], last], axis=1)


def _softmax(logits: Float32) -> Float32:
    """Return probabilities over the last axis."""
    return _softmax64(logits.astype(np.float64)).astype(np.float32)


def _softmax64(logits: Float64) -> Float64:
    """Return probabilities over the last axis, float64."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    share: Float64 = raised / raised.sum(axis=-1, keepdims=True)
    return share
