"""Figure: the lexicon as a card for each symbol: what it means, how often that is true, and two maps of its life.

The maps show where what it names stands when it is said (or else where its speakers stand), and where listeners go that
are told it. What has no map is shown by the values that it goes with.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from commlab.figures.look.ground import Ground, dots, draw_ground, ground_of, shares_of
from commlab.figures.look.style import INK, PALE, SOFT, SPEECH, WIDTH, bare
from commlab.figures.wording import number, percent, plain, wrapped
from commlab.foundation.result import Result

__all__ = ["caption", "draw", "rows", "size", "table"]

Cells = Sequence[Sequence[float]]
Array = np.ndarray[Any, Any]

MOST_CARDS = 16
COLUMNS = 2
GUTTER = 0.12  # inches between cards
PAD = 0.12  # inches within a card
LINE = 0.15  # inches of a line of text
HEAD_LINES = 3
HEAD = 0.42  # inches above a card's pictures beside its lines of text
MAP = 1.24  # inches: the largest side of a map
FOOT = 0.42  # inches under the cards
HEAD_WIDTH = 37  # characters
MOST_BARS = 5
BAR = 0.19  # inches of a bar
THINGS = {
    "resource_location": "crystal", "berry_location": "berry", "altar_location": "altar", "other_position": "the other",
    "own_position": "the speaker", "own_destination": "its goal", "beacon_location": "beacon",
    "nearest_kin_location": "kin", "nearest_stranger_location": "stranger", "converter_location": "converter",
}  # fmt: skip


class Bar(NamedTuple):
    """A value that an entry goes with."""

    label: str
    share: float
    low: float
    high: float
    base: float  # what it would be in other episodes


class Card(NamedTuple):
    """One entry of the lexicon."""

    form: str
    meaning: str  # in lines
    notes: str  # how often it is true, with interval and n; what listeners do that are told it
    bars: list[Bar]
    said: Array | None  # (H, W) shares of its uses
    visits: Array | None  # (H, W) shares of listeners' steps


class Deck(NamedTuple):
    """The cards, and what they share."""

    cards: list[Card]
    said_label: str  # what stands in the first map
    ground: Ground | None  # of the first map
    told_ground: Ground | None  # of the second
    sites: list[tuple[int, int]]
    rest: str  # a sentence on the entries that have no card


def deck(data: Result | Sequence[Result]) -> Deck:
    """The cards of a lexicon, with what a destinations result of the same agents knows of its symbols."""
    lexicon, told = parts_of(data)
    book, maps = lexicon.details["lexicon"], lexicon.details.get("maps")
    known = [entry for entry in book["entries"] if entry["truth"] is not None]
    shown = sorted(known, key=lambda entry: -entry["n_uses"])[:MOST_CARDS]
    of_places = bool(maps and maps["named"])
    label = f"{THINGS.get(stem(maps['place']), stem(maps['place']))} when said" if maps and of_places else "said from"
    sites = told.details["sites"] if told else []
    return Deck(
        cards=[card_of(entry, maps, told) for entry in sorted(shown, key=lambda entry: natural(entry["form"]))],
        said_label=plain(label.replace("_", " "), 26),
        ground=ground_of(maps) if maps else None,
        told_ground=ground_of(told.details) if told else None,
        sites=[(int(row), int(column)) for row, column in sites],
        rest=the_rest(book["entries"], known, shown),
    )


def parts_of(data: Result | Sequence[Result]) -> tuple[Result, Result | None]:
    """The lexicon, and the destinations of the same checkpoint where they are among the results."""
    results = [data] if isinstance(data, Result) else list(data)
    lexicon = next(result for result in results if result.analysis == "lexicon")
    own = lexicon.provenance.get("checkpoint")
    fitting = [
        result for result in results
        if result.analysis == "destinations" and own in (None, result.provenance.get("checkpoint"))
    ]  # fmt: skip
    return lexicon, fitting[0] if fitting else None


def card_of(entry: Mapping[str, Any], maps: Mapping[str, Any] | None, told: Result | None) -> Card:
    """One card."""
    form = str(entry["form"])
    share, low, high, n = entry["truth"]
    cells = (maps["named"] or maps["speakers"]).get(form) if maps else None
    visits = told.details["visits"].get(form) if told else None
    truth = f"true {percent(share)} ({100 * low:.0f}–{100 * high:.0f}), n = {n:,} episodes"
    return Card(
        form=plain(form, 12),
        meaning=fitted(plain(meaning_of(entry), 200), HEAD_WIDTH if len(form) < 5 else HEAD_WIDTH - 7),
        notes=f"{truth}\n{told_text(told, form)}".strip(),
        bars=[
            Bar(value_label(target, value), rate[0], rate[1], rate[2], base)
            for target, value, rate, base, *_ in entry["evidence"][:MOST_BARS]
        ],
        said=None if cells is None or maps is None else shares_of(cells, (maps["height"], maps["width"])),
        visits=None if visits is None else np.asarray(visits, float),
    )


def meaning_of(entry: Mapping[str, Any]) -> str:
    """The meaning within an entry's sentence: what stands between its form and who says it."""
    text = str(entry["sentence"]).removeprefix(f"{entry['form']}: ")
    for mark in (", said by ", ", true ", ", n = "):
        if mark in text:
            return text[: text.rindex(mark)] if mark == ", said by " else text[: text.index(mark)]
    return text


def value_label(target: str, value: str) -> str:
    """A target's value as a bar's label."""
    return plain(f"{THINGS.get(stem(target), stem(target).replace('_', ' '))} {value}", 22)


def told_text(told: Result | None, form: str) -> str:
    """How many listeners go to the named place first when they are told an entry, and without."""
    rates = told.details.get("per_symbol", {}).get(form) if told else None
    if not rates or rates.get("rate") is None:
        return ""
    return f"told it, {percent(rates['rate'])} go there (untouched {percent(rates.get('untouched_rate'))})"


def stem(target: str) -> str:
    """A target's name without what tells its variants apart."""
    return target.partition(".")[0]


def natural(form: str) -> list[tuple[int, str]]:
    """A key that sorts "2" before "10"."""
    return [(int(part), "") if part.isdigit() else (10**9, part) for part in re.findall(r"\d+|\D+", form)]


def the_rest(entries: Sequence[Mapping[str, Any]], known: Sequence[Any], shown: Sequence[Any]) -> str:
    """A sentence on the entries that have no card."""
    dumb = sorted((str(entry["form"]) for entry in entries if entry["truth"] is None), key=natural)
    parts = []
    if len(known) > len(shown):
        parts.append(f"{len(known) - len(shown)} rarer entries that mean something are in the table.")
    if dumb:
        named = ", ".join(plain(form, 12) for form in dumb[:12]) + (" …" if len(dumb) > 12 else "")
        parts.append(f"Said, too, but with no meaning that we can tell: {named}.")
    return " ".join(parts)


def picture_height(found: Deck, row: Sequence[Card]) -> float:
    """Inches of the pictures of the cards in a row: of the maps, or of the bars where they need more."""
    heights = [0.3]
    for card in row:
        maps = grounds_of(found, card)
        heights += [MAP * min(1.0, ground.shape[0] / ground.shape[1]) for ground in maps]
        heights += [BAR * len(card.bars) + 0.06] if len(maps) < 2 else []
    return max(heights)


def grounds_of(found: Deck, card: Card) -> list[Ground]:
    """What the maps of a card lie on."""
    pairs = ((card.said, found.ground), (card.visits, found.told_ground))
    return [ground for shares, ground in pairs if shares is not None and ground is not None]


def head_height(cards: Sequence[Card]) -> float:
    """Inches above the pictures of the cards in a row."""
    n_lines = max((f"{card.meaning}\n{card.notes}".count("\n") + 1 for card in cards), default=1)
    return HEAD + LINE * n_lines


def in_rows(found: Deck) -> list[list[Card]]:
    """The cards of each row."""
    return [found.cards[start : start + COLUMNS] for start in range(0, len(found.cards), COLUMNS)]


def size(data: Result | Sequence[Result]) -> tuple[float, float]:
    """Width and height in inches: two cards a row, and a line for the rest."""
    found = deck(data)
    heads = sum(head_height(row) + picture_height(found, row) + PAD + GUTTER for row in in_rows(found))
    return WIDTH, heads + FOOT


def draw(ax: Axes, data: Result | Sequence[Result]) -> None:
    """The cards in two columns, in the order of their symbols; a sentence on the rest under them."""
    found = deck(data)
    bare(ax)
    width, height = size(data)
    ax.set(xlim=(0, width), ylim=(height, 0))  # inches from the top left
    card_width = (width - GUTTER) / COLUMNS
    top = 0.0
    for row in in_rows(found):
        card_height = head_height(row) + picture_height(found, row) + PAD
        for column, card in enumerate(row):
            left = column * (card_width + GUTTER)
            draw_frame(ax, left, top, card_width, card_height)
            draw_head(ax, card, left + PAD, top + 0.12)
            draw_pictures(ax, found, card, left + PAD, top + head_height(row), card_width - 2 * PAD)
        top += card_height + GUTTER
    rest = found.rest if found.cards else f"No entry means anything that we can tell. {found.rest}"
    ax.text(0, height - FOOT + 0.02, wrapped(rest, 98), fontsize=8.4, color=SOFT, va="top", linespacing=1.25)


def draw_frame(ax: Axes, x: float, y: float, width: float, height: float) -> None:
    """A card's paper."""
    ax.add_patch(FancyBboxPatch((x + 0.04, y + 0.04), width - 0.08, height - 0.08, boxstyle="round,pad=0.04",
                                facecolor="#fafbfc", edgecolor="#d5dae1", linewidth=0.7))  # fmt: skip


def draw_head(ax: Axes, card: Card, x: float, y: float) -> None:
    """The symbol, large; what it means beside it; the numbers under it."""
    form_size = 17 if len(card.form) < 3 else 13 if len(card.form) < 5 else 9
    inset = 0.44 if len(card.form) < 5 else 0.86
    ax.text(x, y, card.form, fontsize=form_size, fontweight="bold", color=SPEECH, va="top")
    ax.text(x + inset, y, card.meaning, fontsize=8.8, color=INK, va="top", linespacing=1.22)
    under = y + 0.05 + LINE * (card.meaning.count("\n") + 1)
    ax.text(x + inset, under, card.notes, fontsize=7.8, color=SOFT, va="top", linespacing=1.3)


def fitted(text: str, width: int) -> str:
    """Text in as many lines as a card's head has."""
    lines = wrapped(text, width).split("\n")
    if len(lines) > HEAD_LINES:
        lines = [*lines[: HEAD_LINES - 1], lines[HEAD_LINES - 1][: width - 2].rstrip(" ,") + " …"]
    return "\n".join(lines)


def draw_pictures(ax: Axes, found: Deck, card: Card, x: float, y: float, width: float) -> None:
    """What there is of: where it is said, where it sends listeners, the values that it goes with."""
    half = (width - 0.1) / 2
    deepest = max((float(other.visits.max()) for other in found.cards if other.visits is not None), default=1.0)
    slots: list[tuple[str, Array, Ground, float]] = []
    if card.said is not None and found.ground is not None:
        slots.append((found.said_label, card.said, found.ground, 1.0))
    if card.visits is not None and found.told_ground is not None:
        slots.append(("listeners told it", card.visits, found.told_ground, deepest))
    for index, (label, shares, ground, scale) in enumerate(slots):
        corner = (x + index * (half + 0.1), y)
        tall = MAP * min(1.0, ground.shape[0] / ground.shape[1])
        inset = ax.inset_axes((corner[0], y, half, tall), transform=ax.transData)
        draw_ground(inset, ground, shares, scale)
        inset.set_anchor("NW")
        dots(inset, ground, found.sites)
        ax.text(corner[0], y - 0.04, label, fontsize=7.8, color=SOFT, va="bottom")
    if len(slots) < 2 and card.bars:
        start = x + len(slots) * (half + 0.1)
        draw_bars(ax, card.bars, start, y, width - len(slots) * (half + 0.1))


def draw_bars(ax: Axes, bars: Sequence[Bar], x: float, y: float, width: float) -> None:
    """A bar for each value, with its interval and a tick at its base rate."""
    ax.text(x, y - 0.04, "how often; tick: by chance", fontsize=7.8, color=SOFT, va="bottom")
    start, room = x + width * 0.55, width * 0.45
    for index, bar in enumerate(bars):
        middle = y + 0.1 + index * BAR
        ax.text(x, middle, plain(bar.label, 14), fontsize=7.8, color=INK, va="center")
        ax.plot([start, start + room], [middle, middle], color=PALE, linewidth=5, solid_capstyle="butt", zorder=1)
        ax.plot([start, start + room * bar.share], [middle, middle], color="#7fb0d8", linewidth=5,
                solid_capstyle="butt", zorder=2)  # fmt: skip
        ends = [start + room * bar.low, start + room * bar.high]
        ax.plot(ends, [middle, middle], color=SPEECH, linewidth=1.3, solid_capstyle="butt", zorder=3)
        tick = start + room * bar.base
        ax.plot([tick, tick], [middle - 0.06, middle + 0.06], color=INK, linewidth=1.2, zorder=4)


def rows(data: Result | Sequence[Result]) -> list[dict[str, object]]:
    """Tidy rows of every entry: form, quantity ("truth", …, "said", "told"), row, column, value, low, high, n."""
    lexicon, told = parts_of(data)
    maps = lexicon.details.get("maps") or {"named": {}, "speakers": {}}
    found: list[dict[str, object]] = []
    for entry in lexicon.details["lexicon"]["entries"]:
        form = str(entry["form"])
        start: dict[str, object] = {"form": plain(form, 40), "row": "", "column": ""}
        share, low, high, n = entry["truth"] or (None, None, None, entry["n_episodes"])
        truth = {"value": share, "low": low, "high": high, "n": n}
        found.append({**start, "quantity": "truth", **truth, "words": plain(entry["sentence"], 400)})
        found.append({**start, "quantity": "uses", "value": entry["n_uses"], "n": entry["n_episodes"]})
        for target, value, rate, base, *_ in entry["evidence"]:
            words = plain(f"{target} is {value}", 80)
            ends = {"value": rate[0], "low": rate[1], "high": rate[2], "n": rate[3]}
            found.append({**start, "quantity": "evidence", **ends, "words": words})
            found.append({**start, "quantity": "base", "value": base, "n": rate[3], "words": words})
        for kind in ("named", "speakers"):
            for row, column, part in maps[kind].get(form, ()):
                place = {"row": int(row), "column": int(column)}
                found.append({**start, **place, "quantity": kind, "value": part, "n": entry["n_episodes"]})
        visits = np.asarray(told.details["visits"].get(form, np.zeros((0, 0))) if told else np.zeros((0, 0)), float)
        for row, column in np.argwhere(visits > 0).tolist():
            found.append(
                {**start, "row": row, "column": column, "quantity": "told", "value": float(visits[row, column])}
            )
    return found


def table(data: Result | Sequence[Result]) -> list[dict[str, object]]:
    """One row an entry for the report."""
    lexicon, told = parts_of(data)
    return [
        {
            "symbol": plain(entry["form"], 20),
            "means": plain(meaning_of(entry), 160) if entry["truth"] is not None else "nothing we can tell",
            "true": percent(entry["truth"][0]) if entry["truth"] else "–",
            "95 % interval": f"{percent(entry['truth'][1])} to {percent(entry['truth'][2])}" if entry["truth"] else "–",
            "lift": number(max((pair[4] for pair in entry["evidence"]), default=None), 1),
            "uses (steps)": entry["n_uses"],
            "episodes": entry["n_episodes"],
            "what listeners do": told_text(told, str(entry["form"])).removeprefix("told it, ") or "–",
        }
        for entry in sorted(lexicon.details["lexicon"]["entries"], key=lambda entry: natural(str(entry["form"])))
    ]


def caption(data: Result | Sequence[Result]) -> str:
    """What is shown, n, the units, the null and the intervals."""
    lexicon, told = parts_of(data)
    found = deck(data)
    first = (
        f" First map: where the {found.said_label.removesuffix(' when said')} stands when it is said"
        if found.said_label.endswith("when said")
        else " First map: where its speakers stand"
    )
    maps = f"{first}, as a share of its uses in steps." if found.ground is not None else ""
    second = (
        " Second map: where listeners are that are told it by a phantom, as a share of their steps "
        f"(n = {told.n_episodes:,} other episodes; the untouched twin is the null)."
        if told
        else " What listeners do on hearing it was not tried."
    )
    shades = " Darker: more, on a square-root scale." if maps or told else ""
    return (
        f"The lexicon of {plain(lexicon.details['lexicon']['of'], 30)}, a card for each symbol, of "
        f"n = {lexicon.n_episodes:,} episodes. True: the share of its uses, in per cent, at which its meaning holds, "
        "with its 95 % interval over episodes; a value of the world counts once, however many steps it lasts. A "
        "meaning is given where its values are commoner than the null has them (whole episodes permuted, family-wise "
        "over all symbols and values, p at most 0.05)."
        f"{maps}{second}{shades}"
    )
