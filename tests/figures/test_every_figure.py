"""What holds for every figure: readable text, light and dark, told apart by everybody, a caption that says it all."""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from commlab.figures import PLOTS, draw
from commlab.figures.drawing import Drawing, figure_of
from commlab.figures.look.colour import LEGIBLE, contrast, oklab
from commlab.figures.look.recolouring import darken
from commlab.figures.look.style import CONDITION_COLOURS, PALETTE, styled
from commlab.figures.look.themes import CELL_TEXT, DARK_PAGE, dark, dark_colour
from commlab.figures.plots import saved_as
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result

HERE = Path(__file__).parent
ELSEWHERE = {"comparison"}  # tests/figures/report draws it of runs
NAMES = sorted(set(PLOTS) - ELSEWHERE)

# Viénot, Brettel & Mollon (1999) and Brettel et al. (1997) as linear-light matrices (Machado et al. 2009, severity 1).
BLIND = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


@pytest.fixture(scope="module")
def every(module_at: Callable[[str, Path], ModuleType], results: dict[str, Any]) -> dict[str, Any]:
    """The data of each figure."""
    found: dict[str, Any] = module_at("gallery", HERE / "gallery.py").gallery(module_at, results)
    return found


@pytest.fixture(scope="module")
def drawn(every: dict[str, Any]) -> dict[str, tuple[Drawing, str]]:
    """Each figure, drawn by one call, and its SVG; the figures are shared by tests, of which one darkens them."""
    figures = {name: draw(data, name=name) for name, data in every.items()}
    with styled():
        return {name: (figure, saved_as(figure, "svg").decode()) for name, figure in figures.items()}


def shown(texts: list[Text]) -> list[Text]:
    return [text for text in texts if text.get_text().strip() and text.get_visible()]


@pytest.mark.parametrize("name", NAMES)
def test_text_can_be_read_light_and_dark(name: str, drawn: dict[str, tuple[Drawing, str]]) -> None:
    for text in shown(drawn[name][0].findobj(Text)):
        colour, box = str(to_hex(text.get_color())), text.get_bbox_patch()
        if colour in CELL_TEXT:
            continue  # chosen for its cell: tests/figures/test_themes.py
        ground = str(to_hex(box.get_facecolor())) if box is not None else "#ffffff"
        assert contrast(colour, ground) >= LEGIBLE, f"{text.get_text()!r} in {colour} on {ground}"
        assert contrast(dark_colour(colour), dark_colour(ground)) >= LEGIBLE, f"{text.get_text()!r} in the dark"


@pytest.mark.parametrize("name", NAMES)
def test_the_dark_figure_has_the_colours_of_the_dark_svg(name: str, drawn: dict[str, tuple[Drawing, str]]) -> None:
    figure, light = drawn[name]
    with styled():
        darken(figure)
        night = saved_as(figure, "svg").decode()
    assert colours(night) == colours(dark(light))
    assert DARK_PAGE in colours(night)


def colours(svg: str) -> set[str]:
    drawn = svg.split(">", svg[: svg.index("<svg")].count(">") + 1)[-1]  # the root's own fill is for what has none
    return set(re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", drawn)) - {"#000000"}  # black may stay unwritten


@pytest.mark.parametrize("name", NAMES)
def test_a_caption_says_n_the_null_and_the_interval(name: str, every: dict[str, Any]) -> None:
    text = PLOTS[name].caption(every[name])
    assert re.search(r"n = [\d,]+( \S+)? (episodes|training run)|over n episodes", text)
    assert re.search(r"95 %|No interval", text)
    assert re.search(r"\bnulls?\b", text)
    assert text.endswith(".")
    assert "  " not in text


@pytest.mark.parametrize("name", NAMES)
def test_it_is_found_by_its_result_and_fits_a_page(
    name: str, every: dict[str, Any], drawn: dict[str, tuple[Drawing, str]]
) -> None:
    assert figure_of(every[name]) == name
    figure, _ = drawn[name]
    width, height = figure.get_size_inches()
    assert (width, height) == pytest.approx(PLOTS[name].size(every[name]))
    assert 3.0 <= width <= 7.0
    assert 0.8 <= height <= 16.0
    assert figure.caption == PLOTS[name].caption(every[name])
    assert len(figure.numbers) == len(PLOTS[name].rows(every[name]))


@pytest.mark.parametrize("blindness", BLIND)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_conditions_are_told_apart_by_the_colour_blind(blindness: str, theme: str) -> None:
    """Conditions and series that stand beside each other as lines differ as a dichromat sees them."""
    conditions = ("injected", "other episode", "other symbol", "silence", "untouched")
    for beside in ([CONDITION_COLOURS[name] for name in conditions], PALETTE):
        for one, other in combinations(beside, 2):
            apart = as_seen(one, theme, blindness) - as_seen(other, theme, blindness)
            assert np.linalg.norm(apart) > 0.05, f"{one} and {other}"


def as_seen(colour: str, theme: str, blindness: str) -> Any:
    """A colour in OKLab as a dichromat sees it."""
    rgb = np.asarray(to_rgb(dark_colour(colour) if theme == "dark" else colour))
    light = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    dim = np.clip(np.array(BLIND[blindness]) @ light, 0, 1)
    return oklab(np.where(dim <= 0.0031308, 12.92 * dim, 1.055 * dim ** (1 / 2.4) - 0.055))


def test_points_by_the_thousand_are_pixels_and_lines_are_vectors(drawn: dict[str, tuple[Drawing, str]]) -> None:
    assert "<image" in drawn["clusters"][1]
    for name in ("formation", "injection_effect", "learning_curve", "probe_scores", "use"):
        assert "<image" not in drawn[name][1]


def test_a_result_without_a_figure_gives_one_sentence() -> None:
    lone = Result("validation", "validation", 0.1, "share", None, None, None, 64, "A tenth is silence.")
    with pytest.raises(DataError, match="'validation' has no figure: its finding is its sentence") as told:
        draw(lone)
    assert "\n" not in str(told.value)
    with pytest.raises(DataError, match="nothing to draw"):
        draw([])
    with pytest.raises(DataError, match="A str cannot be drawn"):
        draw("runs/demo")  # type: ignore[arg-type]


def test_several_results_where_one_is_shown_are_refused(every: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="shows one result, and 2 were given"):
        draw([every["use"], every["use"]])


def test_a_name_that_is_no_figure_is_refused(every: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="no figure called 'pie'"):
        draw(every["use"], name="pie")


def test_names_in_rare_scripts_are_drawn_without_a_warning(every: dict[str, Any]) -> None:
    details = every["symbol_place"].details | {"target": "\u16a0\u16a2 \U00013000"}
    figure = draw(replace(every["symbol_place"], details=details))
    assert figure._repr_png_()
    assert "\u16a0" in figure.caption


def test_a_single_probe_is_drawn_like_many(every: dict[str, Any]) -> None:
    assert draw(every["probe_scores"][0]).caption


def test_it_is_drawn_into_the_users_own_axes(every: dict[str, Any]) -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert draw(every["injection_effect"], ax=right) is figure
    assert not left.lines
    assert right.lines


def test_dark_changes_only_the_given_axes(every: dict[str, Any]) -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    left.plot([0, 1], color="#0b62a8")
    draw(every["injection_effect"], ax=right, dark=True)
    assert to_hex(left.lines[0].get_color()) == "#0b62a8"
    assert "#0b62a8" not in {to_hex(line.get_color()) for line in right.lines}


def test_a_notebook_shows_the_picture_and_its_caption(every: dict[str, Any]) -> None:
    figure = draw(every["use"], dark=True)
    page = figure._repr_html_()
    assert page.startswith("<figure")
    assert "data:image/svg+xml;base64," in page
    assert "n = 256 episodes" in page
    assert figure._repr_png_().startswith(b"\x89PNG")
