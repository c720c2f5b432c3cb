"""How a language formed: every checkpoint of a run plays the same fresh episodes, and its speech is measured."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from commlab.agents.checkpoint import Checkpoint, load_checkpoint
from commlab.datasets.reader import Recording, open_recording
from commlab.datasets.targets import find_target, targets_of
from commlab.datasets.targets.blocks import label
from commlab.foundation.errors import CheckpointError, CommlabError, DataError, TargetError
from commlab.foundation.provenance import provenance
from commlab.foundation.result import Null, Result
from commlab.foundation.run import RunFolder
from commlab.foundation.statistics import bca_mean
from commlab.probes.course import about, add_q_values, rose_at, sentence, series_of, settled_at
from commlab.probes.decode import information, metrics, probe
from commlab.probes.decode.sources import find_agents
from commlab.probes.decode.utterances import utterances, valued
from commlab.probes.drift import Code, agreement
from commlab.recording import Request, record

__all__ = ["TARGETS", "fit", "thinned"]

TARGETS = (  # of those that vary where agents speak, the first four are measured
    "resource_location",
    "resource_kind",
    "berry_location",
    "poisonous_look",
    "listener_next_action",
    "own_next_action",
)
MEASURES = ("message_entropy", "silence", "topographic_similarity")  # of `metrics`
MIN_EPISODES = 16
MOST_TARGETS = 4
Watch = Callable[[int, int], None]  # checkpoints done, checkpoints in all


class Wish(NamedTuple):
    """What is measured, and how carefully."""

    targets: tuple[str, ...]
    of: str | int | None
    n_episodes: int
    n_null: int
    seed: int


def fit(
    run: RunFolder | Path | str,
    targets: Sequence[str] | None = None,
    of: str | int | None = None,
    n_episodes: int = 192,
    n_null: int = 199,
    seed: int = 0,
    most: int = 24,
    watch: Watch | None = None,
    command: str = "formation",
) -> Result:
    """What each checkpoint of a run says about `targets`, how well that is read, and how near it is to the last code.

    The estimate is the last checkpoint's corrected information about the first target, in bits. targets: by default
    those of TARGETS that the world has. of: whose messages ("speakers"). n_episodes: fresh ones for each checkpoint,
    the same for all. most: of more checkpoints than this, as many are taken, evenly spaced. Raises CheckpointError
    where the run has none, TargetError for an unknown target and DataError for too few episodes.
    """
    if n_episodes < MIN_EPISODES:
        raise DataError(f"n_episodes must be {MIN_EPISODES} or more, so that speech can be measured, not {n_episodes}.")
    paths = thinned(checkpoints_of(run if isinstance(run, RunFolder) else RunFolder(Path(run))), most)
    with tempfile.TemporaryDirectory() as folder:
        last = load_checkpoint(paths[-1])
        with played(last, Path(folder) / "reference.h5", n_episodes, seed + 1) as recording:
            wish = Wish(chosen_targets(recording, targets, of), of, n_episodes, n_null, seed)
            reference = code_of(recording, wish)
        stages = []
        for number, path in enumerate(paths):
            checkpoint = load_checkpoint(path)
            with played(checkpoint, Path(folder) / f"{number}.h5", n_episodes, seed) as recording:
                stages.append(measured(recording, checkpoint, reference, wish))
            (Path(folder) / f"{number}.h5").unlink()
            if watch is not None:
                watch(number + 1, len(paths))
    return concluded(stages, wish, last, command)


def checkpoints_of(run: RunFolder) -> list[Path]:
    """The run's checkpoints, in the order of training. Raises CheckpointError where there is none."""
    found = sorted(run.checkpoints.glob("steps-*.pt"))
    if not found:
        raise CheckpointError(
            f"{run.checkpoints} holds no checkpoint: train the run first, or name one that has checkpoints."
        )
    return found


def thinned(paths: list[Path], most: int) -> list[Path]:
    """At most `most` of the paths, evenly spaced, the first and the last among them."""
    if most < 2:
        raise DataError(f"At least 2 checkpoints must be allowed (most), not {most}.")
    return [paths[i] for i in np.unique(np.linspace(0, len(paths) - 1, min(most, len(paths))).round().astype(int))]


def played(checkpoint: Checkpoint, path: Path, n_episodes: int, seed: int) -> Recording:
    """A recording of fresh episodes of the checkpoint."""
    return open_recording(record(checkpoint, Request(path, n_episodes, seed, command="formation")))


def chosen_targets(recording: Recording, asked: Sequence[str] | None, of: str | int | None) -> tuple[str, ...]:
    """The targets that speech is held against: those asked for, else those of TARGETS that vary where agents speak.

    Raises TargetError for an unknown one, DataError for a number or where none varies.
    """
    if asked:
        for name in asked:
            if find_target(name, recording).kind != "class":
                raise DataError(f"{name} is a number, and information is counted for classes: choose another target.")
        return tuple(asked)
    usable = {name: target for name, target in targets_of(recording)[0].items() if target.kind == "class"}
    for names in ([name for name in TARGETS if name in usable], [name for name in usable if name not in TARGETS]):
        chosen = [name for name in names if varies(recording, name, of)]
        if chosen:
            return tuple(chosen[:MOST_TARGETS])
    raise DataError("No target varies where the agents of this run speak: name one (--target).")


def varies(recording: Recording, target: str, of: str | int | None) -> bool:
    """Whether a target takes two values for the agents."""
    labels = label(recording, find_target(target, recording), find_agents(recording, of, "speakers").indices)
    return np.unique(labels.values[np.asarray(labels.valid)]).size > 1


def measured(recording: Recording, checkpoint: Checkpoint, reference: Code | str, wish: Wish) -> dict[str, Any]:
    """Everything that one checkpoint comes to: a point of each series."""
    rng = np.random.default_rng([wish.seed, 31])
    points = {"return": return_of(recording, rng)}
    points |= {f"bits:{name}": bits_about(recording, name, wish) for name in wish.targets}
    points["probe"] = point_of(
        lambda: probe.fit(recording, wish.targets[0], "said", wish.of, n_null=0, seed=wish.seed), ("majority",)
    )
    points |= metrics_of(recording, wish)
    points["agreement"] = agreement_with(recording, reference, wish)
    return {
        "agent_steps": int(checkpoint.facts.get("agent_steps", 0)),
        "checkpoint": checkpoint.sha256,
        "grounding": checkpoint.facts.get("grounding"),
        "points": points,
    }


def return_of(recording: Recording, rng: np.random.Generator) -> dict[str, Any]:
    """The return of an agent an episode (shared reward, mean over agents), with its interval."""
    reward = recording["reward/shared"][:].astype(np.float64).mean(axis=1)
    returns = np.add.reduceat(reward, np.asarray(recording.episodes.start))
    return point(float(returns.mean()), bca_mean(returns, rng))


def bits_about(recording: Recording, target: str, wish: Wish) -> dict[str, Any]:
    """The corrected information of messages about a target."""
    return point_of(
        lambda: information.fit(recording, target, wish.of, 0, wish.n_null, wish.seed, per_speaker=False), ()
    )


def metrics_of(recording: Recording, wish: Wish) -> dict[str, dict[str, Any]]:
    """The scalar measures that are drawn, each with its interval or the reason why it is undefined."""
    try:
        found = metrics.fit(recording, wish.targets[:1], wish.of, n_null=wish.n_null, seed=wish.seed)
    except CommlabError as error:
        return {name: point(None, None, reason=str(error)) for name in MEASURES}
    named = {result.details["metric"]: result for result in found}
    return {name: of_result(named[name], ()) for name in MEASURES if name in named}


def agreement_with(recording: Recording, reference: Code | str, wish: Wish) -> dict[str, Any]:
    """How near the code is to the last checkpoint's, in other episodes."""
    code = code_of(recording, wish)
    for one in (code, reference):
        if isinstance(one, str):
            return point(None, None, reason=one)
    assert isinstance(code, Code)
    assert isinstance(reference, Code)
    found = agreement(code, reference)
    reason = None if found.value is not None else "the two codes have fewer than two messages to compare"
    return point(found.value, found.interval, reason=reason)


def code_of(recording: Recording, wish: Wish) -> Code | str:
    """What is said of the first target, or the reason why nothing can be told."""
    try:
        spoken = utterances(recording, wish.of)
        values = valued(recording, spoken, wish.targets[0])
    except CommlabError as error:
        return str(error)
    n_messages, n_values = len(spoken.names), len(values.names)
    both = (spoken.said >= 0) & (values.codes >= 0)
    counts = np.zeros((len(spoken.said), n_messages, n_values), dtype=np.int64)
    episode = np.broadcast_to(np.arange(len(spoken.said))[:, None], both.shape)[both]
    np.add.at(counts, (episode, spoken.said[both], values.codes[both]), 1)
    return Code(counts, spoken.names, values.names)


def point_of(ask: Callable[[], Result], beside: Sequence[str]) -> dict[str, Any]:
    """A result as a point, or the reason why there is none."""
    try:
        return of_result(ask(), beside)
    except TargetError:
        raise
    except CommlabError as error:
        return point(None, None, reason=str(error))


def of_result(result: Result, beside: Sequence[str]) -> dict[str, Any]:
    """A result's numbers as a point."""
    extra = {name: result.details[name] for name in beside}
    made = point(result.estimate, result.interval, result.p_value, result.null, result.details.get("reason"))
    return made | extra


def point(
    value: float | None,
    interval: tuple[float, float] | None,
    p_value: float | None = None,
    null: Null | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    """One measurement at one checkpoint."""
    return {
        "value": value,
        "low": interval[0] if interval else None,
        "high": interval[1] if interval else None,
        "p_value": p_value,
        "null_low": null.low if null else None,
        "null_high": null.high if null else None,
        "reason": reason,
    }


def concluded(stages: list[dict[str, Any]], wish: Wish, last: Checkpoint, command: str) -> Result:
    """The result: the series over checkpoints, and when speech about the first target rose and settled."""
    series = series_of(stages)
    lead = series[f"bits:{wish.targets[0]}"]
    add_q_values(lead)
    rose, settled = rose_at(lead), settled_at(lead)
    end = lead[-1]
    null = end["null_low"] is not None
    steps = [stage["agent_steps"] for stage in stages]
    details = {
        "targets": list(wish.targets),
        "target": wish.targets[0],
        "n_episodes": wish.n_episodes,
        "checkpoints": [{key: stage[key] for key in ("agent_steps", "checkpoint")} for stage in stages],
        "series": [{**about(key), "key": key, "points": points} for key, points in series.items()],
        "rose_at": None if rose is None else steps[rose],
        "settled_at": None if settled is None else steps[settled],
    }
    return Result(
        analysis="formation",
        name="formation",
        estimate=end["value"],
        unit="bits",
        interval=(end["low"], end["high"]) if end["low"] is not None else None,
        null=Null("whole episodes permuted", 0.0, end["null_low"], end["null_high"], wish.n_null) if null else None,
        p_value=end["p_value"],
        n_episodes=wish.n_episodes,
        sentence=sentence(details, lead),
        details=details,
        provenance=provenance(command, wish.seed, last.sha256) | {"grounding": last.facts.get("grounding")},
    )
