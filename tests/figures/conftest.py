"""A run whose saved results are made up, with numbers like those of real runs."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commlab.figures.report import write_report
from commlab.foundation.result import Null, Result
from commlab.foundation.run import RunFolder

SITES = [[2, 2], [2, 6], [2, 10], [6, 2], [6, 10], [10, 2], [10, 6], [10, 10]]
SITE_NAMES = ["NW", "N", "NE", "W", "E", "SW", "S", "SE"]
SIZE = 13


def made_up(analysis: str, name: str, estimate: float, unit: str, details: dict[str, Any], **changes: Any) -> Result:
    """A result with an interval around its estimate and a null near zero, unless `changes` says otherwise."""
    fields: dict[str, Any] = {
        "interval": (estimate * 0.96, estimate * 1.04),
        "null": Null("whole episodes permuted", 0.02, 0.01, 0.04, 199),
        "p_value": 0.005,
        "n_episodes": 256,
        "sentence": f"The {analysis} came out at {estimate} {unit}.",
        "provenance": provenance(f"commlab {analysis} runs/lookout"),
    }
    return Result(analysis=analysis, name=name, estimate=estimate, unit=unit, details=details, **(fields | changes))


def provenance(command: str, grounding: str = "predictive") -> dict[str, Any]:
    return {
        "command": command,
        "seed": 0,
        "checkpoint": "9f2c" * 16,
        "commlab_version": "0.1.0",
        "git_revision": "ab" * 20,
        "python": "3.11.9",
        "libraries": {"numpy": "2.4.6", "torch": "2.9.1"},
        "cpu": "Imaginary CPU @ 2.00GHz",
        "cores": 2,
        "time": "2026-01-02T03:04:05.000000+00:00",
        "grounding": grounding,
    }


def information() -> Result:
    rng = np.random.default_rng(1)
    counts = np.zeros((16, 9), int)
    for row, value in enumerate([3, 0, None, 5, 1, 7, 2, 2, 6, None, 4, 8, 0, None, 5]):
        if value is not None:
            uses = int(rng.integers(150, 1500))
            counts[row + 1] = rng.multinomial(uses, 0.12 * rng.dirichlet(np.ones(9)) + 0.88 * np.eye(9)[value])
    counts[0] = rng.multinomial(2500, [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2])
    details = {
        "symbols": list(range(16)),
        "values": [*SITE_NAMES, "none"],
        "counts": counts,
        "silence": 0,
        "target": "resource_location",
    }
    sentence = "What the scouts say carries 2.43 bits about where the crystal is."
    return made_up("information", "information-resource_location-speakers", 2.43, "bits", details, sentence=sentence)


def probe(target: str, source: str, of: str, score: float, **changes: Any) -> Result:
    beside = {
        "muted": {"score": 0.16, "score_interval": [0.13, 0.19]},
        "untrained": {"score": 0.12, "score_interval": [0.10, 0.15]},
    }
    details = {"target": target, "source": source, "of": of, "lag": 0, "majority": 1 / 9, "beside": beside}
    null = Null("whole episodes permuted", 0.11, 0.09, 0.14, 199)
    interval = (score - 0.03, score + 0.025)
    return made_up("probe", f"probe-{target}-{source}-{of}-lag0", score, "balanced accuracy", details,
                   **({"null": null, "interval": interval} | changes))  # fmt: skip


def probes() -> list[Result]:
    return [
        probe("resource_location", "said", "speakers", 0.82),
        probe("resource_location", "heard", "listeners", 0.71),
        probe("resource_location", "hidden.core", "listeners", 0.66),
        probe(
            "own_next_action", "said", "speakers", 0.21, p_value=0.34, sentence="Nothing is told of the next action."
        ),
    ]


def injection() -> Result:
    steps = np.arange(33)
    courses = {"injected": 1.6, "other symbol": 5.6, "silence": 5.1, "other episode": 5.3, "untouched": 4.9}
    arms = {}
    for name, end in courses.items():
        mean = end + (6.4 - end) * np.exp(-steps / 6.0)
        arms[name] = {"mean": mean, "low": mean - 0.2, "high": mean + 0.2}
    details = {
        "steps": steps,
        "arms": arms,
        "measure": "distance to the named place (cells)",
        "duration": 12,
        "kl_bits": {"injected": 0.71, "silence": 0.32},
    }
    return made_up("injection", "injection-all", -3.9, "cells", details, interval=(-4.3, -3.5))


def destinations() -> Result:
    grid = np.zeros((SIZE, SIZE), int)
    grid[[0, -1], :] = grid[:, [0, -1]] = 1
    grid[6, 6] = 2
    grid[5, 5] = 1
    rows, cols = np.mgrid[:SIZE, :SIZE]
    open_cells = grid == 0

    def around(row: int, col: int, width: float) -> Any:
        density = np.exp(-((rows - row) ** 2 + (cols - col) ** 2) / width) * open_cells
        return density / density.sum()

    symbols = list(range(1, 13))
    named = {str(s): (s - 1) if s <= 8 else None for s in symbols}
    visits, per_symbol, first = {}, {}, {}
    for s in symbols:
        place = named[str(s)]
        visits[str(s)] = (
            0.7 * around(*SITES[place], 6) + 0.3 * around(6, 6, 20) if place is not None else around(6, 6, 30)
        )
        if place is not None:
            per_symbol[str(s)] = {"rate": 0.8 + 0.02 * s, "interval": [0.74, 0.97], "n": 120, "untouched_rate": 0.13}
            first[str(s)] = [96 if site == place else 3 for site in range(8)] + [3]
    details = {
        "grid": grid, "codes": {"0": "empty", "1": "wall", "2": "altar"}, "sites": SITES, "site_names": SITE_NAMES,
        "symbols": symbols, "named": named, "visits": visits, "untouched": around(6, 6, 25), "first_place": first,
        "injected_rate": 0.87, "untouched_rate": 0.13, "per_symbol": per_symbol,
    }  # fmt: skip
    sentence = "Listeners went to the place that the phantom's symbol names in 87 % of trials, untouched ones in 13 %."
    return made_up("destinations", "destinations-all", 0.87, "share of trials", details, sentence=sentence)


def use() -> Result:
    details = {
        "conditions": {
            "hearing": {"mean": 5.84, "interval": [5.73, 5.95], "n": 256},
            "muted": {"mean": 0.52, "interval": [0.41, 0.64], "n": 256},
            "other episode": {"mean": 0.91, "interval": [0.78, 1.05], "n": 256},
            "trained muted": {"mean": 3.34, "interval": [3.22, 3.47], "n": 256},
        }
    }
    sentence = "Hearing its own scout is worth 4.93 deliveries an episode more than hearing another episode's."
    return made_up("use", "use-all", 4.93, "deliveries an episode", details, sentence=sentence)


def understood() -> Result:
    """Four places: one without a word, two that share one."""
    sites, names = [[1, 1], [1, 9], [9, 1], [9, 9]], ["NW", "NE", "SW", "SE"]
    scores, symbols = (0.95, 0.0, 0.5, 0.4), (3, None, 7, 7)
    places = {
        name: {
            "score": score, "interval": (max(0.0, score - 0.1), min(1.0, score + 0.05)), "n": 64,
            "untouched": 0.05, "crossing": score,
            "random": 0.2, "symbol": symbol, "certainty": None if symbol is None else 0.9, "use": 0.9, "silent": 0.05,
            "shared_with": {"SW": ["SE"], "SE": ["SW"]}.get(name, []), "first": dict.fromkeys(names, 16), "nowhere": 0,
        }
        for name, score, symbol in zip(names, scores, symbols, strict=True)
    }  # fmt: skip
    grid = np.ones((11, 11), dtype=int)
    grid[1:-1, 1:-1] = 0
    details = {
        "score": 0.4625, "untouched": 0.05, "random": 0.2, "places": places, "missing": ["NE"],
        "shared": [["SW", "SE"]], "limit": 8, "sites": sites, "site_names": names, "grid": grid.tolist(),
        "codes": {"0": "empty", "1": "wall"},
        "crossing": {"score": 0.475, "untouched": 0.05, "random": 0.2},
        "trip": {"limit": 5, "score": 0.4, "natural": 0.7, "natural_in_limit": 0.9},
    }  # fmt: skip
    return made_up("understanding", "understanding", 0.4625, "share of trials, mean over places", details)


DEMO = {
    "return_hearing": 5.84, "return_muted": 0.52, "return_other_episode": 0.91, "said_bits": 2.43,
    "said_bits_null": 0.02, "injected_rate": 0.87, "untouched_rate": 0.13, "understood": 0.46,
    "understood_untouched": 0.05, "understood_random": 0.2, "agent_steps": 3145728,
    "first_return": 0.02,
    "seconds": {"train": 74.2, "record": 11.8, "probe": 6.1, "inject": 9.4, "report": 3.2},
}  # fmt: skip


def write_curve(path: Path, end: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["agent_steps", "return", "entropy_action", "seconds"])
        for step in range(1, 193):
            level = end / (1 + np.exp(-(step - 70) / 16)) + rng.normal(0, 0.22)
            writer.writerow([step * 16384, "" if step == 3 else round(max(0.0, level), 4), 1.2, step * 0.4])


@pytest.fixture(scope="session")
def results() -> dict[str, Any]:
    """The data of each figure that is drawn from results, by the figure's name."""
    return {
        "use": use(),
        "symbol_place": information(),
        "probe_scores": probes(),
        "injection_effect": injection(),
        "symbol_destinations": destinations(),
        "understanding": understood(),
    }


def fill(path: Path) -> RunFolder:
    run = RunFolder(path)
    for result in [information(), *probes(), injection(), destinations(), understood(), use()]:
        result.save(run.results)
    write_curve(run.log_csv, 5.8, seed=1)
    write_curve(run.controls / "muted-training" / "train.csv", 3.3, seed=2)
    (run.results / "demo.json").write_text(json.dumps(DEMO))
    return run


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run folder with everything, whose report has been written once; tests only read it."""
    run = fill(tmp_path_factory.mktemp("runs") / "lookout")
    write_report(run)
    return run


@pytest.fixture
def small_run(tmp_path: Path) -> RunFolder:
    """A run folder with two quickly drawn results."""
    run = RunFolder(tmp_path / "runs" / "small")
    for result in (information(), probes()[3]):
        result.save(run.results)
    return run


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run folder with everything that the report can show."""
    return fill(tmp_path / "runs" / "lookout")
