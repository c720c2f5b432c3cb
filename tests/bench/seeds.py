"""The demo's findings over seeds named beforehand, with grounding and without: the table of docs/log.md.

Each demo lies in runs/seeds/ and goes on where it stopped; `--groundings` and `--seeds` choose others.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

SEEDS = (0, 1, 2, 3, 4, 5)
HEARING, LOSS, BITS, INJECTED, GAIN = 1.5, 0.5, 1.5, 0.7, 0.4
UNDERSTOOD = 0.9  # of all places, and GAIN above untouched twins and random words
BESIDE = ("understood_untouched", "understood_random")
COLUMNS = ("seed", "hearing", "trained muted", "other episode", "bits", "null", "said", "heard", "hidden",
           "injected", "untouched", "places", "understood", "untouched", "random", "seconds", "found")  # fmt: skip


def main() -> None:
    """Run the demos and print a table for each grounding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS)
    parser.add_argument("--groundings", nargs="*", default=["predictive", "none"])
    options = parser.parse_args()
    for grounding in options.groundings:
        rows = [demo(seed, grounding) for seed in options.seeds]
        print_table(grounding, rows)


def demo(seed: int, grounding: str) -> dict[str, Any]:
    """Return what the demo of a seed finds."""
    folder = Path("runs") / "seeds" / f"{grounding}-{seed}"
    command = [str(Path(sys.executable).parent / "commlab"), "demo", "--seed", str(seed), "--grounding", grounding]
    subprocess.run([*command, "--run", str(folder)], check=True, stdout=subprocess.DEVNULL)
    found: dict[str, Any] = json.loads((folder / "results" / "demo.json").read_text(encoding="utf-8"))
    return found


def criteria(found: dict[str, Any]) -> dict[str, bool]:
    """Return which of the demo's findings hold."""
    rate, untouched = found["injected_rate"] or 0.0, found["untouched_rate"] or 0.0
    probes = found["probes"].values()
    return {
        "hearing pays": found["return_hearing"] >= HEARING * found["return_muted"],
        "content matters": found["return_other_episode"] <= LOSS * found["return_hearing"],
        "said": (found["said_bits"] or 0.0) >= BITS,
        "decoded": len(probes) > 0 and all(p["score"] > 2 * max(p["null"], p["majority"]) for p in probes),
        "obeyed": rate >= INJECTED and rate - untouched >= GAIN,
    }


def is_understood(found: dict[str, Any]) -> bool:
    """Return whether listeners understand the words of nearly all places."""
    score, untouched, random = (found[key] or 0.0 for key in ("understood", *BESIDE))
    return bool(score >= UNDERSTOOD and score - max(untouched, random) >= GAIN)


def print_table(grounding: str, rows: list[dict[str, Any]]) -> None:
    """Print the seeds' findings, and what each of them lacks."""
    table = Table(*COLUMNS, title=f"grounding: {grounding}", title_justify="left")
    for found in rows:
        held = criteria(found)
        missing = [name for name, holds in held.items() if not holds]
        scores = {name.split("-")[2].split(".")[0]: p["score"] for name, p in found["probes"].items()}
        values = [
            *(found[key] for key in ("return_hearing", "return_muted", "return_other_episode", "said_bits")),
            found["said_bits_null"],
            *(scores.get(source) for source in ("said", "heard", "hidden")),
            found["injected_rate"],
            found["untouched_rate"],
        ]
        cells = [shown(value) for value in values]
        seconds = f"{sum(found['seconds'].values()):.0f}"
        ending = "all" if not missing else "not: " + ", ".join(missing)
        understood = [shown(found[key]) for key in ("understood", *BESIDE)]
        table.add_row(str(found["seed"]), *cells, str(found["symbols_for_places"]), *understood, seconds, ending)
    whole, understood = sum(all(criteria(found).values()) for found in rows), sum(map(is_understood, rows))
    mean = sum(found["understood"] or 0.0 for found in rows) / len(rows)
    Console(width=200).print(
        table,
        f"{whole} of {len(rows)} seeds find all of it; {understood} are understood at {UNDERSTOOD:.0%} of all places "
        f"and {GAIN:.0%} above untouched twins and random words (mean {mean:.0%}).",
    )


def shown(value: float | None) -> str:
    """Return a number as it stands in the table."""
    return "-" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    main()
