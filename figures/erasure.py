"""Figure: what agents lose when a target is erased from their hidden states, and what can be decoded of it then."""

from typing import Any

from matplotlib.axes import Axes

from commlab.figures.look.style import INK, PALE, SOFT, SPEECH, WIDTH, bare
from commlab.figures.wording import number, plain, span
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

ERASED = "erased"
GREY = "#9aa3af"
ROW, MARGIN = 0.4, 1.15  # inches


def arms(result: Result) -> list[str]:
    """The arms that have a return."""
    return list(result.details["returns"])


def label(result: Result, arm: str) -> str:
    """An arm in words."""
    words = {
        "untouched": "untouched",
        ERASED: f"{spelt(result.details['target'])} erased",
        "irrelevant erased": f"{spelt(result.details['irrelevant'].get('target') or 'another target')} erased",
        "other episodes' erased": "that of other episodes erased",
        "erased afterwards": "erased afterwards",
    }
    return words.get(arm, plain(arm, 30))


def spelt(target: object) -> str:
    """A target's name as words."""
    return plain(target, 20).replace("_", " ")


def size(data: Result) -> tuple[float, float]:
    """Width and height in inches: a row for each arm."""
    return WIDTH, MARGIN + ROW * (len(arms(data)) + 1)


def draw(ax: Axes, data: Result) -> None:
    """On the left what each arm earns, on the right what probes read of the target in its own run."""
    bare(ax)
    names = [*arms(data), "erased afterwards"]
    left = ax.inset_axes((0.33, 0.2, 0.28, 0.72))
    right = ax.inset_axes((0.67, 0.2, 0.33, 0.72))
    _earned(left, data, names)
    _read(right, data, names)
    left.set_yticks(range(len(names)), [label(data, name) for name in names])
    right.set_yticks(range(len(names)), [""] * len(names))
    for inset in (left, right):
        inset.set_ylim(len(names) - 0.5, -0.5)
        inset.tick_params(axis="both", length=0)
        inset.tick_params(axis="y", labelcolor=INK)
        inset.grid(axis="x", color=PALE)
        inset.spines["bottom"].set_visible(False)
        inset.spines["left"].set_visible(False)


def _earned(ax: Axes, data: Result, names: list[str]) -> None:
    """A bar for each arm's return, with its interval."""
    returns: dict[str, Any] = data.details["returns"]
    far = max((row["mean"] for row in returns.values()), default=1.0) or 1.0
    for y, name in enumerate(names):
        row = returns.get(name)
        if row is None:
            continue
        shown = row.get("draws", row)
        ax.barh(y, shown["mean"], height=0.58, color=SPEECH if name == ERASED else GREY)
        if shown["interval"]:
            ax.plot(shown["interval"], [y, y], color=INK, linewidth=1.3)
        end = max(shown["mean"], *(shown["interval"] or (0.0,)))
        ax.text(end + 0.03 * far, y, number(shown["mean"]), va="center", fontweight="bold")
    ax.set_xlim(0, far * 1.3)
    ax.set_title("return of an agent")


def _read(ax: Axes, data: Result, names: list[str]) -> None:
    """A dot for what each probe reads of the target from the layer; a tick for chance."""
    for y, name in enumerate(names):
        for row in _readings(data, name):
            linear = row["model"] == "linear"
            place = y - 0.13 if linear else y + 0.13
            if row["interval"]:
                ax.plot(row["interval"], [place, place], color=SOFT, linewidth=1.3)
            ax.plot(
                row["score"], place, "o", color=SPEECH if linear else "white", markeredgecolor=SPEECH, markersize=5.5
            )
            if row["null"] is not None:
                ax.plot([row["null"]] * 2, [place - 0.12, place + 0.12], color=INK, linewidth=1)
    ax.set_xlim(0, 1.04)
    ax.set_xticks([0, 0.5, 1])
    ax.set_title("probe: ● linear, ○ nonlinear")
    ax.set_xlabel("balanced accuracy; ticks: null")


def _readings(data: Result, arm: str) -> list[dict[str, Any]]:
    """What is read of the target from the layer in an arm."""
    wanted = (arm, data.details["target"], f"hidden.{data.details['layer']}")
    return [
        row
        for row in data.details["readings"]
        if (row["arm"], row["target"], row["source"]) == wanted and row["score"] is not None
    ]


def rows(data: Result) -> list[dict[str, object]]:
    """One row a reading, and one an arm for its return and for going where a crystal is."""
    found: list[dict[str, object]] = []
    for measure in ("returns", "obeyed"):
        for name, row in data.details[measure].items():
            found.append({"measure": measure, "arm": name, "target": None, "source": None, "probe": None,
                          "value": row["mean"], "low": row["interval"][0] if row["interval"] else None,
                          "high": row["interval"][1] if row["interval"] else None, "null": None})  # fmt: skip
    for row in data.details["readings"]:
        ends = row["interval"] or (None, None)
        found.append({"measure": "decoded", "arm": row["arm"], "target": row["target"], "source": row["source"],
                      "probe": row["model"], "value": row["score"], "low": ends[0], "high": ends[1],
                      "null": row["null"]})  # fmt: skip
    return found


def table(data: Result) -> list[dict[str, object]]:
    """One row an arm for the report."""
    obeyed = data.details["obeyed"]
    found = []
    for name, row in data.details["returns"].items():
        scores = {reading["model"]: reading["score"] for reading in _readings(data, name)}
        earned, went = row.get("draws", row), obeyed.get(name, {})
        found.append({
            "arm": label(data, name), "return": earned["mean"], "95 %": span(earned["interval"]),
            "goes where a crystal is": went.get("draws", went).get("mean"),
            "read linearly": scores.get("linear"), "not linearly": scores.get("nonlinear"),
        })  # fmt: skip
    return found


def caption(data: Result) -> str:
    """What is shown, n, the unit, the nulls and the interval."""
    details = data.details
    return (
        f"Return of an agent, and what held-out probes read of {plain(details['target'])} from the "
        f"{plain(details['layer'])} of {plain(details['of'])} (balanced accuracy), when it is erased from that at "
        "every step (LEACE, fitted on other episodes), and when others are, states being moved as far; n = "
        f"{data.n_episodes:,} episodes. Lines: 95 % intervals over episodes; for the target of other episodes, which "
        "is the null, the range of 95 % of its draws. “Erased afterwards”: from states as they were recorded, on "
        "which nobody acted."
    )
