"""From the words of an experiment's file to numbers: trials, agents, messages and places, and the plan of each arm."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.agents.intervention import Intervention
from commlab.agents.plan import Plan, make_plan
from commlab.agents.tapes import record_tapes
from commlab.datasets.targets.places import SECTORS, map_centre, sectors
from commlab.env.scenario import Scenario
from commlab.foundation.errors import DataError, InterventionError, nearest_names
from commlab.probes.cause.experiment.file import OTHER, Change, Experiment
from commlab.probes.cause.roles import roles_of
from commlab.probes.cause.trials import ANY_TIME, EARLIEST, Trials, Window, choose_in_window, in_time
from commlab.probes.cause.twins import EXPERIMENTS, LEAST, Trace
from commlab.probes.decode.lexicon import Lexicon
from commlab.recording import Playable, layout

__all__ = ["Book", "Cast", "cast", "places_named", "plan_of_arm", "said_in", "symbols_of"]

FEWEST = 8  # trials
COMPASS = {"north": "N", "east": "E", "south": "S", "west": "W"}


class Book(NamedTuple):
    """What is needed to say a meaning, and to know what a message names."""

    lexicon: Lexicon | None = None
    say: Callable[[str, float], tuple[int, ...]] | None = None  # the symbols for a meaning, to an audience of a kinship


class Cast(NamedTuple):
    """Who is who in the trials of an experiment."""

    scenario: Scenario
    seed: int
    trials: Trials  # n of them
    speaker: NDArray[np.int64]  # (n,) -1 where nobody but the listener speaks
    kinship: NDArray[np.float64]  # (n, A) with the listener of each trial
    other: NDArray[np.int64]  # (n,) another trial's episode

    def agents(self, names: tuple[int | str, ...] | None) -> list[tuple[int, ...] | None]:
        """Return whom names mean in each trial; None for everyone. Raises InterventionError for unknown names."""
        if names is None:
            return [None] * len(self.trials)
        found = [self._meant(name) for name in names]
        return [tuple(sorted({agent for part in found for agent in part[n]})) for n in range(len(self.trials))]

    def _meant(self, name: int | str) -> list[tuple[int, ...]]:
        """Return whom one name means in each trial."""
        if name == "listener":
            return [(agent,) for agent in self.trials.listener.tolist()]
        if name == "speaker":
            if (self.speaker < 0).any():
                raise InterventionError("This experiment has no speaker beside its listener; name agents by number.")
            return [(agent,) for agent in self.speaker.tolist()]
        if name in ("kin", "strangers"):
            mine = np.arange(self.kinship.shape[1]) == self.trials.listener[:, None]
            chosen = ((self.kinship > 0) if name == "kin" else (self.kinship <= 0)) & ~mine
            return [tuple(np.flatnonzero(row).tolist()) for row in chosen]
        return [fixed_agents(name, self.scenario)] * len(self.trials)


def cast(agents: Playable, experiment: Experiment, natural: Trace, book: Book) -> Cast:
    """Draw the trials of an experiment: moments, listeners and speakers. Raises DataError where there are too few."""
    scenario, rng = agents.scenario, np.random.default_rng([experiment.seed, 1])
    listeners = all_of(experiment.listener, scenario)
    speakers = np.array(all_of(experiment.speaker, scenario), dtype=np.int64)
    window = window_of(experiment, scenario)
    trials = choose_in_window(natural, listeners, rng, window)
    if experiment.empty is not None:
        places = places_named(experiment.empty, said_in(experiment, book), book, scenario)
        crystals = natural.crystal[trials.step, trials.episode]
        there = (crystals[:, :, None] == np.array(places)[None, None]).all(axis=3).any(axis=(1, 2))
        trials = in_time(trials, ~there)
    if len(trials) < FEWEST:
        raise DataError(
            f"Only {len(trials)} of {experiment.episodes} episodes have such a moment ({experiment.moment}): take more "
            f"episodes or another moment."
        )
    kinship = natural.kinship[trials.episode, trials.listener].astype(np.float64)
    others = np.where(speakers[None] != trials.listener[:, None], rng.random((len(trials), len(speakers))), -1.0)
    speaker = np.where(others.max(axis=1) >= 0, speakers[others.argmax(axis=1)], -1)
    return Cast(scenario, experiment.seed, trials, speaker, kinship, np.roll(trials.episode, 1))


def said_in(experiment: Experiment, book: Book) -> list[tuple[int, ...]]:
    """Return the messages that the arms put into the channel, in order."""
    changes = [change for arm in experiment.arms.values() for change in arm]
    said = [symbols_of(change.symbol, change.meaning, change.kinship, book) for change in changes]
    return [symbols for symbols in said if symbols is not None]


def window_of(experiment: Experiment, scenario: Scenario) -> Window:
    """Return when the trials of an experiment are. Raises InterventionError for a moment after the end."""
    last = scenario.steps - 2
    if isinstance(experiment.moment, int):
        if experiment.moment > last:
            raise InterventionError(f"moment: step {experiment.moment} is not within the episode, 0 to {last}.")
        return Window(None, experiment.moment, experiment.moment)
    latest = max(EARLIEST, min(last, scenario.steps - experiment.watch))
    return {
        "empty-handed": ANY_TIME,
        "carrying": Window(True, EARLIEST, latest),
        "any": Window(None, EARLIEST, latest),
        "start": Window(None, 0, 0),
    }[experiment.moment]


def all_of(names: tuple[int | str, ...] | None, scenario: Scenario) -> tuple[int, ...]:
    """Return all agents that names mean, whatever the trial."""
    if names is None:
        return tuple(range(scenario.n_agents))
    return tuple(sorted({agent for name in names for agent in fixed_agents(name, scenario)}))


def fixed_agents(name: int | str, scenario: Scenario) -> tuple[int, ...]:
    """Return whom a name means that does not depend on the trial. Raises InterventionError for an unknown one."""
    if isinstance(name, int):
        if not 0 <= name < scenario.n_agents:
            raise InterventionError(f"There is no agent {name}: agents are 0 to {scenario.n_agents - 1}.")
        return (name,)
    roles, families = roles_of(scenario), scenario.families
    known = {"speakers": roles.speakers, "listeners": roles.listeners}
    for body in scenario.agent_bodies:
        alike = tuple(agent for agent, other in enumerate(scenario.agent_bodies) if other == body)
        known |= {body: alike, f"{body}s": alike}
    for family in families:
        known[f"family {family}"] = tuple(agent for agent, other in enumerate(families) if other == family)
    if name not in known:
        words = ["listener", "speaker", "kin", "strangers", *known]
        near = nearest_names(name, words, 1)[0]
        raise InterventionError(f"There are no agents {name!r}: the nearest is {near!r}, all are {', '.join(words)}.")
    return known[name]


def symbols_of(
    symbol: tuple[int, ...] | None, meaning: str | None, kinship: float, book: Book
) -> tuple[int, ...] | None:
    """Return the symbols of a message, looked up where its meaning is given. Raises DataError without a lexicon."""
    if meaning is None:
        return symbol
    if book.say is None:
        raise DataError(f"There is no lexicon to say {meaning!r} with; give the symbol, or make one: commlab lexicon.")
    return book.say(meaning, kinship)


def places_named(
    place: str | tuple[int, int], said: Iterable[tuple[int, ...]], book: Book, scenario: Scenario
) -> list[list[int]]:
    """Return the cells meant by a measure's place.

    `said` are the messages of the arms: "named" is what the first of them names that names a place. Raises
    InterventionError where nothing is meant.
    """
    plan = layout(scenario)
    if not isinstance(place, str):
        if not (0 <= place[0] < plan["height"] and 0 <= place[1] < plan["width"]):
            raise InterventionError(f"The cell {list(place)} is not on the map of {plan['height']} by {plan['width']}.")
        return [list(place)]
    if place != "named":
        return in_sector(compass_name(place), plan)
    if book.lexicon is None:
        raise DataError(
            "There is no lexicon to tell which place is named; give the place, or make one: commlab lexicon."
        )
    for symbols in said:
        for target, value in sorted(book.lexicon.meaning(symbols)):
            if target == "resource_location.cell" and "," in value:
                return [[int(part) for part in value.split(",")]]
            if target.startswith("resource_location") and value in SECTORS[:-1]:
                return in_sector(value, plan)
    raise InterventionError("No arm says anything that names a place by the lexicon; name the place, as a direction.")


def compass_name(words: str) -> str:
    """Return the sector that words such as "north-east", "NE" or "crystal in the north-east" mean."""
    text = words.upper().replace("-", " ").replace("_", " ")
    found = {part for part in text.split() if part in SECTORS[:8]}
    spoken = "".join(COMPASS[part.lower()] for part in text.split() if part.lower() in COMPASS)
    if spoken in SECTORS[:8]:
        found.add(spoken)
    if "CENTRE" in text.split():
        found.add("centre")
    if len(found) != 1:
        raise InterventionError(
            f"A place is 'named', a direction such as 'north-east', or [row, column], not {words!r}."
        )
    return found.pop()


def in_sector(name: str, plan: dict[str, object]) -> list[list[int]]:
    """Return the sites in a sector of the map."""
    sites = np.array(plan["sites"], dtype=np.int64).reshape(-1, 2)
    mine = sectors(sites - map_centre(plan), np.ones(len(sites), np.bool_)) == SECTORS.index(name)
    if not mine.any():
        raise InterventionError(f"There is no site in the sector {name} of this map; name a cell [row, column].")
    found: list[list[int]] = sites[mine].tolist()
    return found


def plan_of_arm(
    name: str, changes: tuple[Change, ...], actors: Cast, n_worlds: int, agents: Playable, book: Book
) -> Plan:
    """Return the plan of one arm. Raises InterventionError, naming the arm, for what the scenario does not have."""
    worlds: list[list[Intervention]] = [[] for _ in range(n_worlds)]
    scenario = actors.scenario
    try:
        for change in changes:
            _enter(worlds, change, actors, symbols_of(change.symbol, change.meaning, change.kinship, book))
        sources = [one.source for world in worlds for one in world if one.source is not None]
        if sources and max(sources) >= n_worlds:
            raise InterventionError(f"There is no episode {max(sources)} to replay: they are 0 to {n_worlds - 1}.")
        tapes = record_tapes(agents.policy, scenario, EXPERIMENTS + actors.seed, sources, LEAST) if sources else {}
        return make_plan(worlds, scenario.steps, scenario.n_agents, scenario.channel.length, tapes)
    except InterventionError as error:
        raise InterventionError(f"arms.{name}: {error}") from None


def _enter(worlds: list[list[Intervention]], change: Change, actors: Cast, symbols: tuple[int, ...] | None) -> None:
    """Write a change of each trial into its world."""
    trials, n_steps = actors.trials, actors.scenario.steps
    whom, speakers, others = (actors.agents(names) for names in (change.agents, change.speakers, change.others))
    for n, (episode, step) in enumerate(zip(trials.episode.tolist(), trials.step.tolist(), strict=True)):
        over = change.last is not None and step + change.last < 0
        if whom[n] == () or speakers[n] == () or others[n] == () or step + change.first >= n_steps or over:
            continue
        source = int(actors.other[n]) if change.source == OTHER else None
        worlds[episode].append(change.intervention(whom[n], symbols, step, source, speakers[n], others[n]))
