"""The fixed table of verdicts: what every planted language must come to with every scripted listener, and why.

Lies are planted among foes, about the only crystal there is: in half of the episodes speaker and listener have a
negative share in each other. Among mere strangers, of share 0, a lie that is heeded costs the listener and brings the
speaker nothing, and deception is only what pays: there the verdict is "communication", beside which honesty has "lies
without gain". (Negative kinship is a control: nothing is claimed from it but that the verdict is reached.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from commlab.agents.scripted.language import LANGUAGES, MEANINGLESS
from commlab.agents.scripted.listening import LISTENERS
from commlab.agents.scripted.policy import Planted, plant
from commlab.env.loading import load_scenario
from commlab.foundation.errors import DataError, nearest_names
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Result
from commlab.foundation.statistics import wilson_interval
from commlab.probes.cause.evidence import verdict
from commlab.probes.cause.evidence.verdict import Verdict
from commlab.probes.parallel import spread
from commlab.probes.planted.validation import seed_of

__all__ = ["CONTROLS", "FOES", "PAIRS", "Pair", "expected", "fit", "pairs_of", "planted_pair"]

FOES: dict[str, Any] = {
    "kinship.size": 2,
    "kinship.share": [-1, 1],  # drawn for every episode
    "crystals": [{"kind": "green", "count": 1, "stock": 1, "stay": [12, 24], "moves": True}],
}
SEEDS = 3  # codebooks
EPISODES = 512  # played for each verdict, as by default
Watch = Callable[[int, int], None]  # verdicts reached, verdicts in all

# Agents that are no scripted pair, in `lookout`. Those trained muted are judged as they live, muted, so that nobody can
# hear; their speakers come to tell where crystals are all the same, above all by the default recipe's grounding term.
CONTROLS: dict[str, Verdict] = {"untrained": "babbling", "trained muted": "talking to nobody"}


class Pair(NamedTuple):
    """A speaker's language and who listens."""

    language: str
    listener: str


def expected(pair: Pair) -> tuple[Verdict, str]:
    """Return the verdict that a pair must get, and the reason."""
    language, listener = pair
    if language == "silent":
        return "silent", "nothing is said, whoever would listen"
    if language in MEANINGLESS:
        if listener == "noise-driven":
            return "listening to noise", "each symbol sends the listener somewhere, and none is about anything"
        return "babbling", "symbols are about nothing, and which of them is heard moves nobody"
    if listener == "deaf":
        return "talking to nobody", "what is said tells of the world, and the listener is deaf"
    if listener == "clock":
        return "talking to nobody", "the listener counts messages, and does not mind which they are"
    if listener == "noise-driven":
        return "talking to nobody", "the listener obeys messages, in a reading of its own that is not the speaker's"
    if language == "distractor":
        return "talking to nobody", "what is said is the crystal's kind, which nobody needs to know, and nobody heeds"
    if language == "lying" and listener == "obeying":
        return "deception", "foes are told another place and go there, which the speaker gains by"
    if language == "lying":
        return "communication", "kin are told the truth and heed it; foes are lied to and do not listen"
    if language == "kin-only":
        return "communication", "kin are told where crystals are, and go there; strangers are told nothing"
    if listener == "obeying-kin":
        return "communication", "kin, in half of the episodes, go where they are told"
    return "communication", "listeners go where they are told, and find crystals there"


PAIRS: tuple[Pair, ...] = tuple(Pair(language, listener) for language in LANGUAGES for listener in LISTENERS)


def pairs_of(languages: Sequence[str]) -> tuple[Pair, ...]:
    """Return the pairs of some languages, all without any. Raises DataError, naming the nearest, for unknown ones."""
    for name in languages:
        if name not in LANGUAGES:
            near = nearest_names(name, LANGUAGES, limit=1)[0]
            raise DataError(f"There is no language {name!r}: the nearest is {near}, all are {', '.join(LANGUAGES)}.")
    return tuple(pair for pair in PAIRS if not languages or pair.language in languages)


def planted_pair(pair: Pair, seed: int) -> Planted:
    """Return the scripted agents of a pair, in the world that the table judges them in."""
    scenario = load_scenario("babel", {"channel.length": 1, **FOES}) if pair.language == "lying" else None
    return plant(pair.language, seed, pair.listener, scenario)


class Trial(NamedTuple):
    """One pair with one codebook."""

    pair: Pair
    number: int
    seed: int  # of the whole validation
    n_episodes: int


def fit(
    pairs: Sequence[Pair] = PAIRS,
    codebooks: int = SEEDS,
    seed: int = 0,
    n_episodes: int = EPISODES,
    workers: int | None = None,
    watch: Watch | None = None,
) -> Result:
    """Return how many verdicts are those of the table; details["rows"] has a row for each pair.

    It depends on its arguments alone, not on the number of workers.
    """
    trials = [Trial(pair, number, seed, n_episodes) for number in range(codebooks) for pair in pairs]
    reached = list(zip(trials, spread(run_trial, trials, workers, watch), strict=True))
    rows = [row_of(pair, [found for trial, found in reached if trial.pair == pair]) for pair in pairs]
    right, n = sum(row["right"] for row in rows), len(trials)
    wrong = ", ".join(f"{row['language']} + {row['listener']}" for row in rows if row["right"] < row["n"])
    return Result(
        analysis="verdicts",
        name="verdicts",
        estimate=right / n,
        unit="share of verdicts that are right",
        interval=wilson_interval(right, n),
        null=None,
        p_value=None,
        n_episodes=n_episodes,
        sentence=(
            f"{right} of {n} verdicts on planted pairs ({len(rows)} pairs, {codebooks} codebooks each) are as in the "
            f"table" + (f"; not always right: {wrong}." if wrong else ".")
        ),
        details={"rows": rows, "ok": right == n},
        provenance=provenance("validate --verdict", seed, None),
    )


def run_trial(trial: Trial) -> str:
    """Return the verdict on one pair with one codebook."""
    seed = seed_of(trial.seed, f"{trial.pair.language}+{trial.pair.listener}", trial.number)
    agents = planted_pair(trial.pair, seed)
    battery = verdict.fit(agents, trial.n_episodes, seed % 2**20, command="validate", arms=())
    found: str = battery.result.details["verdict"]
    return found


def row_of(pair: Pair, found: Sequence[str]) -> dict[str, Any]:
    """A row of the table, JSON-able."""
    wanted, reason = expected(pair)
    return {
        "language": pair.language,
        "listener": pair.listener,
        "expected": wanted,
        "reason": reason,
        "n": len(found),
        "right": sum(one == wanted for one in found),
        "found": {one: found.count(one) for one in dict.fromkeys(found)},
    }
