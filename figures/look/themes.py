"""The dark theme of a figure, made from its light one: every colour's lightness is turned over, its hue kept.

Nothing is drawn twice. A saved figure's colours are read from its SVG or its pixels and mapped in OKLab, so that what
is pale on white becomes dim on black, and light text on a dark cell becomes dark text on a light one.
"""

import base64
import io
import re
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from matplotlib.colors import to_hex, to_rgb
from PIL import Image

from commlab.figures.look.colour import LEGIBLE, Array, contrast, oklab, within_gamut

__all__ = ["DARK_PAGE", "dark", "dark_colour", "dark_pixels", "text_on", "themed"]

DARK_PAGE = "#14181f"  # what white becomes: the ground of the report's dark page
TOP = 0.98  # lightness that black becomes
CURVE = 1.75  # above 1: middling colours become lighter than they were dark, as small marks on black must be
VIVID, VIVID_LEAST = 0.14, 0.68  # chroma, and the lightness that such a colour has at least: yellow stays yellow

TAG = re.compile(r"<[^!?/][^>]*>")
COLOUR = re.compile(r"\b(fill|stroke|stop-color)(\s*:\s*|=\")(#[0-9a-fA-F]{6})\b")
PIXELS = re.compile(r"data:image/png;base64,\s*([A-Za-z0-9+/=\s]+)")
# Text on shaded cells needs its own answer in each theme. Each pair is the colour in the light theme, which stands for
# nothing else, and what it becomes in the dark one; the first pair that can be read on a cell in both is taken.
CELL_TEXT = {"#1d2431": "#e9eef6", "#fffffe": "#000000", "#000001": "#ffffff", "#000100": "#000000"}

BLACK = "#000000"  # matplotlib leaves it unwritten, as it is what SVG fills with


def dark(svg: str) -> str:
    """A light figure's SVG text in the dark theme, the pictures within it too."""
    turned = coloured(svg, dark_colour)
    return PIXELS.sub(lambda match: data_url(dark_pixels(base64.b64decode(match[1]))), turned)


def dark_pixels(png: bytes) -> bytes:
    """A light figure's PNG in the dark theme; transparency stays."""
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))
    packed = np.ascontiguousarray(picture).view(np.uint32)[..., 0]
    known, where = np.unique(packed, return_inverse=True)
    colours = known.view(np.uint8).reshape(-1, 4)
    turned = np.concatenate([np.rint(255 * turned_over(colours[:, :3] / 255)).astype(np.uint8), colours[:, 3:]], axis=1)
    image = Image.fromarray(turned[where.reshape(packed.shape)])
    file = io.BytesIO()
    (image if (colours[:, 3] < 255).any() else image.convert("RGB")).save(file, format="png", optimize=False)
    return file.getvalue()


def themed(svg: str) -> tuple[str, str]:
    """The SVG with a CSS variable for each colour, and the CSS that sets them light and dark.

    The CSS follows the reader's system, except where the page's root says data-theme="light" or "dark"; in print it is
    light. A picture within the figure is there twice, and the CSS shows the one that fits. The variables are named by
    their light colour (--c-0b62a8), so that the CSS of many figures can stand in one page.
    """
    found: set[str] = {BLACK}

    def variable(colour: str) -> str:
        found.add(colour.lower())
        return f"var(--c-{colour.lower()[1:]})"

    turned = TAG.sub(lambda tag: both_pictures(tag[0]), coloured(svg, variable))
    return turned, theme_css(sorted(found), pictures=bool(PIXELS.search(svg)))


def theme_css(colours: list[str], pictures: bool) -> str:
    """The variables of those colours, light and dark."""
    light = "".join(f"--c-{colour[1:]}:{colour};" for colour in colours)
    night = "".join(f"--c-{colour[1:]}:{dark_colour(colour)};" for colour in colours)
    system, chosen = ':root:not([data-theme="light"])', ':root[data-theme="dark"]'
    shown = " .by-day{display:none}", " .by-night{display:inline}"
    swap = [f"{root}{rule}" for root in (system, chosen) for rule in shown] if pictures else ["", "", "", ""]
    return (
        f":root{{{light}}}\n{'.by-night{display:none}' if pictures else ''}\n"
        f"@media screen and (prefers-color-scheme: dark){{{system}{{{night}}}{swap[0]}{swap[1]}}}\n"
        f"@media screen{{{chosen}{{{night}}}{swap[2]}{swap[3]}}}\n"
    )


def coloured(svg: str, change: Callable[[str], str]) -> str:
    """The SVG with every colour of its elements changed; text and definitions' names stay as they are."""

    def in_tag(tag: re.Match[str]) -> str:
        text = tag[0]
        if text.startswith("<svg"):  # what has no fill of its own takes this one
            text = text[:-1].rstrip() + f' style="fill: {BLACK}">'
        return COLOUR.sub(lambda found: f"{found[1]}{found[2]}{change(found[3])}", text)

    return TAG.sub(in_tag, svg)


def both_pictures(tag: str) -> str:
    """An image element, followed by the same in the dark theme; any other element as it is."""
    if not tag.startswith("<image"):
        return tag
    copy = re.sub(r'\sid="[^"]*"', "", tag)
    copy = PIXELS.sub(lambda match: data_url(dark_pixels(base64.b64decode(match[1]))), copy)
    return tag.replace("<image", '<image class="by-day"', 1) + copy.replace("<image", '<image class="by-night"', 1)


def data_url(png: bytes) -> str:
    """A picture as text for an image element."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


@lru_cache(maxsize=4096)
def dark_colour(colour: str) -> str:
    """A colour of the light theme as it is in the dark one, both #rrggbb."""
    if colour in CELL_TEXT:
        return CELL_TEXT[colour]
    return str(to_hex(turned_over(np.asarray(to_rgb(colour))[None])[0]))


def text_on(cell: object) -> str:
    """The colour of text on a cell of that colour: it can be read there in the light and in the dark theme."""
    shade = str(to_hex(cell))  # type: ignore[arg-type]
    ground = dark_colour(shade)

    def readable(pair: tuple[str, str]) -> float:
        return min(contrast(pair[0], shade), contrast(pair[1], ground), LEGIBLE)

    return max(CELL_TEXT.items(), key=readable)[0]


def turned_over(rgb: Array) -> Array:
    """sRGB colours (N, 3) in 0..1 with their lightness turned over: white becomes the dark page, black nearly white."""
    lab = oklab(rgb)
    ground = oklab(np.asarray(to_rgb(DARK_PAGE)))
    turned = ground[0] + (TOP - ground[0]) * (1 - np.clip(lab[..., 0], 0, 1) ** CURVE)
    vivid = np.clip(np.hypot(lab[..., 1], lab[..., 2]) / VIVID, 0, 1)
    lightness = np.maximum(turned, VIVID_LEAST * vivid)
    tint = (lab[..., 0] ** 3)[..., None] * ground[1:]  # greys near white lean to the page's blue
    return within_gamut(np.concatenate([lightness[..., None], lab[..., 1:] + tint], axis=-1))
