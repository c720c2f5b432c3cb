"""Who says an entry, and who hears it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from commlab.probes.decode.lexicon.entries import Voices
from commlab.probes.decode.lexicon.speech import Speech, Variable

__all__ = ["Cast", "Speaker", "voices_of"]

Bools = NDArray[np.bool_]
HARDLY = 0.05  # of an entry's uses: who says it less often does not count as saying it
MOSTLY = 0.95  # of an entry's uses: it is for that audience alone
SOME = 0.1  # of all steps at which the other audience listens: then it could have been told, too


class Speaker(NamedTuple):
    """An agent that speaks."""

    agent: int
    name: str  # of all that are like it: "scouts"; of an imported log: its own, "alice"
    family: str


Cast = tuple[Speaker, ...]  # in the order of the slots


def voices_of(speech: Speech, used: Bools, cast: Cast, audience: Variable | None) -> Voices:
    """Who says an entry where it is `used` (E, slots), and to whom."""
    place = np.nonzero(used)[1] % speech.n_agents
    shares = np.bincount(place, minlength=speech.n_agents) / max(1, place.size)
    by_agent = {cast[n].agent: float(share) for n, share in enumerate(shares)}
    said_by = called([n for n, share in enumerate(shares) if share >= HARDLY], cast)
    if audience is None:
        return Voices(said_by, by_agent, "nobody", None, None, None)
    heard = audience.codes[used]
    everywhere = audience.codes[speech.said >= 0]
    to_kin, to_strangers = share_of(heard, 0), share_of(heard, 1)
    base_kin = share_of(everywhere, 0)
    return Voices(said_by, by_agent, to_whom(to_kin, to_strangers, base_kin), to_kin, to_strangers, base_kin)


def share_of(codes: NDArray[np.int64], code: int) -> float | None:
    """The share of the codes that are `code`; None where none is known."""
    known = codes[codes >= 0]
    return float(np.mean(known == code)) if known.size else None


def to_whom(to_kin: float | None, to_strangers: float | None, base_kin: float | None) -> str:
    """For whom an entry is: kin or strangers alone, where others listened at other times, or anybody."""
    if to_kin is None or to_strangers is None or base_kin is None:
        return "nobody"
    if to_kin >= MOSTLY and base_kin <= 1 - SOME:
        return "kin"
    return "strangers" if to_strangers >= MOSTLY and base_kin >= SOME else "anybody"


def called(places: Sequence[int], cast: Cast) -> str:
    """Speakers by the name that fits best: "scouts", "agent 2", "family 1", "everybody"."""
    chosen = {cast[n] for n in places}
    names = {one.name for one in chosen}
    families = {one.family for one in chosen}
    if len(names) == 1 and chosen == {one for one in cast if one.name in names}:
        return names.pop()
    if chosen == set(cast):
        return "everybody"
    if len(families) == 1 and chosen == {one for one in cast if one.family in families} and len(chosen) > 1:
        return f"family {families.pop()}"
    return listed([f"agent {one.agent}" for one in sorted(chosen)])


def listed(names: Sequence[str]) -> str:
    """Names as a person lists them."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "nobody"
