"""One step of the world: speaking, verb after verb in an order shuffled per step, objects, sharing and the clock."""

from __future__ import annotations

import numpy as np

from commlab.env.kernel import kernel
from commlab.env.kinship import kinship_of
from commlab.env.randomness import Purpose, below, draw, step_key
from commlab.env.reset import reset_world
from commlab.env.senses.channel import speak_world
from commlab.env.senses.observe import observe_worlds
from commlab.env.sites import age_objects
from commlab.env.types import N_KINDS, Action, Number, Stat, Turn
from commlab.env.verbs.ahead import natural
from commlab.env.verbs.bond import bond
from commlab.env.verbs.build import build
from commlab.env.verbs.fight import attack, tire
from commlab.env.verbs.give import give
from commlab.env.verbs.move import move
from commlab.env.verbs.use import use

_ORDER, _STAY, _USE, _SHIELD = int(Purpose.ORDER), int(Action.STAY), int(Action.USE), int(Action.SHIELD)
_INFLOW, _HEARTS = int(Number.INFLOW), int(Stat.HEARTS)
_MOVING, _ATTACKING, _USING = int(Turn.MOVE), int(Turn.ATTACK), int(Turn.USE)
_GIVING, _BUILDING, _BONDING = int(Turn.GIVE), int(Turn.BUILD), int(Turn.BOND)


def _turn(action: Action) -> Turn:
    """Return when in a step an action has its turn; toggling a shield has none, for all do it at once."""
    if Action.NORTH <= action <= Action.WEST:
        return Turn.MOVE
    if Action.BUILD_WALL <= action <= Action.DISMANTLE:
        return Turn.BUILD
    if action == Action.SHIELD:
        return Turn.STAY
    return Turn[action.name]


_TURN = np.array([_turn(action) for action in Action], dtype=np.uint8)


@kernel
def step_worlds(world, rules, obs, scratch, actions, messages, autoreset, seed, stride, start, stop):  # type: ignore[no-untyped-def]
    """Step worlds start .. stop - 1 and fill their observations; write world, obs and scratch.

    `actions` (W, A) and `messages` (W, A, L) are uint8 and valid. With `autoreset`, a world whose episode has ended
    begins its next one, `stride` episodes later, in place of a step.
    """
    for w in range(start, stop):
        if autoreset and (world.terminated[w] or world.truncated[w]):
            reset_world(world, rules, seed, world.episode[w] + stride, rules.scatter, w)
        else:
            step_world(world, rules, scratch, w, actions[w], messages[w])
    observe_worlds(world, rules, obs, scratch, False, start, stop)  # after all: world by world, it is slower


@kernel
def step_world(world, rules, scratch, w, actions, messages):  # type: ignore[no-untyped-def]
    """Step world `w`; write world and scratch."""
    step = step_key(world.key[w], int(world.t[w]))
    world.own_reward[w] = 0
    flow_in(world, w)
    shuffle(scratch.order, step)
    choose(world, rules, w, actions)
    line_up(world, scratch, w)
    speak_world(world, rules, scratch, w, messages)
    hearts = act(world, rules, scratch, w, step)
    tire(world, rules, w)
    age_objects(world, rules, w, step)
    share(world, rules, w, hearts)
    tick(world, rules, w)


@kernel
def flow_in(world, w):  # type: ignore[no-untyped-def]
    """Let the ground receive energy from outside; write reservoir, inflow."""
    world.reservoir[w] += world.numbers[w, _INFLOW]
    world.inflow[w] += world.numbers[w, _INFLOW]


@kernel
def shuffle(order, step):  # type: ignore[no-untyped-def]
    """Fill `order` with a permutation of the agents drawn for this step (Fisher-Yates, inside out).

    The draws come first, for by themselves they are vectorised; each waits in its place until that is filled.
    """
    for i in range(order.shape[0]):
        order[i] = below(draw(step, i, _ORDER, 0), i + 1)
    for i in range(order.shape[0]):
        j = natural(order[i])
        order[i] = order[j]
        order[j] = i


@kernel
def choose(world, rules, w, actions):  # type: ignore[no-untyped-def]
    """Note what each agent does, and toggle shields; write last_action, shield.

    What its body cannot do becomes staying, and so does all that a frozen agent would do.
    """
    for i in range(rules.body.shape[0]):
        action = int(actions[i])
        able = rules.may[rules.body[i], action] & (world.frozen[w, i] == 0)
        action = action if able else _STAY
        world.last_action[w, i] = action
        world.shield[w, i] ^= action == _SHIELD


@kernel
def line_up(world, scratch, w):  # type: ignore[no-untyped-def]
    """Queue the agents, in order, for their verbs; write scratch."""
    scratch.n_queued[:] = 0
    for k in range(scratch.order.shape[0]):
        i = scratch.order[k]
        turn = natural(_TURN[world.last_action[w, natural(i)]])
        n = natural(scratch.n_queued[turn])
        scratch.queue[turn, n] = i
        scratch.n_queued[turn] = n + 1


@kernel
def act(world, rules, scratch, w, step):  # type: ignore[no-untyped-def]
    """Carry the verbs out, one after another, each by its agents in order, and return how often altars were used.

    Write world and scratch.
    """
    queue, n = scratch.queue, scratch.n_queued
    for k in range(n[_MOVING]):
        move(world, rules, w, natural(queue[_MOVING, k]))
    for k in range(n[_ATTACKING]):
        attack(world, rules, w, natural(queue[_ATTACKING, k]))
    if rules.bump:
        queue_users(world, scratch, w)
    hearts = 0
    for k in range(n[_USING]):
        hearts += use(world, rules, w, natural(queue[_USING, k]), step)
    for k in range(n[_GIVING]):
        give(world, rules, w, natural(queue[_GIVING, k]))
    for k in range(n[_BUILDING]):
        build(world, rules, w, natural(queue[_BUILDING, k]))
    for k in range(n[_BONDING]):
        bond(world, rules, w, natural(queue[_BONDING, k]))
    return hearts


@kernel
def queue_users(world, scratch, w):  # type: ignore[no-untyped-def]
    """Queue all who use something, in order: those who bumped have come to them. Write scratch."""
    n = 0
    for k in range(scratch.order.shape[0]):
        i = scratch.order[k]
        if world.last_action[w, i] == _USE:
            scratch.queue[_USING, n] = i
            n += 1
    scratch.n_queued[_USING] = n


@kernel
def share(world, rules, w, hearts):  # type: ignore[no-untyped-def]
    """Hand every reward out by kinship: agent i receives sum_j K[i, j] r_j. Write shared_reward.

    Sums are of float64 numbers, spelt out, so that interpreted kernels round as compiled ones do. Nobody has earned
    anything where no altar was used.
    """
    world.shared_reward[w] = 0
    if hearts == 0:
        return
    n_agents = rules.body.shape[0]
    for j in range(n_agents):
        earned = np.float64(world.own_reward[w, j])
        if earned == 0:
            continue
        total = 1.0
        if rules.normalise:
            total = 0.0
            for i in range(n_agents):
                total += kinship_of(world, rules, w, i, j)
        for i in range(n_agents):
            received = earned * kinship_of(world, rules, w, i, j) / total
            world.shared_reward[w, i] = np.float64(world.shared_reward[w, i]) + received


@kernel
def tick(world, rules, w):  # type: ignore[no-untyped-def]
    """Move the clock on, and note whether the episode has ended; write t, terminated, truncated."""
    world.t[w] += 1
    world.truncated[w] = world.t[w] >= rules.n_steps
    enough = rules.end_hearts > 0 and count_hearts(world, w) >= rules.end_hearts
    world.terminated[w] = enough or (rules.end_exhausted and is_exhausted(world, w))


@kernel
def count_hearts(world, w):  # type: ignore[no-untyped-def]
    """Return how often altars have been used in the episode."""
    hearts = 0
    for i in range(world.stats.shape[1]):
        hearts += int(world.stats[w, i, _HEARTS])
    return hearts


@kernel
def is_exhausted(world, w):  # type: ignore[no-untyped-def]
    """Return whether nobody has any energy or carries anything."""
    for i in range(world.energy.shape[1]):
        if world.energy[w, i] > 0:
            return False
        for kind in range(N_KINDS):
            if world.inventory[w, i, kind] > 0:
                return False
    return True
