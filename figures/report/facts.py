"""The report's facts that are no figure: its headline numbers, what was trained and recorded, and who made what."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from commlab.figures.report.evidence import Evidence
from commlab.figures.report.sparing import spared
from commlab.figures.wording import number, percent, plain, span
from commlab.foundation.result import Result

__all__ = ["Headline", "headline_numbers", "made_by", "made_of", "phases", "shared_facts"]

MOST_VALUES = 4  # a fact that differs between results names this many of its values
MOST_COMMANDS = 100  # rows of the table of commands
PER_RESULT = ("command", "time")  # told in a table of their own
NAMES = {
    "commlab_version": "commlab version",
    "git_revision": "revision",
    "checkpoint": "checkpoint (sha256)",
    "recording": "recording (fingerprint)",
    "cpu": "processor",
    "cores": "processor cores",
    "system": "system",
    "seed": "seed",
    "grounding": "grounding used in training",
    "python": "Python",
}
OTHERS = {"other episode": "with other episodes' messages", "trained muted": "trained with the channel muted"}
UNHEARD = {"untouched": "untouched", "random": "a word at random"}


class Headline(NamedTuple):
    """One of the large numbers at the top."""

    value: str
    label: str
    beside: str  # its interval, and what it is to be compared with


def headline_numbers(evidence: Evidence) -> list[Headline]:
    """The numbers that a reader wants first, from the saved results; those that are not saved are left out."""
    parts = {
        "use": of_use,
        "information": of_information,
        "destinations": of_destinations,
        "understanding": of_understanding,
    }
    found = [one for analysis, tell in parts.items() for one in told(tell, evidence.of(analysis))]
    steps = evidence.training.get("agent_steps", evidence.demo.get("agent_steps"))
    if is_real(steps):
        first = evidence.demo.get("first_return")
        beside = f"return before training {number(first)}" if is_real(first) else ""
        found.append(Headline(number(int(steps)), "agent steps of training", beside))
    return found


def told(tell: Callable[[tuple[Result, ...]], list[Headline]], results: tuple[Result, ...]) -> list[Headline]:
    """The numbers from one analysis's results; none where these cannot be read."""
    return spared(lambda: tell(results))


def of_use(results: tuple[Result, ...]) -> list[Headline]:
    """The return of agents that hear, beside those that hear something else."""
    for result in results:
        arms = result.details.get("conditions") or {}
        if "hearing" in arms and is_real(arms["hearing"].get("mean")):
            beside = [interval_of(arms["hearing"].get("interval"))]
            beside += [f"{number(arms[arm]['mean'])} {words}" for arm, words in OTHERS.items() if arm in arms]
            unit = plain(result.details.get("unit") or result.unit)
            return [Headline(number(arms["hearing"]["mean"]), f"{unit}, hearing each other", joined(beside))]
    return []


def of_information(results: tuple[Result, ...]) -> list[Headline]:
    """The bits in what is said, about where crystals are rather than anything else."""
    known = [result for result in results if is_real(result.estimate)]
    best = sorted(known, key=lambda result: result.details.get("target") != "resource_location")
    for result in best[:1]:
        beside = [interval_of(result.interval), f"null {number(result.null.mean)}" if result.null else ""]
        about = plain(result.details.get("target", "the world"), 40)
        return [Headline(f"{number(result.estimate)} bits", f"in what is said, about {about}", joined(beside))]
    return []


def of_destinations(results: tuple[Result, ...]) -> list[Headline]:
    """How many listeners go where an injected symbol says."""
    for result in results:
        if is_real(result.estimate):
            beside = [interval_of(result.interval, True), f"untouched {percent(result.details.get('untouched_rate'))}"]
            label = "of listeners go where an injected symbol says"
            return [Headline(percent(result.estimate), label, joined(beside))]
    return []


def of_understanding(results: tuple[Result, ...]) -> list[Headline]:
    """The score of understanding."""
    for result in results:
        if is_real(result.estimate):
            nulls = [f"{words} {percent(result.details.get(key))}" for key, words in UNHEARD.items()]
            label = "understanding: gone to first, over all places"
            return [Headline(percent(result.estimate), label, joined([interval_of(result.interval, True), *nulls]))]
    return []


def interval_of(ends: Any, per_cent: bool = False) -> str:
    """A 95 % interval in words, nothing where there is none."""
    if not ends:
        return ""
    low, high = float(ends[0]), float(ends[1])
    return f"95 % interval {100 * low:.0f} to {100 * high:.0f} %" if per_cent else f"95 % interval {span((low, high))}"


def joined(parts: list[str]) -> str:
    """What there is of the parts."""
    return "; ".join(part for part in parts if part)


def is_real(value: object) -> bool:
    """Whether a value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def made_of(evidence: Evidence) -> list[tuple[str, list[str]]]:
    """What was trained, for how long and with which help, and what was recorded, each fact with its lines."""
    training, made = evidence.training, table_of(evidence.training.get("provenance"))
    identity = table_of(training.get("identity"))
    world, recipe = table_of(identity.get("scenario")), table_of(identity.get("train"))
    facts = {
        "world": [plain(world.get("title") or world.get("name") or "", 120)],
        "trained by": [plain(made.get("command") or "", 200)],
        "trained for": [length_of(training)],
        "training seed": [plain(recipe.get("seed", ""))],
        "grounding used in training": grounding_of(training, recipe),
        "trained on": [machine_of(made)],
        "checkpoint (sha256)": [evidence.checkpoint.name, evidence.checkpoint.sha256] if evidence.checkpoint else [],
        "recording (fingerprint)": recording_of(evidence),
    }
    return [(name, [line for line in lines if line]) for name, lines in facts.items() if any(lines)]


def length_of(training: Mapping[str, Any]) -> str:
    """Agent steps and seconds of the training."""
    parts = []
    if is_real(training.get("agent_steps")):
        parts.append(f"{number(int(training['agent_steps']))} agent steps")
    if is_real(training.get("seconds")):
        parts.append(f"{training['seconds']:.0f} s")
    if training and training.get("complete") is not True:
        parts.append("not complete")
    return ", ".join(parts)


def grounding_of(training: Mapping[str, Any], recipe: Mapping[str, Any]) -> list[str]:
    """Which grounding term helped, and how its weight went."""
    name = training.get("grounding")
    if name is None:
        return []
    weight = table_of(table_of(recipe.get("grounding")).get("weight"))
    lines = [plain(name, 60)]
    if name != "none" and {"start", "end", "by"} <= set(weight):
        start, end, by = (number(weight[key]) if is_real(weight[key]) else "?" for key in ("start", "end", "by"))
        lines.append(f"weight {start}, falling to {end} at {by} of the training")
    return lines


def machine_of(made: Mapping[str, Any]) -> str:
    """The machine that provenance names."""
    cores = f"{made['cores']} cores" if is_real(made.get("cores")) else ""
    return ", ".join(part for part in (plain(made.get("cpu") or ""), cores, plain(made.get("system") or "")) if part)


def recording_of(evidence: Evidence) -> list[str]:
    """The recording, how many episodes it holds, and whether it is of the last checkpoint."""
    recording = evidence.recording
    if recording is None:
        return []
    episodes: Any = recording.facts.get("n_episodes")
    lines = [recording.name + (f", {number(int(episodes))} episodes" if episodes is not None else "")]
    lines += [plain(recording.sha256, 100), plain(recording.facts.get("command") or "", 200)]
    of = recording.facts.get("checkpoint_sha256")
    if evidence.checkpoint and of and of != evidence.checkpoint.sha256:
        lines.append("It is of another checkpoint than the run's last one.")
    return lines


def phases(evidence: Evidence) -> list[dict[str, object]]:
    """How long each phase of the demo took."""
    table = table_of(evidence.demo.get("seconds"))
    return [{"phase": plain(name), "seconds": f"{table[name]:.1f}"} for name in table if is_real(table[name])]


def shared_facts(evidence: Evidence) -> list[tuple[str, list[str]]]:
    """What the results' provenance records, each fact with its distinct values."""
    facts: dict[str, list[str]] = {}
    for result in evidence.results:
        for key, value in flat(result.provenance).items():
            values = facts.setdefault(key, [])
            text = plain(value, 300)
            if text not in values:
                values.append(text)
    order = {key: index for index, key in enumerate(NAMES)}
    kept = sorted((key for key in facts if key not in PER_RESULT), key=lambda key: (order.get(key, len(order)), key))
    return [(NAMES.get(key, plain(key).replace("_", " ")), shortened(facts[key])) for key in kept]


def flat(provenance: Mapping[str, Any]) -> dict[str, object]:
    """Provenance with nested tables as one line each and missing values left out."""
    lines: dict[str, object] = {}
    for key, value in provenance.items():
        if isinstance(value, Mapping):
            lines[key] = ", ".join(f"{name} {item}" for name, item in value.items())
        elif value is not None:
            lines[key] = value
    return lines


def shortened(values: list[str]) -> list[str]:
    """The first few values, and how many more there are."""
    more = len(values) - MOST_VALUES
    return values[:MOST_VALUES] + ([f"and {more} more"] if more > 0 else [])


def made_by(evidence: Evidence) -> list[dict[str, object]]:
    """Which command made which results, and when (UTC, to the second)."""
    names: dict[tuple[str, str], list[str]] = {}
    for result in evidence.results:
        command = plain(result.provenance.get("command", "–"), 200)
        time = plain(result.provenance.get("time", "–"), 40)[:19].replace("T", " ")
        names.setdefault((command, time), []).append(plain(result.name, 90))
    rows: list[dict[str, object]] = [
        {"result": several(made), "command": command, "time (UTC)": time} for (command, time), made in names.items()
    ]
    return rows[:MOST_COMMANDS]


def several(names: list[str]) -> str:
    """One name, or the first of many and their number."""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def table_of(value: object) -> Mapping[str, Any]:
    """A value that should be a table; an empty one where it is none."""
    return value if isinstance(value, Mapping) else {}
