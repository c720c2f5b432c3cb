"""Clusters in words: what is said in them, what follows, and what the world is like there."""

from typing import Any

from commlab.probes.decode.wording import SIGNIFICANT, chance, percent

__all__ = ["cluster_words", "opening", "phrase", "told"]

PHRASES = {
    "message": "says {}",
    "own_next_action": "next does {}",
    "listener_next_action": "the listener next does {}",
    "own_destination": "goes to {}",
    "resource_location": "crystal {}",
    "resource_location.offset": "crystal {} of it",
    "altar_location": "altar {} of it",
    "own_position": "stands at {}",
    "own_energy": "energy {}",
    "nearest_kin_location": "kin {} of it",
    "nearest_stranger_location": "a stranger {} of it",
    "last_heard": "heard {} last",
    "other_next_action": "the other next does {}",
}
NOTHING = "nothing we can tell"
DONE = ("own_next_action", "own_destination", "listener_next_action")
MOST_SEEN, MOST_DONE = 2, 1  # variables about the world, and about what follows, that a cluster's words name
CLEAR = 0.5  # a value of the world is named where it holds in half of the cluster's rows,
RAISED = 1.5  # and where it was not tested, only if it is so much more frequent than elsewhere


def phrase(variable: str, value: str) -> str:
    """A value in words: "says 7", "crystal NE"."""
    if variable == "message" and value == "silence":
        return "says nothing"
    known = PHRASES.get(variable)
    return known.format(value) if known else f"{variable.removeprefix('feature.').replace('_', ' ')} {value}"


def cluster_words(tested: list[dict[str, Any]], described: list[dict[str, Any]]) -> str:
    """A cluster's explanation in one line: what the world is like, what is said, what follows."""
    best = best_of([*described, *tested])
    said = [entry for entry in best if entry["variable"] == "message"]
    done = [entry for entry in best if entry["variable"] in DONE]
    seen = [entry for entry in best if entry not in said and entry not in done and entry["share"] >= CLEAR]
    parts = [*seen[:MOST_SEEN], *said, *done[:MOST_DONE]]
    return "; ".join(f"{entry['words']} ({percent(entry['share'])})" for entry in parts) or NOTHING


def best_of(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The most frequent value of each variable, variables in the order given."""
    best: dict[str, dict[str, Any]] = {}
    for entry in entries:
        here = best.setdefault(entry["variable"], entry)
        if entry["share"] > here["share"]:
            best[entry["variable"]] = entry
    return list(best.values())


def opening(details: dict[str, Any]) -> str:
    """What was clustered, into how many, and how well that stands."""
    when = "the steps" if details["every_step"] else "the steps at which they say something,"
    by = {"observation": "what they observed", "world": "the world around them"}
    stable = details["stability"]["mean"]
    again = "" if stable is None else f"; adjusted Rand {stable:.2f} over resampled episodes"
    return (
        f"By {by.get(details['source'], details['source'])}, {when} of the {details['words_of']} form {details['k']} "
        f"clusters ({details['k_by']}{again})."
    )


def told(tested: list[dict[str, Any]], lead: dict[str, Any] | None, n_episodes: int) -> str:
    """What the clusters tell of the variable that leads, and of the one that they tell most of."""
    if lead is None:
        return "No variable that did not form them could be tested, so that they are described only."
    interval = lead["interval"]
    span = f"95 % interval {signed(interval[0])} to {signed(interval[1])}, " if interval else ""
    first = (
        f"On {n_episodes} episodes that did not form them, the cluster tells {signed(lead['bits'])} bits of "
        f"{named(lead)} ({span}{chance(lead['p_value'])})"
    )
    most = tested[0]
    if most is lead or most["q_value"] > SIGNIFICANT:
        return f"{first}."
    return f"{first}, and most of {named(most)}: {signed(most['bits'])} bits (p = {most['q_value']:.3g} among all)."


def named(row: dict[str, Any]) -> str:
    """A tested variable in a sentence."""
    return "what is said" if row["variable"] == "message" else str(row["variable"])


def signed(bits: float) -> str:
    """Bits with two decimals, and no minus sign before a zero."""
    return f"{round(bits, 2) + 0.0:.2f}"
