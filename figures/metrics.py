"""Figure: the numbers of a language beside what chance gives, each kind on a scale of its own."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from commlab.figures.dots import FRAME, ROW, Dot, dots_of_groups, draw_dots, rows_of, table_of
from commlab.figures.look.style import WIDTH, bare
from commlab.figures.wording import plain
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "held_against_chance", "rows", "size", "table"]

OF_ONE = "share, probability or correlation"  # what cannot be more than 1
NAMES = 0.36  # of the width, for the names


def held_against_chance(data: Result | Sequence[Result]) -> list[Result]:
    """The metrics that have a null; where none has, all that have an estimate."""
    given = [data] if isinstance(data, Result) else list(data)
    found = [result for result in given if result.estimate is not None]
    return [result for result in found if result.null is not None] or found


def dots(data: Result | Sequence[Result]) -> list[Dot]:
    """A dot a metric, the largest of its kind first."""
    told = sorted(held_against_chance(data), key=lambda result: -(result.estimate or 0.0))
    if not told:
        raise ValueError("no metric has an estimate")
    return sorted((dot_of(result) for result in told), key=lambda dot: (dot.group != OF_ONE, dot.group))


def dot_of(result: Result) -> Dot:
    """One metric. Those that are lower than chance where there is structure have an arrow."""
    assert result.estimate is not None
    details = result.details
    most = (details.get("range") or (None, None))[1]
    less = " ↓" if details.get("alternative") == "less" else ""
    null = (result.null.low, result.null.high) if result.null else None
    label = plain(details.get("title") or result.name.removeprefix("metrics-"), 40) + less
    group = OF_ONE if most == 1.0 else plain(result.unit, 30)
    return Dot(label, result.estimate, result.interval, null, group)


def size(data: Result | Sequence[Result]) -> tuple[float, float]:
    """Width and height in inches: a block for each kind."""
    groups = dots_of_groups(dots(data))
    return WIDTH, max(1.0, sum(FRAME + ROW * len(group) for _, group in groups))


def draw(ax: Axes, data: Result | Sequence[Result]) -> None:
    """A block for each kind of metric, under each other."""
    bare(ax)
    height, top = size(data)[1], 0.0
    for name, group in dots_of_groups(dots(data)):
        deep = ROW * len(group)
        panel = ax.inset_axes((NAMES, 1 - (top + 0.1 + deep) / height, 1 - NAMES - 0.02, deep / height))
        draw_dots(panel, [dot._replace(group="") for dot in group], name)
        if name == OF_ONE:
            low = min(0.0, *(end for dot in group for end in (dot.value, *(dot.interval or ()), *(dot.null or ()))))
            panel.set_xlim(low - 0.03, 1.03)
        top += FRAME + deep


def rows(data: Result | Sequence[Result]) -> list[dict[str, object]]:
    """One row a metric."""
    return rows_of(dots(data))


def table(data: Result | Sequence[Result]) -> list[dict[str, object]]:
    """One row a metric for the report."""
    return table_of(dots(data))


def caption(data: Result | Sequence[Result]) -> str:
    """What is shown, n, the units, the null and the interval."""
    told = held_against_chance(data)
    nulls = sorted({plain(result.null.method) for result in told if result.null})
    null = f"bands: 95 % of the null ({'; '.join(nulls)})" if nulls else "these have no null"
    least = min((result.n_episodes for result in told), default=0)
    return (
        f"Numbers of the language, in units of their own, a scale for each kind; n = {least:,} episodes. Lines: 95 % "
        f"intervals over episodes; {null}. An arrow marks what is below chance where there is structure. None of it is "
        "evidence that anybody listens, and what is only counted is left to the table."
    )
