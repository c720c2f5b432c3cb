"""`commlab kinship`: whom speakers tell, whom listeners heed, whether lies are deception, and what is believed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from commlab.commands.runs import NOT_SAVED, checkpoint_of, run_of
from commlab.console import out, print_json, say, table
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder

if TYPE_CHECKING:
    from commlab.recording import Playable

__all__ = ["Asked", "find_favours", "kinship", "levels_of"]


class Asked(NamedTuple):
    """What is asked."""

    shown: str  # levels of kinship, with commas
    checkpoint: Path | None
    planted: str | None  # language:listener, instead of a run
    n_episodes: int
    seed: int
    n_null: int


def find_favours(run: str | None, asked: Asked, command: str) -> tuple[RunFolder | None, list[Result]]:
    """Return the run, None for scripted agents, and the results: kinship, honesty and beliefs, in this order."""
    import torch

    from commlab.probes.cause.kin import beliefs, honesty
    from commlab.probes.cause.kin import kinship as cause
    from commlab.probes.cause.kin.setting import prepare

    levels = levels_of(asked.shown)
    folder, agents = _agents(run, asked)
    torch.set_num_threads(1)  # small matrices: more threads wait for each other
    setting = prepare(agents, asked.n_episodes, asked.seed)
    sides = cause.both_sides(setting, levels, asked.n_null)
    return folder, [
        cause.of_sides(setting, sides, command),
        honesty.of_sides(setting, sides.speaking, sides.obeying, asked.n_null, command),
        beliefs.fit(setting, n_null=asked.n_null, command=command),
    ]


def kinship(run: str | None, asked: Asked, as_json: bool, command: str) -> Result:
    """Do all experiments on kinship, save them in the run, and print tables and sentences.

    What another checkpoint than the run's last one does is shown, not saved; so is what scripted agents do.
    """
    folder, found = find_favours(run, asked, command)
    saved = [result.save(folder.results) for result in found] if folder and asked.checkpoint is None else []
    if as_json:
        print_json(_told(found))
    else:
        _print(found[0])
        for result in found:
            if result.estimate is not None or result.analysis != "kinship-beliefs":
                out.print(result.sentence, markup=False)
    if saved:
        say(f"Saved {', '.join(str(path) for path in saved)}.")
    elif folder is not None:
        say(NOT_SAVED)
    return found[0]


def levels_of(text: str) -> tuple[float, ...]:
    """Return the levels of kinship that a text names. Raises DataError where they are none from -1 to 1."""
    try:
        levels = tuple(float(part) for part in text.split(","))
    except ValueError:
        levels = ()
    if not levels or not all(-1 <= level <= 1 for level in levels):
        raise DataError(f"--shown is {text!r}; give levels of kinship from -1 to 1 with commas, such as 0,0.5,1.")
    return levels


def _agents(run: str | None, asked: Asked) -> tuple[RunFolder | None, Playable]:
    """Return the run's agents and its folder, or scripted agents, named language:listener, and none."""
    if asked.planted is None:
        folder = run_of(run)
        return folder, checkpoint_of(folder, asked.checkpoint)
    if run is not None:
        raise DataError(f"{run} is a run, and --planted are scripted agents; name one of the two.")
    if asked.checkpoint is not None:
        raise DataError("--checkpoint has no place beside --planted, which are scripted agents; name one of the two.")
    from commlab.agents.scripted.policy import plant

    language, _, listener = asked.planted.partition(":")
    return None, plant(language, asked.seed, listener or "obeying")


def _told(found: Sequence[Result]) -> dict[str, Any]:
    """Everything, as one object."""
    main, honest, believed = found
    return {
        "speaker": main.details["speaker"]["conclusion"],
        "listener": main.details["listener"]["conclusion"],
        "verdict": honest.details["verdict"],
        "deception": honest.details["deception"],
        "sentence": " ".join(result.sentence for result in found),
        **{
            key: {
                "estimate": result.estimate,
                "interval": result.interval,
                "p_value": result.p_value,
                "unit": result.unit,
                "n_episodes": result.n_episodes,
                "sentence": result.sentence,
                "details": result.details,
            }
            for key, result in (("kinship", main), ("honesty", honest), ("beliefs", believed))
        },
    }


def _print(result: Result) -> None:
    """Print what speakers say and listeners do at each shown kinship."""
    speaker, words = result.details["speaker"], result.details["listener"]["words"]
    heeded = {row["shown"]: row for row in words["levels"]} if words else {}
    rows = []
    for row in speaker["levels"]:
        obeys = heeded.get(row["shown"])
        shares = [_percent(row[name]["share"]) for name in ("true", "silent", "false", "unclear")]
        rows.append((f"{row['shown']:g}", *shares, _percent(obeys["share"] if obeys else None),
                     _percent(obeys["other_place"]["share"] if obeys else None)))  # fmt: skip
    rows.append(("as it is", *(_percent(speaker["natural"][name]["share"]) for name in
                               ("true", "silent", "false", "unclear")), "", ""))  # fmt: skip
    columns = ("shown kinship", "true", "silent", "false", "unclear", "listeners go there", "elsewhere")
    table("what speakers say, and what listeners do, by the kinship that they are shown", columns, rows)


def _percent(share: float | None) -> str:
    """A share as a person reads it."""
    return "-" if share is None else f"{100 * share:.0f} %"
