"""The dark theme: lightness turned over, hue kept; text stays readable; one SVG follows the page."""

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from PIL import Image

from commlab.figures import PLOTS, save
from commlab.figures.look.colour import LEGIBLE, contrast, from_oklab, legible, oklab, within_gamut
from commlab.figures.look.style import CONDITION_COLOURS, INK, SEQUENTIAL, SOFT
from commlab.figures.look.themes import DARK_PAGE, dark, dark_colour, dark_pixels, text_on, themed

SVG = (
    '<?xml version="1.0"?>\n<svg viewBox="0 0 9 9"><g id="a"><path d="M 0 0" style="fill: #ffffff; stroke: #0b62a8"/>'
    '<text style="font: 9px Arial">fill: #0b62a8</text><use xlink:href="#m0b62a8"/></g></svg>'
)


def test_oklab_goes_there_and_back_and_has_its_published_value() -> None:
    colours = np.random.default_rng(0).random((200, 3))
    assert from_oklab(oklab(colours)) == pytest.approx(colours, abs=1e-6)
    # Ottosson's table: linear sRGB red has L 0.628, a 0.225, b 0.126.
    assert oklab(np.array([1.0, 0.0, 0.0])) == pytest.approx([0.62796, 0.22486, 0.12585], abs=1e-4)


def test_a_colour_out_of_gamut_keeps_its_lightness_and_hue() -> None:
    asked = np.array([[0.9, 0.25, 0.2]])
    got = oklab(within_gamut(asked))[0]
    assert got[0] == pytest.approx(0.9, abs=0.01)
    assert np.arctan2(got[2], got[1]) == pytest.approx(np.arctan2(0.2, 0.25), abs=0.02)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("black", "white") == pytest.approx(21.0)
    assert contrast("#767676", "white") == pytest.approx(4.54, abs=0.01)


def test_white_becomes_the_page_and_black_nearly_white() -> None:
    assert dark_colour("#ffffff") == DARK_PAGE
    assert contrast(dark_colour("#000000"), DARK_PAGE) > 14


def test_the_order_of_greys_is_turned_over() -> None:
    greys = [to_hex((level, level, level)) for level in np.linspace(0, 1, 50)]
    turned = [contrast(dark_colour(grey), "#000000") for grey in greys]
    assert all(a > b for a, b in zip(turned, turned[1:], strict=False))


@pytest.mark.parametrize("colour", sorted({*CONDITION_COLOURS.values(), "#d1440a"}))
def test_hue_is_kept(colour: str) -> None:
    before, after = (oklab(np.asarray(to_rgb(shade))) for shade in (colour, dark_colour(colour)))
    if np.hypot(*before[1:]) > 0.04:  # greys have no hue to keep
        turn = np.angle(complex(after[1], after[2]) / complex(before[1], before[2]))
        assert abs(np.degrees(turn)) < 8


@pytest.mark.parametrize("colour", [INK, SOFT, *(legible(shade) for shade in CONDITION_COLOURS.values())])
def test_colours_of_text_can_be_read_in_both_themes(colour: str) -> None:
    assert contrast(colour, "#ffffff") >= LEGIBLE
    assert contrast(dark_colour(colour), DARK_PAGE) >= LEGIBLE


@pytest.mark.parametrize("value", np.linspace(0, 1, 64))
def test_text_on_every_shade_of_a_map_can_be_read_in_both_themes(value: float) -> None:
    cell = to_hex(SEQUENTIAL(value))
    text = text_on(cell)
    assert contrast(text, cell) >= LEGIBLE
    assert contrast(dark_colour(text), dark_colour(cell)) >= LEGIBLE


def test_the_dark_svg_changes_colours_and_nothing_else() -> None:
    turned = dark(SVG)
    assert f"fill: {DARK_PAGE}; stroke: {dark_colour('#0b62a8')}" in turned
    assert ">fill: #0b62a8</text>" in turned  # what a name says is no colour
    assert 'href="#m0b62a8"' in turned


def test_a_themed_svg_has_a_variable_for_each_colour_and_both_values() -> None:
    svg, css = themed(SVG)
    assert "fill: var(--c-ffffff); stroke: var(--c-0b62a8)" in svg
    assert '<svg viewBox="0 0 9 9" style="fill: var(--c-000000)">' in svg  # black is left unwritten
    assert f"--c-0b62a8:{dark_colour('#0b62a8')}" in css
    assert ":root{--c-000000:#000000;--c-0b62a8:#0b62a8;" in css
    assert re.search(r'@media screen and \(prefers-color-scheme: dark\)\{:root:not\(\[data-theme="light"\]\)', css)
    assert css.count("{") == css.count("}")


def test_every_colour_of_a_saved_figure_has_a_variable(results: dict[str, Any], tmp_path: Path) -> None:
    svg = save("symbol_place", results["symbol_place"], tmp_path)[0].read_text()
    turned, css = themed(svg)
    assert not re.search(r"(fill|stroke): #", turned)
    for name in set(re.findall(r"var\((--c-[0-9a-f]{6})\)", turned)):
        assert css.count(f"{name}:") == 3  # light, dark by system, dark by choice


def test_pixels_turn_as_colours_do_and_keep_their_transparency() -> None:
    picture = np.array([[[255, 255, 255, 255], [11, 98, 168, 255], [0, 0, 0, 0]]], np.uint8)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format="png")
    turned = np.asarray(Image.open(io.BytesIO(dark_pixels(file.getvalue()))))
    assert to_hex(turned[0, 0, :3] / 255) == DARK_PAGE
    assert to_hex(turned[0, 1, :3] / 255) == dark_colour("#0b62a8")
    assert turned[0, :, 3].tolist() == [255, 255, 0]


def test_a_picture_within_a_figure_is_there_once_for_each_theme() -> None:
    file = io.BytesIO()
    Image.new("RGB", (2, 2), "#ffffff").save(file, format="png")
    import base64

    url = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    svg, css = themed(f'<svg><image id="i" xlink:href="{url}" width="2"/></svg>')
    assert svg.count("<image") == 2
    assert svg.count('id="i"') == 1
    assert ".by-night{display:none}" in css
    night = re.search(r'class="by-night" xlink:href="data:image/png;base64,([^"]+)"', svg)
    assert night
    pixel = np.asarray(Image.open(io.BytesIO(base64.b64decode(night[1]))))[0, 0, :3]
    assert to_hex(pixel / 255) == DARK_PAGE


def test_a_figure_is_saved_light_and_dark(results: dict[str, Any], tmp_path: Path) -> None:
    save("use", results["use"], tmp_path, "worth")
    light = np.asarray(Image.open(tmp_path / "worth.png").convert("L"))
    night = np.asarray(Image.open(tmp_path / "dark" / "worth.png").convert("L"))
    assert light.shape == night.shape
    assert np.median(light) == 255
    assert np.median(night) < 40
    assert DARK_PAGE in (tmp_path / "dark" / "worth.svg").read_text()
    assert set(PLOTS) >= {"use"}
