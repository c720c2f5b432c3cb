"""Measure how often each test finds something where there is nothing, and write docs/calibration.md.

Each test of calibrated.py is put to null recordings, 1,000 of them unless told otherwise; the share of p-values of 0.05
or less is its false-positive rate, which should be 0.05 and must be between 0.02 and 0.08. With --only, the other rows
of the page stay as they are.
"""

import argparse
import os
import re
import sys
import time
import warnings
from pathlib import Path
from typing import NamedTuple

from calibrated import GROUPS, Group
from rich.console import Console
from rich.table import Table

from commlab.foundation.statistics import wilson_interval

PAGE = Path(__file__).parents[2] / "docs" / "calibration.md"
LEVEL, LOW, HIGH = 0.05, 0.02, 0.08
CHUNK = 10  # recordings of one piece of work

HEAD = """# How often the tests find something where there is nothing

Made by `make calibrate` (tests/bench/calibrate.py). Every row is a test put to null recordings; "rate" is the share
with p <= 0.05, with Wilson's 95 % interval. It should be 0.05 and must be between 0.02 and 0.08; a rule of several
gates (the lexicon) may find less.

The null recordings (tests/bench/null_recordings.py) have 40 episodes of 12 to 20 steps, half of them among kin. What is
said, where the crystal stands, actions, energy and hidden states are drawn apart from each other; each mostly keeps its
value from step to step, and now and then takes the value that a clock, the same in all episodes, gives it. A family of
tests (pairs, maps, lists, clusters, a lexicon's entries) counts as a finding if any of them does.
"""
USED = "\n## Tests that findings rest on\n"
MISUSED = """
## Where a test does not hold

Not errors of the programs but of the question: what these tests say is not what was asked. They are measured so that
nobody uses them there.
"""
TAIL = """
## What follows

- Whole episodes permuted, the default null, says that speech and world are drawn apart from each other. It is not the
  null "no information at equal t": two things that change at the same steps are not drawn apart, even where each value
  tells nothing about the other. Then ask for the information given what is named (`commlab information --given`), and
  trust a finding only if the interval over episodes excludes 0 as well.
- A common cause of speech and target is information, and is found. Whether speech tells more than that cause does is
  what `--given` answers; its null draws speech anew given the cause (docs/statistics.md). It errs on the safe side
  where the condition has many values or the clock is strong.
- Episodes that trade places but differ in length are compared at the steps that both have, so that a draw counts fewer
  steps than were observed. Counts are compared at equal totals, and information as N I, for that reason; without that,
  9 in 100 null recordings had a "lexicon".
- The circular shift takes a shared clock for meaning, and short episodes break where they are turned. It is a second
  null, beside the default and never in its place.
- A lexicon's entries pass several gates (a family-wise test, a gain on held-out episodes), so that it finds something
  less often than once in 20 null recordings.
"""


class Row(NamedTuple):
    """One test's rate."""

    test: str
    group: str
    null: str
    n: int
    hits: int

    @property
    def rate(self) -> float:
        """The share of false findings."""
        return self.hits / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's."""
        return wilson_interval(self.hits, self.n)


def main() -> None:
    """Measure what was asked for, print it, write the page; exit with 1 where a test in use does not keep its level."""
    options = parse()
    groups = [group for group in GROUPS if not options.only or group.name in options.only]
    names = {group.name for group in groups}
    rows: list[Row] = []
    for group in groups:
        start = time.perf_counter()
        found = measure(group, options.n, options.jobs)
        show(found, group, time.perf_counter() - start)
        rows += found
        if not options.dry:  # other groups' rows as they are by now: another process may be measuring them
            others = [row for row in read_page() if row.group not in names] if options.only else []
            PAGE.write_text(page(others + rows), encoding="utf-8")
    wrong = [row for row in rows if holds(row) and not lowest(row) <= row.rate <= HIGH]
    for row in wrong:
        Console().print(f"{row.test}: {row.rate:.3f} is not between {lowest(row)} and {HIGH}.")
    raise SystemExit(1 if wrong else 0)


def parse() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[group.name for group in GROUPS], help="groups of tests")
    parser.add_argument("--n", type=int, default=1000, help="null recordings")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--dry", action="store_true", help="do not write the page")
    return parser.parse_args()


def measure(group: Group, n: int, jobs: int) -> list[Row]:
    """The rate of each test of a group."""
    from joblib import Parallel, delayed

    parts = [(start, min(start + CHUNK, n)) for start in range(0, n, CHUNK)]
    hits: dict[str, list[int]] = {}
    for part in Parallel(n_jobs=jobs)(delayed(tally)(group.name, *part) for part in parts):
        for test, (count, total) in part.items():
            sums = hits.setdefault(test, [0, 0])
            sums[0] += count
            sums[1] += total
    return [Row(test, group.name, group.null, total, count) for test, (count, total) in hits.items() if total]


def tally(name: str, start: int, stop: int) -> dict[str, tuple[int, int]]:
    """Findings and defined tests of some seeds."""
    os.environ["COMMLAB_WORKERS"] = "1"
    warnings.simplefilter("ignore")
    (group,) = (one for one in GROUPS if one.name == name)
    found: dict[str, tuple[int, int]] = {}
    for seed in range(start, stop):
        for test, p_value in group.measure(seed).items():
            count, total = found.get(test, (0, 0))
            if p_value is not None:
                found[test] = count + (p_value <= LEVEL + 1e-9), total + 1
    return found


def holds(row: Row) -> bool:
    """Whether the test is used where this null holds."""
    return next((group.holds for group in GROUPS if group.name == row.group), True)


def lowest(row: Row) -> float:
    """The least rate that is right."""
    cautious = any(group.cautious for group in GROUPS if group.name == row.group)
    return 0.0 if cautious else LOW


def show(rows: list[Row], group: Group, seconds: float) -> None:
    """Print a group's rates."""
    table = Table("test", "n", "rate", "95 %", title=f"{group.name}: {group.null} ({seconds:.0f} s)")
    for row in rows:
        table.add_row(row.test, str(row.n), f"{row.rate:.3f}", "{:.3f} to {:.3f}".format(*row.interval))
    Console().print(table)
    sys.stdout.flush()


def page(rows: list[Row]) -> str:
    """The page."""
    order = {group.name: place for place, group in enumerate(GROUPS)}
    rows = sorted(rows, key=lambda row: order.get(row.group, len(order)))
    used = [line(row) for row in rows if holds(row)]
    misused = [line(row) for row in rows if not holds(row)]
    header = "\n| test | null | n | rate | 95 % interval | `--only` |\n|---|---|---|---|---|---|\n"
    return HEAD + USED + header + "\n".join(used) + "\n" + MISUSED + header + "\n".join(misused) + "\n" + TAIL


def line(row: Row) -> str:
    """A row of the page."""
    low, high = row.interval
    return f"| {row.test} | {row.null} | {row.n} | {row.rate:.3f} | {low:.3f} to {high:.3f} | {row.group} |"


def read_page() -> list[Row]:
    """The rows of the page as it is."""
    if not PAGE.exists():
        return []
    found = re.findall(r"^\| (.+?) \| (.+?) \| (\d+) \| ([\d.]+) \| .+? \| (\w+) \|$", PAGE.read_text(), re.MULTILINE)
    return [Row(test, group, null, int(n), round(float(rate) * int(n))) for test, null, n, rate, group in found]


if __name__ == "__main__":
    main()
