"""Playing a world by hand or at random, and what is made of it: a picture, a film."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from commlab.console import progress, say
from commlab.env.batch import WorldBatch
from commlab.env.kernel import kernels_are_cold
from commlab.env.render.film import check_speed, check_target, save_film, save_picture
from commlab.env.render.picture import Options, draw_world
from commlab.env.render.stage import cell_size
from commlab.env.scenario import Scenario
from commlab.env.types import Action, Bytes
from commlab.foundation.errors import RenderError, ScenarioError, nearest_names

__all__ = ["Play", "Turn", "begin", "check", "map_size", "play_out", "read_script"]

_FILMED = 100  # steps, where none are asked for
_TALKATIVE = 0.25  # chance that an agent that acts at random speaks


class Play(NamedTuple):
    """What is wanted of an episode."""

    seed: int = 0
    episode: int = 0
    steps: int | None = None
    script: str | None = None  # what the agents do in the first steps
    picture: Path | None = None
    film: Path | None = None
    fps: float = 8.0
    options: Options = Options(caption=True)


class Turn(NamedTuple):
    """What all agents do in a step."""

    actions: Bytes  # (1, A)
    messages: Bytes  # (1, A, L)


def begin(scenario: Scenario, play: Play) -> WorldBatch:
    """Return a world at the beginning of the episode, after `check`."""
    check(scenario, play)
    if kernels_are_cold():
        say("First use on this machine: compiling kernels takes about a minute.")
    batch = WorldBatch(scenario, 1, play.seed)
    batch.reset(np.array([play.episode]))
    return batch


def check(scenario: Scenario, play: Play) -> None:
    """Raise an error in a sentence where a wish cannot be met."""
    if play.picture is not None:
        check_target(play.picture, (".png",))
    if play.film is not None:
        check_target(play.film, (".gif", ".mp4"))
        check_speed(play.fps)
    cell_size(*map_size(scenario), play.options.cell)
    for i in (*play.options.ranges, *play.options.windows):
        if i >= scenario.n_agents:
            raise RenderError(f"There is no agent {i}; the agents of {scenario.name} are 0 to {scenario.n_agents - 1}.")
    asked = max(play.steps or 0, len(read_script(play.script or "", scenario)))
    if asked > scenario.steps:
        raise RenderError(f"{asked} steps are too many; an episode of {scenario.name} has {scenario.steps}.")


def map_size(scenario: Scenario) -> tuple[int, int]:
    """Return the rows and columns of a scenario's map."""
    if scenario.layout is not None:
        return scenario.layout.height, scenario.layout.width
    lines = (scenario.map or "").strip().splitlines()
    return len(lines), max(len(line.strip()) for line in lines)


def play_out(batch: WorldBatch, play: Play) -> int:
    """Play the steps and write the files that are wanted; return how many steps were played."""
    script = read_script(play.script or "", batch.scenario)
    n_steps = len(script) if play.steps is None else play.steps
    if play.film is not None and play.steps is None and play.script is None:
        n_steps = min(_FILMED, batch.scenario.steps)
    turns = _turns(batch, script, np.random.default_rng([play.seed, play.episode]))
    if play.film is None:
        for _ in _steps(batch, turns, n_steps):
            pass
    else:
        _film(batch, play.film, _steps(batch, turns, n_steps), n_steps, play)
    if play.picture is not None:
        save_picture(draw_world(batch.world, batch.rules, batch.scenario, 0, play.options), play.picture)
    return int(batch.world.t[0])


def _film(batch: WorldBatch, path: Path, steps: Iterator[int], n_steps: int, play: Play) -> None:
    """Film the steps while they are played."""
    with progress(f"filming {batch.scenario.name}", max(1, n_steps)) as advance:

        def frames() -> Iterator[Image.Image]:
            for step in steps:
                yield draw_world(batch.world, batch.rules, batch.scenario, 0, play.options)
                advance(step, "")

        save_film(frames(), path, play.fps)


def _steps(batch: WorldBatch, turns: Iterator[Turn], n_steps: int) -> Iterator[int]:
    """Yield 0 for the beginning, and the number of every step that was played, until the episode ends."""
    yield 0
    for step in range(1, n_steps + 1):
        if batch.world.terminated[0] or batch.world.truncated[0]:
            return
        batch.step(*next(turns))
        yield step


def _turns(batch: WorldBatch, script: list[Turn], rng: np.random.Generator) -> Iterator[Turn]:
    """Yield what the script says, then actions and symbols at random."""
    yield from script
    rules, scenario = batch.rules, batch.scenario
    can = [np.flatnonzero(rules.may[body]) for body in rules.body]
    n_agents, length = len(can), scenario.channel.length
    while True:
        actions = np.array([[rng.choice(choices) if len(choices) else Action.STAY for choices in can]], np.uint8)
        symbols = rng.integers(1, scenario.channel.vocabulary, (1, n_agents, length))
        speaks = rng.random((1, n_agents, 1)) < _TALKATIVE
        yield Turn(actions, np.where(speaks, symbols, 0).astype(np.uint8))


def read_script(script: str, scenario: Scenario) -> list[Turn]:
    """Return the turns that a script such as "east attack:3; stay shield" describes.

    Steps are separated by ; and agents by spaces, by number; who is not named stays. A number after a colon is said,
    several with commas between them. Raises ScenarioError in a sentence.
    """
    turns = []
    steps = script.rstrip("; ").split(";") if script.strip("; ") else []
    for step, text in enumerate(steps, start=1):
        words = text.split()
        if len(words) > scenario.n_agents:
            raise ScenarioError(
                f"--do names {len(words)} actions in step {step}, but {scenario.name} has {scenario.n_agents} agents."
            )
        actions = np.zeros((1, scenario.n_agents), np.uint8)
        messages = np.zeros((1, scenario.n_agents, scenario.channel.length), np.uint8)
        for i, word in enumerate(words):
            name, colon, said = word.partition(":")
            actions[0, i] = _action(name, i, scenario)
            if colon:
                symbols = _symbols(said, word, scenario)
                messages[0, i, : len(symbols)] = symbols
        turns.append(Turn(actions, messages))
    return turns


def _action(name: str, i: int, scenario: Scenario) -> int:
    """Return the code of an action that agent `i` can take."""
    known = [action.name.lower() for action in Action]
    if name.lower() not in known:
        nearest = ", ".join(nearest_names(name.lower(), known))
        raise ScenarioError(f"--do: there is no action {name!r}; did you mean {nearest}?")
    body = scenario.agent_bodies[i]
    can = {"stay", *scenario.bodies[body].actions}
    if name.lower() not in can:
        raise ScenarioError(
            f"--do: agent {i} is a {body} and cannot {name.lower()}; it can {', '.join(a for a in known if a in can)}."
        )
    return int(Action[name.upper()])


def _symbols(said: str, word: str, scenario: Scenario) -> list[int]:
    """Return the symbols of a message as it is written."""
    channel = scenario.channel
    parts = said.split(",")
    if any(not part.isdecimal() or int(part) >= channel.vocabulary for part in parts):
        raise ScenarioError(
            f"--do: {word!r} says no symbols; they are 0 (silence) to {channel.vocabulary - 1}, as in stay:1."
        )
    if len(parts) > channel.length:
        raise ScenarioError(
            f"--do: {word!r} says {len(parts)} symbols; a message of {scenario.name} has {channel.length}."
        )
    return [int(part) for part in parts]
