"""The interventions of an episode in words, with the steps at which they were made."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["Change", "changes_in"]

MOST_SYMBOLS = 8
VERBS = {
    "mute": "is muted", "set": "is set", "shuffle": "is shuffled", "delay": "is delayed", "noise": "is noisy",
    "inject": "is injected", "add": "has a direction added", "erase": "has something erased",
    "replay": "is from another episode", "patch": "is from another episode",
}  # fmt: skip
SITES = {
    "message.out": "what is said", "message.in": "what is heard", "kinship": "the kinship shown",
    "observation": "what is seen", "action": "what is done",
}  # fmt: skip


class Change(NamedTuple):
    """One intervention."""

    first: int  # step
    last: int
    agents: list[int] | None  # None: all
    sentence: str


def changes_in(text: str, n_steps: int) -> list[Change]:
    """The interventions in the JSON `text` of an episode; what cannot be read is told as it stands."""
    try:
        rows = json.loads(text) if text else []
    except ValueError:
        rows = [{"site": text[:80]}]
    rows = rows if isinstance(rows, list) else [rows]
    return [one for row in rows if isinstance(row, Mapping) and (one := change_of(row, n_steps)) is not None]


def change_of(row: Mapping[str, Any], n_steps: int) -> Change | None:
    """An intervention as a change; None where it is made after the episode's end."""
    first = whole(row.get("first"), 0)
    last = min(whole(row.get("last"), n_steps - 1), n_steps - 1)
    if first > last:
        return None
    agents = row.get("agents")
    listed = [int(agent) for agent in agents] if isinstance(agents, list | tuple) else None
    return Change(first, last, listed, sentence(row, listed))


def sentence(row: Mapping[str, Any], agents: list[int] | None) -> str:
    """An intervention in words: "A phantom says 3 to agent 1", "What is said by agents 0 and 2 is muted"."""
    site, operation = str(row.get("site", "")), str(row.get("operation", ""))
    who = "all agents" if agents is None else f"agent {agents[0]}" if len(agents) == 1 else f"agents {listed(agents)}"
    symbols = row.get("symbol")
    word = " ".join(map(str, symbols[:MOST_SYMBOLS] if isinstance(symbols, list | tuple) else [symbols]))
    if site == "message.in" and operation in ("inject", "set") and not row.get("speakers"):
        only = ", and nothing else is heard" if operation == "set" else ""
        return f"A phantom says {'nothing' if word == '0' else word} to {who}{only}"
    what = SITES.get(site, site)
    to = f" to {word}" if operation == "set" and symbols is not None else ""
    join = {"message.in": "by", "message.out": "by", "kinship": "to"}.get(site, "by" if site == "action" else "of")
    return f"{what[:1].upper()}{what[1:]} {join} {who} {VERBS.get(operation, operation)}{to}".strip()


def listed(agents: list[int]) -> str:
    """Numbers in a sentence."""
    return f"{', '.join(map(str, agents[:-1]))} and {agents[-1]}" if agents else "none"


def whole(value: Any, otherwise: int) -> int:
    """A whole number, or `otherwise` where it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise
