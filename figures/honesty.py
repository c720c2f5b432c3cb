"""Figure: honesty by kinship: how much of what is said is false, and whether that is deception."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from commlab.figures.look.colour import legible
from commlab.figures.look.style import INK, PALE, SOFT, SPEECH, WIDTH, bare
from commlab.figures.wording import p_text, plain, span
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

SHOWN, REAL = SPEECH, "#d1700a"
NULL_COLOUR = "#c3cad3"
NOT_FOUND = "#d1700a"
SIGNIFICANT = 0.05
MARGIN = 0.1  # a difference of shares below it counts as none; see probes/cause/kin/contrast.py
INSTEAD = {"silence": "over silence", "truth": "over the truth"}
HEAD, LINE, FOOT, BELOW = 0.36, 0.5, 0.5, 0.66  # inches


class Curve(NamedTuple):
    """How much of what is said is false, by kinship."""

    name: str  # "shown" or "real"
    kinship: list[float]
    share: list[float]
    low: list[float]
    high: list[float]
    n: list[int]


class Step(NamedTuple):
    """One of the things that make deception."""

    label: str
    unit: str
    difference: float
    interval: tuple[float, float]
    null: tuple[float, float] | None  # 95 %
    p_value: float
    margin: float  # a smaller difference counts as none

    @property
    def stands(self) -> bool:
        """Whether it is more than chance gives, and more than what counts as none."""
        return self.difference >= self.margin and self.interval[0] > 0 and self.p_value <= SIGNIFICANT


def parts(data: Result | Sequence[Result]) -> tuple[Result, Result | None]:
    """The result on honesty, and the one on kinship where it is there. Raises ValueError where the first is missing."""
    results = [data] if isinstance(data, Result) else list(data)
    honest = next((result for result in results if result.analysis == "honesty"), None)
    if honest is None:
        raise ValueError("none of the results is on honesty")
    return honest, next((result for result in results if result.analysis == "kinship"), None)


def curves(kin: Result | None) -> list[Curve]:
    """The share of what is said that is false: by the kinship shown in twins, and by the real one in untouched play."""
    if kin is None:
        return []
    speaker = kin.details["speaker"]
    found = [curve("shown", speaker["levels"], "shown"), curve("real", speaker.get("observed") or [], "kinship")]
    return [one for one in found if one.kinship]


def curve(name: str, levels: Sequence[Mapping[str, Any]], key: str) -> Curve:
    """One curve; levels at which nothing is said are left out."""
    points = []
    for row in levels:
        told = row.get("false_given_speech")
        if told and told["share"] is not None:
            low, high = told["interval"] or (told["share"], told["share"])
            points.append((float(row[key]), told["share"], low, high, int(told["n_episodes"])))
    columns = [list(column) for column in zip(*sorted(points), strict=True)] or [[], [], [], [], []]
    return Curve(name, *columns)


def chance(kin: Result | None) -> list[tuple[float, float]]:
    """What would be false if words were said at random, by the kinship shown."""
    levels = kin.details["speaker"]["levels"] if kin else []
    return sorted(
        (float(row["shown"]), row["false_by_chance"]) for row in levels if row.get("false_by_chance") is not None
    )


def steps(honest: Result) -> list[Step]:
    """What makes deception, in its order, as far as it was measured."""
    told = honest.details
    found = []
    if told.get("false_to_strangers"):
        found.append(
            step("said to strangers: more of it\nfalse than to kin", "share", told["false_to_strangers"], MARGIN)
        )
    if told.get("heeded"):
        found.append(step("strangers' words: followed\nmore than by chance", "share", told["heeded"], MARGIN))
    for instead, gain in (told.get("gains") or {}).items():
        label = f"false words: what they bring\nthe speaker {INSTEAD.get(instead, plain(instead, 12))}"
        found.append(step(label, "return", gain, 0.0))
    return found


def step(label: str, unit: str, test: Mapping[str, Any], margin: float) -> Step:
    """One test as saved."""
    null = test.get("null")
    low, high = test["interval"]
    within = (float(null["low"]), float(null["high"])) if null else None
    return Step(label, unit, test["difference"], (float(low), float(high)), within, test["p_value"], margin)


def size(data: Result | Sequence[Result]) -> tuple[float, float]:
    """Width and height in inches."""
    honest, _ = parts(data)
    return WIDTH, max(2.8, HEAD + FOOT * len({one.unit for one in steps(honest)}) + LINE * len(steps(honest)))


def draw(ax: Axes, data: Result | Sequence[Result]) -> None:
    """Left: what is false, by kinship. Right: the steps to deception, as far as they were taken."""
    honest, kin = parts(data)
    bare(ax)
    _, height = size(data)
    drawn = curves(kin)
    if drawn:
        draw_curves(
            ax.inset_axes((0.075, BELOW / height, 0.375, 1 - (BELOW + HEAD - 0.08) / height)), drawn, chance(kin)
        )
        draw_key(ax, drawn, 0.08 / height)
    draw_steps(ax, honest, 0.5 if drawn else 0.0, height)


def draw_curves(ax: Axes, drawn: Sequence[Curve], by_chance: Sequence[tuple[float, float]]) -> None:
    """The curves with their intervals; kinship below 0 is a control."""
    lowest = min(min(one.kinship) for one in drawn)
    ax.set(xlim=(min(0.0, lowest) - 0.04, 1.04), ylim=(0, 1))
    if lowest < 0:
        ax.axvspan(lowest - 0.04, -0.02, color=PALE, alpha=0.6, zorder=0, linewidth=0)
        ax.text(lowest / 2, 0.97, "spite:\na control", color=SOFT, fontsize=8.2, ha="center", va="top")
    if by_chance:
        ax.plot(*zip(*by_chance, strict=True), color=SOFT, linewidth=1.1, linestyle=(0, (3, 2)), zorder=2)
        ax.text(1.02, by_chance[-1][1] + 0.02, "words at random", color=SOFT, fontsize=8.2, ha="right", va="bottom")
    for one in drawn:
        draw_curve(ax, one)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−")))
    ax.grid(axis="y")
    ax.set_xlabel("kinship of those who hear it")
    ax.set_title("Of what is said, false")


def draw_curve(ax: Axes, one: Curve) -> None:
    """One curve: a line for what is shown in twins, dots for what is real."""
    if one.name == "shown":
        ax.fill_between(one.kinship, one.low, one.high, color=SHOWN, alpha=0.16, linewidth=0)
        ax.plot(one.kinship, one.share, color=SHOWN, marker="o", markersize=4, zorder=4)
    else:
        errors = [[s - low for s, low in zip(one.share, one.low, strict=True)],
                  [high - s for s, high in zip(one.share, one.high, strict=True)]]  # fmt: skip
        ax.errorbar(one.kinship, one.share, errors, color=REAL, linestyle="none", marker="D", markersize=4.6,
                    markerfacecolor="white", markeredgewidth=1.3, linewidth=1.2, zorder=5)  # fmt: skip


def draw_key(ax: Axes, drawn: Sequence[Curve], y: float) -> None:
    """Which mark is which, under the curves."""
    x = 0.085
    for one in drawn:
        words, colour, marker = ("as shown in twins", SHOWN, "o") if one.name == "shown" else ("as it is", REAL, "D")
        ax.plot([x], [y], marker=marker, markersize=4.6, color=colour, transform=ax.transAxes, linestyle="none",
                markerfacecolor=colour if marker == "o" else "white", clip_on=False)  # fmt: skip
        ax.text(x + 0.018, y, words, color=legible(colour), fontsize=8.4, transform=ax.transAxes, va="center")
        x += 0.225


def draw_steps(ax: Axes, honest: Result, left: float, height: float) -> None:
    """The steps to deception, an axis for each unit, under the verdict."""
    verdict = f"Verdict: {plain(honest.details['verdict'], 40)}"
    ax.text(left, 1 - 0.2 / height, verdict, transform=ax.transAxes, fontsize=9.8, fontweight="bold", va="bottom")
    found = steps(honest)
    top = height - HEAD
    for unit in dict.fromkeys(one.unit for one in found):
        mine = [one for one in found if one.unit == unit]
        tall = LINE * len(mine)
        plot_left = left + 0.5 * (1 - left)
        panel = ax.inset_axes((plot_left, (top - tall) / height, 1 - plot_left, tall / height))
        draw_unit(panel, mine, (left - plot_left) / (1 - plot_left))
        top -= tall + FOOT
    if not honest.details.get("gains"):
        words = "What false words bring was not measured,\nfor want of lies to strangers."
        ax.text(left, (top + 0.12) / height, words, transform=ax.transAxes, fontsize=8.2, color=SOFT, va="top")


def draw_unit(ax: Axes, mine: Sequence[Step], label_at: float) -> None:
    """The steps of one unit: null, margin, interval, estimate."""
    ax.axvline(0, color="#9aa3af", linewidth=0.8, zorder=1)
    for row, one in enumerate(mine):
        colour = SPEECH if one.stands else NOT_FOUND
        if one.null is not None:
            ax.plot(one.null, [row, row], color=NULL_COLOUR, linewidth=7, solid_capstyle="butt", zorder=2)
        if one.margin:
            ax.plot([one.margin] * 2, [row - 0.24, row + 0.24], color=INK, linewidth=1.0, zorder=3)
        ax.plot(one.interval, [row, row], color=colour, linewidth=1.9, solid_capstyle="butt", zorder=4)
        ax.plot([one.difference], [row], "o", markersize=5.6, markeredgewidth=1.3, color=colour, zorder=5,
                markerfacecolor=colour if one.stands else "white", clip_on=False)  # fmt: skip
        ax.text(
            label_at, row, one.label, transform=ax.get_yaxis_transform(), fontsize=8.2, va="center", linespacing=1.1
        )
    values = [0.0, *(one.margin for one in mine), *(end for one in mine for end in (*one.interval, *(one.null or ())))]
    free = 0.08 * (max(values) - min(values)) or 1.0
    ax.set(ylim=(len(mine) - 0.5, -0.5), yticks=[], xlim=(min(values) - free, max(values) + free))
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    points = mine[0].unit == "share"
    form = (lambda v, _: f"{100 * v:+.0f}".replace("-", "−").replace("+0", "0")) if points else (lambda v, _: f"{v:g}")
    ax.xaxis.set_major_formatter(FuncFormatter(form))
    ax.tick_params(axis="x", labelsize=8.2, pad=2)
    ax.set_xlabel("points more" if points else "return of a speaker an episode", fontsize=8.2, labelpad=1, color=SOFT)


def rows(data: Result | Sequence[Result]) -> list[dict[str, object]]:
    """One row a point of a curve, then one row a step."""
    honest, kin = parts(data)
    points: list[dict[str, object]] = [
        {
            "part": f"false of what is said, {one.name} kinship",
            "kinship": k,
            "value": s,
            "low": low,
            "high": high,
            "n": n,
        }
        for one in curves(kin)
        for k, s, low, high, n in zip(one.kinship, one.share, one.low, one.high, one.n, strict=True)
    ]
    points += [{"part": "words at random", "kinship": k, "value": share} for k, share in chance(kin)]
    return points + [
        {
            "part": one.label.replace("\n", " "),
            "value": one.difference,
            "low": one.interval[0],
            "high": one.interval[1],
            "unit": one.unit,
            "null_low": one.null[0] if one.null else None,
            "null_high": one.null[1] if one.null else None,
            "p": one.p_value,
            "n": honest.n_episodes,
        }
        for one in steps(honest)
    ]


def table(data: Result | Sequence[Result]) -> list[dict[str, object]]:
    """One row a step to deception."""
    honest, _ = parts(data)
    return [
        {
            "asked": one.label.replace("\n", " "),
            "difference": one.difference,
            "95 % interval": span(one.interval),
            "unit": one.unit,
            "p": p_text(one.p_value),
            "holds": "yes" if one.stands else "no",
        }
        for one in steps(honest)
    ]


def caption(data: Result | Sequence[Result]) -> str:
    """What is shown, n, the nulls, the intervals and the verdict."""
    honest, kin = parts(data)
    left = (
        "Left: of what speakers say of crystals that they see, the share that is false in the code in which kin are "
        "told, by the kinship shown in twins of the same episodes (line), by the real one in untouched episodes "
        "(diamonds), and for words said at random (dashed). Right: what makes deception"
        if kin is not None
        else "What makes deception"
    )
    return (
        f"{left}: more falsehood to real strangers than when the same episodes show kin, strangers that follow it, and "
        f"a higher return for the speaker than by silence and by the truth. n = {honest.n_episodes:,} episodes. Lines "
        f"and bands: 95 % intervals over episodes; grey: the null (arms swapped, or signs flipped, within episodes); "
        f"ticks: {100 * MARGIN:.0f} points, below which a difference counts as none. Full dots hold. Verdict: "
        f"{plain(honest.details['verdict'], 40)}."
    )
