"""What listeners do on hearing an entry, from saved injection results: beside its meaning, and no part of it."""

from pathlib import Path

from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.probes.decode.lexicon.entries import Effect
from commlab.probes.decode.wording import percent

__all__ = ["effects_in"]


def effects_in(folder: Path | None) -> dict[int, list[Effect]]:
    """What each symbol does to listeners, as the results saved in `folder` tell; damaged ones are left out."""
    found: dict[int, list[Effect]] = {}
    paths = sorted(folder.glob("*.json")) if folder is not None and folder.is_dir() else []
    for path in paths:
        if path.name.startswith(("destinations", "injection")):
            for symbol, effect in effects_of(path):
                found.setdefault(symbol, []).append(effect)
    return found


def effects_of(path: Path) -> list[tuple[int, Effect]]:
    """The effects in one result."""
    try:
        result = Result.load(path)
        if result.analysis == "destinations":
            return destinations(result, path.name)
        if result.analysis == "injection" and result.estimate is not None:
            low, high = result.interval or (None, None)
            effect = Effect(result.sentence, None, low, high, None, result.n_episodes, path.name)
            return [(int(result.details["symbol"]), effect)]
    except (DataError, KeyError, TypeError, ValueError):
        return []
    return []


def destinations(result: Result, source: str) -> list[tuple[int, Effect]]:
    """Of each symbol, how often listeners that hear it first go to the place that it stands for."""
    names, named = result.details["site_names"], result.details["named"]
    found = []
    for symbol, rate in result.details["per_symbol"].items():
        if not rate["n"] or rate["rate"] is None:
            continue
        place = names[named[symbol]] if 0 <= named[symbol] < len(names) else "its place"
        told = (
            f"hearing it, listeners first go to {place} in {percent(rate['rate'])} of {rate['n']} trials "
            f"(untouched: {percent(rate['untouched_rate'])})"
        )
        low, high = rate["interval"]
        found.append((int(symbol), Effect(told, rate["rate"], low, high, rate["untouched_rate"], rate["n"], source)))
    return found
