"""Figure: what can be decoded from where: every probe's score with its interval, beside its nulls."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from commlab.figures.look.style import INK, PALE, SOFT, SPEECH, WIDTH
from commlab.figures.wording import number, p_text, plain, span, wrapped
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

TWINS = {"muted": ("D", "#58616e", "muted twin"), "untrained": ("s", "#d1700a", "untrained network")}
NULL_BAND = "#d5dae1"
TWIN_OFFSETS = {"muted": 0.03, "untrained": 0.22}  # rows below the middle, so that no mark hides another


def size(data: Sequence[Result]) -> tuple[float, float]:
    """Width and height in inches: a row for each probe."""
    return WIDTH, 1.25 + 0.5 * len(data)


def draw(ax: Axes, data: Sequence[Result]) -> None:
    """One row a probe: null band, majority tick, twins, and the score with its interval on top."""
    data = ordered(data)
    for row, result in enumerate(data):
        ax.axhline(row, color=PALE, linewidth=0.7, zorder=0)
        draw_nulls(ax, row, result)
        draw_twins(ax, row, result)
        draw_score(ax, row, result)
    ax.set_yticks(range(len(data)), [label(result) for result in data])
    ax.tick_params(axis="y", length=0, labelcolor=INK, labelsize=9.2)
    ax.set_ylim(len(data) - 0.45, -0.6)
    left, right = ax.get_xlim()
    ax.set_xlim(min(0.0, left), max(1.0, right))
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(f"held-out score ({plain(data[0].unit)})")
    ax.legend(handles=legend_marks(data), loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, borderaxespad=0.2,
              handletextpad=0.5, columnspacing=1.4)  # fmt: skip


def ordered(data: Sequence[Result]) -> list[Result]:
    """The probes, best score first, those without one last."""
    return sorted(data, key=lambda result: -result.estimate if result.estimate is not None else float("inf"))


def draw_nulls(ax: Axes, row: int, result: Result) -> None:
    """The band that holds 95 % of the null draws, and the score of always saying the commonest value."""
    if result.null is not None:
        null = result.null
        ax.barh(row, null.high - null.low, left=null.low, height=0.66, color=NULL_BAND, zorder=1)
    majority = result.details.get("majority")
    if isinstance(majority, int | float):
        ax.plot([majority, majority], [row - 0.33, row + 0.33], color=INK, linewidth=1.1, zorder=2)


def draw_twins(ax: Axes, row: int, result: Result) -> None:
    """The same probe on the same agents with the channel muted, and on the untrained network."""
    for twin, score, interval in twins(result):
        marker, colour, _ = TWINS[twin]
        height = row + TWIN_OFFSETS[twin]
        if interval is not None:
            ax.plot(interval, [height, height], color=colour, linewidth=1.1, zorder=3)
        ax.plot(score, height, marker=marker, markersize=5, markerfacecolor="white", markeredgecolor=colour,
                markeredgewidth=1.3, linestyle="none", zorder=4)  # fmt: skip


def draw_score(ax: Axes, row: int, result: Result) -> None:
    """The probe's own score, above its twins."""
    height = row - 0.2
    if result.interval is not None:
        ax.plot(result.interval, [height, height], color=SPEECH, linewidth=2.2, zorder=5)
    if result.estimate is None:
        ax.text(0.01, row, "no score", transform=ax.get_yaxis_transform(), color=SOFT, va="center", fontsize=8.8)
    else:
        ax.plot(result.estimate, height, marker="o", markersize=6.5, color=SPEECH, linestyle="none", zorder=6)


def twins(result: Result) -> list[tuple[str, float, tuple[float, float] | None]]:
    """The twins that the result holds a score of: name, score, interval."""
    beside = result.details.get("beside")
    found = []
    for name in TWINS:
        twin = beside.get(name) if isinstance(beside, Mapping) else None
        if isinstance(twin, Mapping) and isinstance(twin.get("score"), int | float):
            ends = twin.get("score_interval")
            interval = (float(ends[0]), float(ends[1])) if isinstance(ends, Sequence) and len(ends) == 2 else None
            found.append((name, float(twin["score"]), interval))
    return found


def label(result: Result) -> str:
    """What the probe reads and what it asks, as an axis label."""
    details = result.details
    if "target" not in details or "source" not in details:
        return wrapped(plain(result.name.removeprefix("probe-")), 30)
    whose = f" of {plain(details['of'], 16)}" if details.get("of") else ""
    later = f", lag {plain(details['lag'], 4)}" if details.get("lag") else ""
    kind = f" ({plain(details['model'], 14)})" if details.get("model") not in (None, "linear") else ""
    return f"{plain(details['target'], 34).replace('_', ' ')}{later}\nfrom {plain(details['source'], 18)}{whose}{kind}"


def legend_marks(data: Sequence[Result]) -> list[Line2D | Patch]:
    """A legend that names only what is drawn."""
    marks: list[Line2D | Patch] = [
        Line2D([], [], color=SPEECH, marker="o", markersize=6.5, label="score, 95 % interval")
    ]
    present = {name for result in data for name, _, _ in twins(result)}
    for name, (marker, colour, text) in TWINS.items():
        if name in present:
            marks.append(Line2D([], [], color=colour, marker=marker, markersize=5, markerfacecolor="white", label=text))
    if any(result.null is not None for result in data):
        marks.append(Patch(color=NULL_BAND, label="null, 95 % of draws"))
    if any(isinstance(result.details.get("majority"), int | float) for result in data):
        marks.append(Line2D([], [], color=INK, marker="|", markersize=9, linestyle="none", label="commonest value"))
    return marks


def rows(data: Sequence[Result]) -> list[dict[str, object]]:
    """One row a probe: score, interval, null, majority, p, episodes, twins' scores."""
    return [
        {
            "probe": result.name,
            "score": result.estimate,
            "unit": result.unit,
            "low": result.interval[0] if result.interval else None,
            "high": result.interval[1] if result.interval else None,
            "null_mean": result.null.mean if result.null else None,
            "null_low": result.null.low if result.null else None,
            "null_high": result.null.high if result.null else None,
            "majority": result.details.get("majority"),
            "p": result.p_value,
            "episodes": result.n_episodes,
            **{
                f"{name}_twin": next((score for twin, score, _ in twins(result) if twin == name), None)
                for name in TWINS
            },
        }
        for result in ordered(data)
    ]


def table(data: Sequence[Result]) -> list[dict[str, object]]:
    """One row a probe for the report."""
    return [
        {
            "probe": label(result).replace("\n", " "),
            "score": result.estimate,
            "95 % interval": span(result.interval),
            "null": number(result.null.mean) + f" ({span((result.null.low, result.null.high))})"
            if result.null
            else "–",
            "p": p_text(result.p_value),
            "episodes": result.n_episodes,
            **{TWINS[name][2]: score for name, score, _ in twins(result)},
        }
        for result in ordered(data)
    ]


def caption(data: Sequence[Result]) -> str:
    """What is shown, n, the unit, the nulls and the interval."""
    episodes = sorted({result.n_episodes for result in data})
    n = f"{episodes[0]:,}" if len(episodes) == 1 else f"{episodes[0]:,} to {episodes[-1]:,}"
    methods = sorted({f"{plain(result.null.method)}, {result.null.n_draws} draws" for result in data if result.null})
    null = f" Grey bands: null ({'; '.join(methods)})." if methods else " No null was drawn."
    return (
        f"Score of each probe in {plain(data[0].unit)}, on held-out episodes; n = {n} episodes. "
        f"Bars: 95 % intervals over episodes.{null}{twins_text(data)} "
        "A score says that something can be read there, not that anyone reads it."
    )


def twins_text(data: Sequence[Result]) -> str:
    """A sentence on the twins that are drawn."""
    words = {"muted": "the same agents with the channel muted", "untrained": "the untrained network"}
    present = [words[name] for name in TWINS if any(twin == name for result in data for twin, _, _ in twins(result))]
    return f" Open marks: the same probe on {' and on '.join(present)}." if present else ""
