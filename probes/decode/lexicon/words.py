"""A lexicon in words: meanings as a person says them, an entry as a sentence."""

from collections.abc import Iterable, Sequence

from commlab.datasets.targets.labels import NONE
from commlab.probes.decode.lexicon.entries import Entry, Evidence, Pair, Rate, Sense
from commlab.probes.decode.wording import episodes, percent

__all__ = ["entry_sentence", "meaning_words", "nothing"]

COMPASS = {
    "N": "north", "NE": "north-east", "E": "east", "SE": "south-east", "S": "south", "SW": "south-west", "W": "west",
    "NW": "north-west",
}  # fmt: skip
THINGS = {
    "resource_location": "crystal", "altar_location": "altar", "converter_location": "converter",
    "beacon_location": "beacon", "berry_location": "berry", "nearest_kin_location": "kin",
    "nearest_stranger_location": "stranger", "other_position": "another agent", "own_position": "speaker",
    "own_destination": "speaker on its way to a place",
}  # fmt: skip
FROM_SPEAKER = ("altar_location", "converter_location", "beacon_location", "nearest_kin_location")
WHOM = ("nearest_kin_location", "nearest_stranger_location", "other_position")  # said after what there is to find
RELATIVE = (*FROM_SPEAKER, "nearest_stranger_location")  # directions from the speaker; the others are parts of the map
PLAIN = {
    "own_next_action": "speaker about to {value}", "own_facing": "speaker facing {value}",
    "resource_kind": "{value} crystal", "berry_look": "{value} berry", "berry_poisonous": "{value} berry",
    "carries": "speaker carrying {value}", "faces": "speaker before {value}",
}  # fmt: skip


def meaning_words(pairs: Iterable[Pair], together: bool = True) -> str:
    """(target, value) pairs in words: "green crystal in the north-east", "altar to the north or the east"."""
    values: dict[str, list[str]] = {}
    for target, value in pairs:
        values.setdefault(target, []).append(value)
    phrases = {target: phrase(target, ordered(given)) for target, given in values.items()}
    kind = values.get("resource_kind", [])
    place = next((target for target in phrases if target.startswith("resource_location")), None)
    if together and place is not None and len(kind) == 1 and NONE not in (*kind, *values[place]):
        del phrases["resource_kind"]
        phrases[place] = f"{kind[0]} {phrases[place]}"
    inner = sorted(phrases, key=lambda target: target.partition(".")[0] in WHOM)
    return (" and " if together else " or ").join(phrases[target] for target in inner)


def ordered(values: Sequence[str]) -> list[str]:
    """Directions clockwise from north, other values as they come."""
    order = {name: place for place, name in enumerate(COMPASS)}
    return sorted(values, key=lambda value: order.get(value, len(order)))


def phrase(target: str, values: Sequence[str]) -> str:
    """A target's values as one phrase."""
    stem, _, kind = target.partition(".")
    if target in PLAIN:
        return PLAIN[target].format(value=" or ".join(values))
    if stem not in THINGS:
        return f"{target.removeprefix('feature.').replace('_', ' ')} is {' or '.join(values)}"
    thing = f"{kind} {THINGS[stem]}" if kind not in ("", "cell", "offset", "sector") else THINGS[stem]
    relative = kind == "offset" or target in RELATIVE
    told = [f"{thing} {places(values, relative)}"] if set(values) != {NONE} else []
    return " or ".join(told + [f"no {thing}"] * (NONE in values))


def places(values: Sequence[str], relative: bool) -> str:
    """Several places: "in the north or the east", "at row 3, column 6 or at row 4, column 1"."""
    named = [where(value, relative) for value in values if value != NONE]
    first = named[0].split(" ")[0]
    same = all(name.startswith(f"{first} the ") for name in named)
    return " or ".join([named[0], *(name.removeprefix(f"{first} ") if same else name for name in named[1:])])


def where(value: str, relative: bool) -> str:
    """A place: "in the north-east", "to the north", "at row 3, column 6", "at the centre"."""
    if value in COMPASS:
        return f"{'to' if relative else 'in'} the {COMPASS[value]}"
    if value == "centre":
        return "where the speaker is" if relative else "at the centre"
    row, _, column = value.partition(",")
    return f"at row {row}, column {column}" if column else f"at {value}"


def nothing(entry: Entry) -> str:
    """That an entry has no meaning, and why."""
    return f"nothing we can tell ({entry.why})" if entry.why else "nothing we can tell"


def entry_sentence(entry: Entry) -> str:
    """An entry as a sentence: "7: crystal in the north, said by scouts, true 91 % of the time, n = 212 episodes"."""
    if not entry.meaning:
        return f"{entry.form}: {nothing(entry)}{spoken(entry)}, n = {episodes(entry.n_episodes)}"
    often = "more often than chance, " if seldom_true(entry) else ""
    return f"{entry.form}: {often}{told(entry)}{spoken(entry)}, {truth_words(entry)}, n = {episodes(entry.n_episodes)}"


def seldom_true(entry: Entry) -> bool:
    """Whether a meaning holds at fewer than half of the uses, of those to kin where they are told apart."""
    rates = [rate for rate in (entry.truth, entry.truth_to_kin) if rate is not None]
    return all(rate.share < 1 / 2 for rate in rates)


def told(entry: Entry) -> str:
    """What an entry means, by context where that depends on it."""
    if not entry.senses or entry.context is None:
        return meaning_words(in_order(entry.evidence), entry.together)
    return ", ".join(f"{sense_words(sense)} ({context_words(entry.context, sense.values)})" for sense in entry.senses)


def sense_words(sense: Sense) -> str:
    """What an entry means in one context."""
    return meaning_words(in_order(sense.evidence)) if sense.evidence else "nothing we can tell"


def context_words(context: str, values: Sequence[str]) -> str:
    """A context in words: "to kin", "said by agent 2", "where resource_kind is green or yellow"."""
    if context == "audience_kinship":
        return "to " + " or ".join("kin and strangers" if value == "both" else value for value in values)
    if context == "speaker":
        return f"from {' or '.join(values)}"
    if context == "resource_kind":
        return f"where the crystal is {' or '.join(values)}"
    if context == "time":
        return "when it is " + " or ".join({"low": "early", "high": "late"}.get(value, "midway") for value in values)
    return f"where {context.removeprefix('feature.').replace('_', ' ')} is {' or '.join(values)}"


def in_order(evidence: Sequence[Evidence]) -> list[Pair]:
    """The pairs of evidence."""
    return [found.pair for found in evidence]


def spoken(entry: Entry) -> str:
    """By whom an entry is said, and to whom where that is not anybody."""
    if entry.voices is None:
        return ""
    to = f" to {entry.voices.to_whom} only" if entry.voices.to_whom in ("kin", "strangers") else ""
    return f", said by {entry.voices.said_by}{to}"


def truth_words(entry: Entry) -> str:
    """How often an entry is true, to kin and strangers apart where that differs."""
    kin, strangers = entry.truth_to_kin, entry.truth_to_strangers
    if kin is not None and strangers is not None and apart(kin, strangers):
        return f"true {percent(kin.share)} of the time to kin and {percent(strangers.share)} to strangers"
    if entry.truth is None:
        return "its truth unknown"
    return f"true {percent(entry.truth.share)} of the time{first_part(entry)}"


def first_part(entry: Entry) -> str:
    """Of a meaning with several parts how often the first one is true by itself."""
    first = entry.evidence[0].target
    if not entry.together or entry.senses or all(found.target == first for found in entry.evidence):
        return ""
    share = sum(found.share.share for found in entry.evidence if found.target == first)
    return f" (the first part by itself {percent(min(share, 1.0))})"


def apart(one: Rate, other: Rate) -> bool:
    """Whether the intervals of two rates do not meet."""
    return one.low > other.high or other.low > one.high
