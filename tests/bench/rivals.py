"""Rivals by seed: who is told what, for kin and strangers, and what it is worth; the tables of docs/kinship.md.

Runs lie in runs/rivals/ and go on where they stopped: for each seed a childhood, from which the arms part. `main` has
families of little and of much kinship; the others are controls: K fixed at 0 or 1, kinship hidden, spite (K = -0.5).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from commlab.agents.checkpoint import Checkpoint, latest_checkpoint, load_checkpoint
from commlab.agents.intervention import Intervention
from commlab.agents.plan import NO_PLAN, Plan, make_plan
from commlab.agents.rollout import Moment, Rollout
from commlab.env.amounts import Real
from commlab.env.batch import WorldBatch
from commlab.env.scenario import Scenario
from commlab.env.types import VIEW, World
from commlab.foundation.statistics import bca_interval

CLONE = Path(__file__).resolve().parents[2]
RECIPES = CLONE / "docs" / "recipes"
CHILDHOOD = ("--config", str(RECIPES / "rivals-childhood.yaml"), "--set", "steps=16", "--set", "end.hearts=1")
SCENARIO = "rivals-valleys"
SEEDS = (0, 1, 2)  # named before the runs
SPITE_SEEDS = (0,)
FRESH = 2**42  # seeds of worlds that are neither trained in nor recorded
LEVELS = (0.0, 0.2, 0.8, 1.0)
SCOUTS, GATHERERS = (0, 2), (1, 3)
ARMS = {
    "main": (),
    "kin": ("train.mixture=[]", "kinship.clan_share=1"),
    "strangers": ("train.mixture=[]", "kinship.clan_share=0"),
    "hidden": ("kinship.hidden=true",),
    "spite": (
        "kinship.clan_share=[-0.5, 1]",
        "train.mixture=[{kinship.clan_share: -0.5}, {kinship.clan_share: [0.75, 1]}]",
    ),
}


class Played(NamedTuple):
    """Untouched or changed episodes, of T steps in W worlds with A agents."""

    row: NDArray[np.int16]  # (T, W, A)
    column: NDArray[np.int16]  # (T, W, A)
    site: NDArray[np.int64]  # (T, W, 2) number of the site of each valley's crystal, -1 without one
    said: NDArray[np.uint8]  # (T, W, A)
    live: NDArray[np.bool_]  # (T, W)
    hearts: NDArray[np.float64]  # (W, A)


class Share(NamedTuple):
    """A share of steps with its interval over episodes."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def main() -> None:
    """Train what is missing, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, default=Path("runs") / "rivals")
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS)
    parser.add_argument("--arms", nargs="*", default=["main", "spite"], choices=list(ARMS))
    parser.add_argument("--episodes", type=int, default=1024)
    options = parser.parse_args()
    for arm in options.arms:
        seeds = options.seeds if arm == "main" else [seed for seed in SPITE_SEEDS if seed in options.seeds]
        for seed in seeds:
            print_run(arm, seed, trained(options.runs, arm, seed), options.episodes)


def trained(runs: Path, arm: str, seed: int) -> Checkpoint:
    """Return the last checkpoint of an arm, trained now, its childhood first, as far as that is not complete."""
    childhood, folder = runs / f"childhood-{seed}", runs / f"{arm}-{seed}"
    train(childhood, seed, CHILDHOOD)
    changes = [part for change in ARMS[arm] for part in ("--set", change)]
    train(folder, seed, ("--config", str(RECIPES / "rivals.yaml"), "--set", f"train.begin={childhood}", *changes))
    return load_checkpoint(latest_checkpoint(folder / "checkpoints"))


def train(folder: Path, seed: int, options: Sequence[str]) -> None:
    """Train a run by the command line."""
    command = [str(Path(sys.executable).parent / "commlab"), "train", SCENARIO, "--run", str(folder)]
    subprocess.run([*command, "--seed", str(seed), *options], check=True, stdout=subprocess.DEVNULL)


def print_run(arm: str, seed: int, checkpoint: Checkpoint, n_episodes: int) -> None:
    """Print a run's table: hearts, what is said to kin and strangers, and what it does to who hears it."""
    levels = (-0.5, 0.8, 1.0) if arm == "spite" else LEVELS
    worlds = {k: at_kinship(checkpoint, k) for k in levels}
    code = codes(play(worlds[1.0], n_episodes, FRESH + 1))
    columns = ("K", "hearts", "own scout silent", "stranger's silent", "own: true", "silent", "false",
               "other's: true", "silent", "false", "bits", "n")  # fmt: skip
    table = Table(*columns, title=f"{arm}, seed {seed}", title_justify="left")
    for k, world in worlds.items():
        natural = play(world, n_episodes)
        own, other = (said_to(natural, code, whose, world.scenario) for whose in (False, True))
        told = [*map(str, own), *map(str, other), "/".join(f"{b:.2f}" for b in bits_told(natural, world.scenario))]
        table.add_row(f"{k:g}", *hearts(world, natural, n_episodes), *told, str(n_episodes))
    Console(width=220).print(table)


def at_kinship(checkpoint: Checkpoint, k: float) -> Checkpoint:
    """Return the agents in the same world with a kinship of k between the families."""
    kinship = checkpoint.scenario.kinship.model_copy(update={"clan_share": Real(k, k)})
    return checkpoint._replace(scenario=checkpoint.scenario.model_copy(update={"kinship": kinship}))


def play(agents: Checkpoint, n_episodes: int, seed: int = FRESH, plan: Plan = NO_PLAN) -> Played:
    """Return what happens in fresh episodes under a plan."""
    worlds = WorldBatch(agents.scenario, n_episodes, seed)
    tracer = _Tracer(worlds)
    rollout = Rollout(worlds, agents.policy, plan.padded(n_episodes))
    rollout.begin(np.arange(n_episodes))
    rollout.run(agents.scenario.steps, tracer)
    return Played(*(np.stack(part) for part in tracer.kept), np.sum(tracer.earned, axis=0))


class _Tracer:
    """A watcher that keeps what `Played` holds."""

    def __init__(self, worlds: WorldBatch) -> None:
        self.kept: tuple[list[NDArray[Any]], ...] = ([], [], [], [], [])
        self.earned: list[NDArray[Any]] = []
        self.sites = worlds.rules.sites[0]
        self.crystals = np.flatnonzero((worlds.rules.kind >= 4) & (worlds.rules.kind <= 7))

    def before(self, moment: Moment) -> None:
        """Keep places, crystals and words."""
        world = moment.world
        place = np.stack([world.object_row, world.object_column], axis=-1)[:, self.crystals]
        here = (place[:, :, None] == self.sites[None, None]).all(axis=-1) & (world.stock[:, self.crystals, None] > 0)
        site = np.where(here.any(axis=-1), here.argmax(axis=-1), -1)
        parts = (world.row - VIEW, world.column - VIEW, site, moment.decision.message[:, :, 0], moment.live)
        for kept, part in zip(self.kept, parts, strict=True):
            kept.append(np.array(part))

    def after(self, t: int, world: World) -> None:
        """Keep the hearts."""
        self.earned.append(np.where(self.kept[4][-1][:, None], world.own_reward, 0.0))


def heard_by(played: Played, scenario: Scenario, s: int, gatherer: int) -> NDArray[np.bool_]:
    """Return whether a gatherer is within earshot of scout number s, (T, W)."""
    radius = scenario.bodies["gatherer"].hearing
    assert radius != "everywhere"
    scout = SCOUTS[s]
    away = (played.row[:, :, gatherer] - played.row[:, :, scout]) ** 2
    away = away + (played.column[:, :, gatherer] - played.column[:, :, scout]) ** 2
    return np.asarray(away <= int(radius) ** 2)


def codes(played: Played) -> list[dict[int, int]]:
    """Return for each scout the site that a symbol is most often said of, where all are kin."""
    out = []
    for s, scout in enumerate(SCOUTS):
        seen = played.live & (played.site[:, :, s] >= 0)
        said, site = played.said[:, :, scout][seen], played.site[:, :, s][seen]
        counts = np.zeros((256, site.max() + 1))
        np.add.at(counts, (said, site), 1)
        shares = counts / np.maximum(1, counts.sum(axis=0))
        out.append({m: int(shares[m].argmax()) for m in range(1, 256) if counts[m].sum() >= 20})
    return out


def said_to(played: Played, code: list[dict[int, int]], strangers: bool, scenario: Scenario) -> list[Share]:
    """Return the shares of what is true, silent and false, of what scouts say while one gatherer alone hears them."""
    counts = np.zeros((4, played.live.shape[1]))
    for s, scout in enumerate(SCOUTS):
        mine, theirs = (heard_by(played, scenario, s, GATHERERS[g]) for g in (s, 1 - s))
        alone = (theirs & ~mine) if strangers else (mine & ~theirs)
        told = alone & played.live & (played.site[:, :, s] >= 0)
        said = played.said[:, :, scout]
        meant = np.vectorize(lambda m, book=code[s]: book.get(int(m), -1))(said)
        kinds = (meant == played.site[:, :, s], said == 0, (meant != played.site[:, :, s]) & (said > 0))
        for row, kind in enumerate((*kinds, np.ones_like(told))):
            counts[row] += (kind & told).sum(axis=0)
    return [ratio(counts[row], counts[3]) for row in range(3)]


def bits_told(played: Played, scenario: Scenario) -> list[float]:
    """Return each scout's bits about the crystal's site while the other family's gatherer alone hears it.

    Less the mean of 20 draws in which episodes exchange what was said.
    """
    rng, out = np.random.default_rng(0), []
    for s, scout in enumerate(SCOUTS):
        mine, theirs = (heard_by(played, scenario, s, GATHERERS[g]) for g in (s, 1 - s))
        told = theirs & ~mine & played.live & (played.site[:, :, s] >= 0)
        said, site = played.said[:, :, scout], played.site[:, :, s]
        chance = [_bits(said[:, rng.permutation(said.shape[1])][told], site[told]) for _ in range(20)]
        out.append(_bits(said[told], site[told]) - float(np.mean(chance)))
    return out


def _bits(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Return the mutual information of two labels, plug-in."""
    joint = np.zeros((int(one.max()) + 1, int(other.max()) + 1))
    np.add.at(joint, (one, other), 1 / len(one))
    free = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    held = joint > 0
    return float((joint[held] * np.log2(joint[held] / free[held])).sum())


def hearts(agents: Checkpoint, natural: Played, n_episodes: int) -> list[str]:
    """Return a gatherer's mean hearts: untouched, its own scout silent, the other family's scout silent."""
    out = [natural.hearts[:, list(GATHERERS)].mean()]
    for other in (False, True):
        alone = []
        for s, gatherer in enumerate(GATHERERS):
            silent = (Intervention("message.out", "mute", (SCOUTS[1 - s if other else s],)),)
            plan = make_plan([silent] * n_episodes, agents.scenario.steps, agents.scenario.n_agents)
            alone.append(play(agents, n_episodes, FRESH, plan).hearts[:, gatherer].mean())
        out.append(float(np.mean(alone)))
    return [f"{value:.2f}" for value in out]


def ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> Share:
    """Return the share that `part` (W,) has in `whole` (W,), with its interval over episodes."""
    kept = whole > 0
    if kept.sum() < 8:
        return Share(float("nan"), float("nan"), float("nan"))
    pairs = np.stack([part[kept], whole[kept]], axis=1)
    found = bca_interval(pairs, lambda sums: sums[:, 0] / sums[:, 1], np.random.default_rng(0))
    low, high = found or (0.0, 1.0)
    return Share(float(part.sum() / whole.sum()), low, high)


if __name__ == "__main__":
    main()
