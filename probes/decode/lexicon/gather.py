"""What a lexicon needs of a recording: speech, targets, contexts of use, and who speaks to whom."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.datasets.reader import Recording
from commlab.datasets.targets import find_target, targets_of
from commlab.datasets.targets.labels import Target
from commlab.foundation.errors import CommlabError, DataError
from commlab.probes.decode.lexicon.estimate import Surroundings
from commlab.probes.decode.lexicon.speech import Speech, Variable, bands
from commlab.probes.decode.lexicon.voices import Cast, Speaker
from commlab.probes.decode.utterances import Utterances, utterances, valued

__all__ = ["CONTEXTS", "Gathered", "gather"]

Int64 = NDArray[np.int64]
AUDIENCE = ("kin", "strangers", "both", "nobody")
CONTEXTS = ("audience_kinship", "own_body", "carries", "own_energy", "time", "other_kinship", "own_shield", "bonded")
# What is said cannot mean what it is itself, nor what others do because of it; the rest is who speaks and who hears.
LEFT_OUT = {
    "own_message", "last_heard", "heard_recently", "listener_next_action", "other_next_action", "reward_soon",
    "audience_kinship", "speaker_kinship", "own_body", "other_body", "own_destination.cell", "own_destination.offset",
    "own_destination.kind", "other_position.cell",
}  # fmt: skip
REACTS = ("other_", "nearest_", "listener_", "danger", "own_destination", "own_next_action")  # may follow what was said
MOST_VALUES = 400


class Gathered(NamedTuple):
    """A recording as tables."""

    spoken: Utterances
    speech: Speech
    targets: list[Variable]
    sentences: dict[str, str]  # of each target
    surroundings: Surroundings
    lacking: dict[str, str]  # targets and contexts that cannot be used, with the reason


def gather(
    recording: Recording,
    of: str | int | None,
    targets: Sequence[str | Target] | None,
    contexts: Sequence[str] | None,
) -> Gathered:
    """Read what is needed, target by target.

    Raises DataError where nothing is said, and TargetError for an unknown target or one that the recording lacks
    something for, where it was asked for by name.
    """
    spoken = utterances(recording, of)
    if not spoken.symbols.any():
        raise DataError(
            f"{recording.path}: {spoken.agents.words} never say anything (their channel is silent), so that there is "
            "no lexicon; choose other agents with --of, or train them longer."
        )
    words = recording.codes.get("symbols", {})
    speech = Speech(spoken.said, spoken.symbols.astype(np.int64), spoken.names, len(spoken.agents.indices), words)
    lacking: dict[str, str] = {}
    wanted = default_targets(recording, lacking) if targets is None else [named(recording, one) for one in targets]
    found = [variable(recording, spoken, target, lacking, strict=targets is not None) for target in wanted]
    kept = [one for one in found if one is not None and varies(one, lacking)]
    if not kept:
        raise DataError(
            f"{recording.path}: none of its targets has more than one value, so that nothing can be told of what is "
            "said; record more episodes, or name a target with --targets."
        )
    audience = audience_of(recording, spoken)
    cast = cast_of(recording, spoken.agents.indices)
    beside = context_variables(recording, spoken, CONTEXTS if contexts is None else contexts, audience, lacking)
    return Gathered(
        spoken, speech, kept, {t.name: t.sentence for t in wanted}, Surroundings(tuple(beside), audience, cast), lacking
    )


def default_targets(recording: Recording, lacking: dict[str, str]) -> list[Target]:
    """The class targets that a message can be about."""
    usable, reasons = targets_of(recording)
    lacking.update(reasons)
    return [target for name, target in usable.items() if target.kind == "class" and name not in LEFT_OUT]


def named(recording: Recording, target: str | Target) -> Target:
    """The target of that name."""
    return find_target(target, recording) if isinstance(target, str) else target


def variable(
    recording: Recording, spoken: Utterances, target: Target, lacking: dict[str, str], strict: bool
) -> Variable | None:
    """A target beside the speech; a number as low, middle and high. None, with the reason noted, where it has none."""
    try:
        found = valued(recording, spoken, target)
    except CommlabError as error:
        if strict:
            raise
        lacking[target.name] = str(error)
        return None
    if not found.names:
        banded = bands(target.name, found.codes)
        if banded is None:
            lacking[target.name] = "it has one value in all of the recording"
        return banded
    reacts = target.name.startswith(REACTS)
    return Variable(target.name, np.asarray(found.codes, dtype=np.int64), found.names, reacts)


def varies(one: Variable, lacking: dict[str, str]) -> bool:
    """Whether a variable has values to tell apart, and not too many."""
    n_used = one.n_used
    if n_used < 2:
        lacking[one.name] = "it has one value in all of the recording"
    if n_used > MOST_VALUES:
        lacking[one.name] = f"it has {n_used:,} values, and at most {MOST_VALUES} can be told apart"
    return 2 <= n_used <= MOST_VALUES


def context_variables(
    recording: Recording, spoken: Utterances, names: Sequence[str], audience: Variable | None, lacking: dict[str, str]
) -> list[Variable]:
    """The contexts of use that vary: the speaker, who listens, and what is named."""
    found: list[Variable] = [] if len(spoken.agents.indices) < 2 else [speakers(spoken)]
    for name in names:
        if name == "audience_kinship":
            one = audience
        else:
            one = variable(recording, spoken, named(recording, name), lacking, strict=False)
        if one is not None and varies(one, lacking):
            found.append(one)
    return found


def cast_of(recording: Recording, agents: Sequence[int]) -> Cast:
    """Who the speakers are."""
    families = (recording.attrs.get("layout") or {}).get("families") or []
    several = "" if not (recording.attrs.get("layout") or {}).get("height") else "s"  # imported agents have names
    return tuple(
        Speaker(agent, recording.bodies[agent] + several, str(families[agent]) if agent < len(families) else str(agent))
        for agent in agents
    )


def speakers(spoken: Utterances) -> Variable:
    """Which agent speaks in each slot."""
    n = len(spoken.agents.indices)
    codes = np.where(spoken.said >= 0, np.arange(spoken.said.shape[1]) % n, -1)
    return Variable("speaker", codes, tuple(f"agent {agent}" for agent in spoken.agents.indices))


def audience_of(recording: Recording, spoken: Utterances) -> Variable | None:
    """Who hears what is said: those who do, and where nobody is known to, all others, by the episode's kinship.

    None where there is nobody else.
    """
    if recording.n_agents < 2:
        return None
    codes = others_of(recording, spoken)
    try:
        heard = valued(recording, spoken, "audience_kinship")
    except CommlabError:
        return Variable("audience_kinship", codes, AUDIENCE)
    known = np.asarray(heard.codes)
    return Variable("audience_kinship", np.where((known < 0) | (known == 3), codes, known), AUDIENCE)


def others_of(recording: Recording, spoken: Utterances) -> Int64:
    """Whether all others are kin, strangers, or some are either, for the speaker of every slot (E, slots)."""
    agents = list(spoken.agents.indices)
    kin = recording.kinship[:, agents] > 0  # (matrices, speakers, A)
    own = np.zeros(kin.shape[1:], dtype=bool)
    own[np.arange(len(agents)), agents] = True
    any_kin, all_kin = (kin & ~own).any(axis=2), (kin | own).all(axis=2)
    code: Any = np.where(all_kin, 0, np.where(any_kin, 2, 1))[recording.episodes.kinship[spoken.rows.episodes]]
    table = np.tile(code, spoken.said.shape[1] // len(agents))
    return np.where(spoken.said >= 0, table, -1)
