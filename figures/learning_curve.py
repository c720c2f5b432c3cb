"""Figure: return against agent steps while training, over one seed or many, with trainings whose channel was muted."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from commlab.figures.curves import Curve
from commlab.figures.look.style import CONDITION_COLOURS, PALETTE, WIDTH, end_labels, lone_marker
from commlab.figures.seeds import Course, courses
from commlab.figures.wording import number, plain, wrapped
from commlab.foundation.statistics import FEWEST_SEEDS

__all__ = ["caption", "count_unit", "draw", "rows", "size", "table"]

LABELS = {"hearing": "hearing", "trained muted": "muted"}
LONGEST = 34  # characters of a name


def size(data: Sequence[Curve]) -> tuple[float, float]:
    """Width and height in inches."""
    return WIDTH, 3.1


def draw(ax: Axes, data: Sequence[Curve]) -> None:
    """Curves of one label are seeds of one recipe: their mean thick, each thin behind; the label at its end."""
    found = courses(data)
    colours = colours_of([course.label for course in found])
    ends = []
    for course in reversed(found):
        draw_course(ax, course, colours[course.label])
        ends.append((float(course.mean[-1]), end_text(course), colours[course.label]))
    returns = [value for course in found for curve in visible(course) for value in curve]
    lowest, highest = min(returns), max(returns)
    ax.set_ylim(min(0.0, lowest * 1.05), max(highest * 1.05, 0.0 if lowest < 0 else 0.1))
    ax.set_xlim(0, max(curve.agent_steps[-1] for curve in data) or 1)
    ax.grid(axis="y")
    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    unit, suffix = count_unit(ax.get_xlim()[1])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / unit:g}"))
    ax.set_xlabel(f"{suffix}agent steps of experience")
    ax.set_ylabel("return of an episode")
    end_labels(ax, ends, gap=0.03 + 0.065 * max(text.count("\n") + 1 for _, text, _ in ends))


def draw_course(ax: Axes, course: Course, colour: str) -> None:
    """One seed: its rows thin behind its running mean. Many: their running means thin behind the mean and its band."""
    if course.n == 1:
        curve = course.seeds[0]
        ax.plot(curve.agent_steps, curve.returns, color=colour, alpha=0.28, linewidth=0.7)
    else:
        for smooth in course.smooth:
            ax.plot(course.agent_steps, smooth, color=colour, alpha=0.35, linewidth=0.7)
        ax.fill_between(course.agent_steps, course.low, course.high, color=colour, alpha=0.18, linewidth=0)
    n_points = len(course.mean)
    ax.plot(course.agent_steps, course.mean, color=colour, marker=lone_marker(n_points), clip_on=n_points > 1)


def visible(course: Course) -> list[list[float]]:
    """Everything that is drawn of a course, so that the axes hold it; a wide interval may leave them."""
    if course.n == 1:
        return [list(course.seeds[0].returns)]
    return [course.smooth.ravel().tolist()]


def colours_of(labels: Sequence[str]) -> dict[str, str]:
    """A colour for each label: the one that it has in every figure, or one that no other has here."""
    known = {label: CONDITION_COLOURS[label] for label in labels if label in CONDITION_COLOURS}
    free = [colour for colour in PALETTE if colour not in known.values()]
    others = [label for label in labels if label not in known]
    return known | {label: free[index % len(free)] for index, label in enumerate(others)}


def end_text(course: Course) -> str:
    """What stands at the end of a line: its name, its last return, how many seeds."""
    name = wrapped(named(course.label), 18)
    return f"{name}\n{number(float(course.mean[-1]))}" + (f" ({course.n} seeds)" if course.n > 1 else "")


def named(label: str) -> str:
    """A label in words."""
    return LABELS.get(label, plain(label, LONGEST))


def count_unit(largest: float) -> tuple[float, str]:
    """The unit in which an axis of counts is written, and its name."""
    for unit, suffix in ((1e9, "billion "), (1e6, "million "), (1e3, "thousand ")):
        if largest >= unit:
            return unit, suffix
    return 1.0, ""


def rows(data: Sequence[Curve]) -> list[dict[str, object]]:
    """One row for each point of a seed: curve, agent_steps, return, smoothed_return; then of the mean over seeds."""
    found = courses(data)
    one_each = all(course.n == 1 for course in found)
    written: list[dict[str, object]] = []
    for course in found:
        for index, curve in enumerate(course.seeds):
            seed: dict[str, object] = {} if one_each else {"seed": index + 1}
            written += [
                {"curve": curve.label, **seed, "agent_steps": steps, "return": value, "smoothed_return": float(mean)}
                for steps, value, mean in zip(curve.agent_steps, curve.returns, curve.smoothed, strict=True)
            ]
    return written + [row for course in found if course.n > 1 for row in mean_rows(course)]


def mean_rows(course: Course) -> list[dict[str, object]]:
    """The mean over seeds with its band, a row a point."""
    return [
        {
            "curve": course.label,
            "seed": "mean",
            "agent_steps": float(steps),
            "smoothed_return": float(mean),
            "low": float(low),
            "high": float(high),
            "band": course.band,
            "n_seeds": course.n,
        }
        for steps, mean, low, high in zip(course.agent_steps, course.mean, course.low, course.high, strict=True)
    ]


def table(data: Sequence[Curve]) -> list[dict[str, object]]:
    """One row a curve for the report: where it began, stood half-way, and ended."""
    return [table_row(course) for course in courses(data)]


def table_row(course: Course) -> dict[str, object]:
    """One curve in the table; a band where there are many seeds."""
    mean = course.mean
    row: dict[str, object] = {"training": named(course.label)}
    if course.n > 1:
        row["seeds"] = course.n
    row |= {
        "agent steps": int(course.agent_steps[-1]),
        "first return": float(mean[0]),
        "return half-way": float(mean[len(mean) // 2]),
        "last return": float(mean[-1]),
    }
    if course.n > 1:
        row[course.band] = f"{number(float(course.low[-1]))} to {number(float(course.high[-1]))}"
    return row


def caption(data: Sequence[Curve]) -> str:
    """What is shown, n, the unit, the null, and the interval or why there is none."""
    found = courses(data)
    labels = {course.label for course in found}
    told = (
        "Return of an episode (the scenario's reward, summed over its steps) in the training episodes, against agent "
    )
    null = (
        " The null is a run trained the same way with the channel muted."
        if "trained muted" in labels
        else " The null, a run trained with the channel muted, has not been made."
        if labels == {"hearing"}
        else ""
    )
    hearing = " Hearing: messages are heard while training; muted: nobody hears any." if labels & set(LABELS) else ""
    return f"{told}steps. {seeds_text(found)}{null} {lines_text(found)}{hearing}{band_text(found)}"


def seeds_text(found: Sequence[Course]) -> str:
    """How many trainings a line stands for."""
    if all(course.n == 1 for course in found):
        return "n = 1 training run a line."
    counts = "; ".join(f"{named(course.label)}, n = {course.n}" for course in found)
    return f"The unit is the training seed: {counts}."


def lines_text(found: Sequence[Course]) -> str:
    """What thick and thin lines are."""
    spans = " and ".join(str(span) for span in sorted({curve.window for course in found for curve in course.seeds}))
    if all(course.n == 1 for course in found):
        return f"Thick: running mean over {spans} log rows; thin: the rows themselves."
    return f"Thick: mean over seeds; thin: each seed, a running mean over {spans} log rows."


def band_text(found: Sequence[Course]) -> str:
    """What the bands are, and what one seed cannot have."""
    parts = []
    if any(course.n >= FEWEST_SEEDS for course in found):
        parts.append(
            "Bands: 95 % bootstrap-t intervals of the mean over seeds, at each step by itself, smoothed alike."
        )
    if any(1 < course.n < FEWEST_SEEDS for course in found):
        first = "Band" if not parts else "Where there are fewer seeds"
        parts.append(
            f"{first}: from the lowest to the highest seed; an interval asks for {FEWEST_SEEDS} seeds or more."
        )
    if any(course.n == 1 for course in found):
        parts.append("No interval is drawn of one run, because it says nothing about other seeds.")
    return " " + " ".join(parts)
