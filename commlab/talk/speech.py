"""What a person says: as whom, to whom, for how long; and the interventions that carry it out."""

from __future__ import annotations

from typing import NamedTuple

from commlab.agents.intervention import Intervention
from commlab.env.scenario import Scenario
from commlab.foundation.errors import InterventionError

__all__ = ["ALL", "FOR", "PHANTOM", "Say", "agent_names", "interventions", "listeners"]

ALL, PHANTOM, FAMILY = "all", "phantom", "family:"
FOR = 12  # steps, where nothing else is asked for


class Say(NamedTuple):
    """A message of a person."""

    symbols: tuple[int, ...]
    speaker: int | None = None  # an agent that says it instead of its own words; None: a phantom
    to: str | int = ALL  # all, an agent, or family:N
    steps: int = FOR
    kinship: float = 1.0  # of a phantom with those who hear it
    alone: bool = False  # whether they hear nothing else meanwhile
    meaning: str | None = None  # in the person's words

    @property
    def silent(self) -> bool:
        """Whether it is silence."""
        return not any(self.symbols)


def agent_names(scenario: Scenario) -> list[str]:
    """Return what every agent is called: its body and its number."""
    return [f"{body} {number}" for number, body in enumerate(scenario.agent_bodies)]


def listeners(say: Say, scenario: Scenario) -> tuple[int, ...]:
    """Return who is spoken to, within hearing or not. Raises InterventionError where there is nobody of the kind."""
    everybody = range(scenario.n_agents)
    if say.to == ALL:
        meant = set(everybody)
    elif isinstance(say.to, str) and say.to.startswith(FAMILY):
        meant = {agent for agent in everybody if f"{FAMILY}{scenario.families[agent]}" == say.to}
        if not meant:
            known = ", ".join(f"{FAMILY}{family}" for family in sorted(set(scenario.families)))
            raise InterventionError(f"There is no {say.to!r:.40} here; the families are {known}.")
    elif isinstance(say.to, int) and say.to in everybody:
        meant = {say.to}
    else:
        raise InterventionError(
            f"One speaks to all, to an agent from 0 to {scenario.n_agents - 1}, or to a family such as family:0, "
            f"not to {say.to!r:.40}."
        )
    heard_by = tuple(sorted(meant - {say.speaker}))
    if not heard_by:
        raise InterventionError("An agent does not hear itself; speak to another, to all, or as a phantom.")
    return heard_by


def interventions(say: Say, scenario: Scenario, t: int) -> tuple[Intervention, ...]:
    """Return what is done when a person speaks before step `t`: it acts from that step on, for `say.steps` steps.

    What a phantom says is heard at once, beside the nearest speakers. What an agent is made to say goes into the air in
    the step, and is heard when the channel has carried it; who is not spoken to does not hear that agent meanwhile.
    Raises InterventionError for symbols, agents and numbers of steps that the scenario does not have.
    """
    check(say, scenario)
    hearers = listeners(say, scenario)
    if say.speaker is None:
        return _phantom(say, _agents(hearers, scenario), t)
    last = t + say.steps - 1
    if say.silent:
        changes = [Intervention("message.out", "mute", (say.speaker,), t, last)]
    else:
        changes = [Intervention("message.out", "set", (say.speaker,), t, last, say.symbols)]
    delay = scenario.channel.delay
    if t + delay >= scenario.steps:
        return tuple(changes)
    others = tuple(agent for agent in range(scenario.n_agents) if agent not in (say.speaker, *hearers))
    if others:
        changes.append(_deafen(others, (say.speaker,), t + delay, last + delay))
    if say.alone:
        rest = tuple(agent for agent in range(scenario.n_agents) if agent != say.speaker)
        changes.append(_deafen(hearers, rest, t + delay, last + delay))
    return tuple(changes)


def check(say: Say, scenario: Scenario) -> None:
    """Raise InterventionError where the scenario has no such words, speaker, or number of steps."""
    channel = scenario.channel
    if len(say.symbols) != channel.length:
        raise InterventionError(f"Messages here have {channel.length} symbols, not {len(say.symbols)}; name them all.")
    for symbol in say.symbols:
        if not 0 <= symbol < channel.vocabulary:
            raise InterventionError(
                f"Symbols are 0 (silence) to {channel.vocabulary - 1} here, not {symbol}; say one of these."
            )
    if say.speaker is not None and not 0 <= say.speaker < scenario.n_agents:
        raise InterventionError(
            f"One speaks as a phantom or as an agent from 0 to {scenario.n_agents - 1}, not as {say.speaker}."
        )
    if not 1 <= say.steps <= scenario.steps:
        raise InterventionError(f"A message goes on for 1 to {scenario.steps} steps here, not for {say.steps}.")
    if not -1 <= say.kinship <= 1:
        raise InterventionError(f"A phantom's kinship lies in -1 to 1, not {say.kinship:g}.")


def _phantom(say: Say, agents: tuple[int, ...] | None, t: int) -> tuple[Intervention, ...]:
    """Return what lets agents hear somebody who is not there; of a silent phantom they hear nothing at all."""
    last = t + say.steps - 1
    if say.silent:
        return (Intervention("message.in", "mute", agents, t, last),)
    operation = "set" if say.alone else "inject"
    return (Intervention("message.in", operation, agents, t, last, say.symbols, say.kinship),)


def _deafen(agents: tuple[int, ...], speakers: tuple[int, ...], first: int, last: int) -> Intervention:
    """Return that agents do not hear some speakers."""
    return Intervention("message.in", "mute", agents, first, last, speakers=speakers)


def _agents(agents: tuple[int, ...], scenario: Scenario) -> tuple[int, ...] | None:
    """Return None where all agents are meant."""
    return None if len(agents) == scenario.n_agents else agents
