"""One step of the world: speaking, then acting in an order shuffled per step, then objects, sharing and the clock."""

from __future__ import annotations

import numpy as np

from commlab.env.channel import speak
from commlab.env.kernel import kernel
from commlab.env.observe import observe_worlds
from commlab.env.randomness import Purpose, below, draw, step_key
from commlab.env.sites import age_objects
from commlab.env.types import Action
from commlab.env.verbs.move import move
from commlab.env.verbs.use import use

_ORDER, _STAY = int(Purpose.ORDER), int(Action.STAY)


@kernel
def step_worlds(world, rules, obs, actions, messages, order, start, stop):  # type: ignore[no-untyped-def]
    """Step worlds start .. stop - 1 and fill their observations.

    `actions` (W, A) and `messages` (W, A, L) are uint8 and valid; `order` (W, A) int16 is scratch. Write world, obs and
    order.
    """
    for w in range(start, stop):
        step = step_key(world.key[w], int(world.t[w]))
        shuffle(order[w], step)
        world.own_reward[w] = 0
        choose(world, rules, w, actions[w])
        for i in range(rules.body.shape[0]):
            speak(world, rules, w, i, messages[w, i])
        for i in order[w]:
            move(world, rules, w, i, int(world.last_action[w, i]))
        for i in order[w]:
            use(world, rules, w, i, int(world.last_action[w, i]), step)
        age_objects(world, rules, w, step)
        share(world, rules, w)
        world.t[w] += 1
        world.truncated[w] = world.t[w] >= rules.n_steps
    observe_worlds(world, rules, obs, start, stop)


@kernel
def shuffle(order, step):  # type: ignore[no-untyped-def]
    """Fill `order` with a permutation of the agents drawn for this step (Fisher-Yates, inside out)."""
    for i in range(order.shape[0]):
        j = below(draw(step, i, _ORDER, 0), i + 1)
        order[i] = order[j]
        order[j] = i


@kernel
def choose(world, rules, w, actions):  # type: ignore[no-untyped-def]
    """Note what each agent sets out to do; what its body cannot do becomes staying. Write last_action."""
    for i in range(rules.body.shape[0]):
        action = actions[i]
        world.last_action[w, i] = action if rules.may[rules.body[i], action] else _STAY


@kernel
def share(world, rules, w):  # type: ignore[no-untyped-def]
    """Hand every reward out by kinship: agent i receives sum_j K[i, j] r_j. Write shared_reward.

    Sums are of float64 numbers, spelt out, so that interpreted kernels round as compiled ones do.
    """
    world.shared_reward[w] = 0
    n_agents = rules.body.shape[0]
    for j in range(n_agents):
        earned = np.float64(world.own_reward[w, j])
        if earned == 0:
            continue
        total = 1.0
        if rules.normalise:
            total = 0.0
            for i in range(n_agents):
                total += np.float64(world.kinship[w, i, j])
        for i in range(n_agents):
            received = earned * np.float64(world.kinship[w, i, j]) / total
            world.shared_reward[w, i] = np.float64(world.shared_reward[w, i]) + received
