"""The strip below a picture: scenario, episode, step, energy, and the colours of the families."""

from __future__ import annotations

from PIL import Image, ImageDraw

from commlab.env.render.palette import INK, PAGE, SOFT, Colour, mix
from commlab.env.render.pen import font, text_size
from commlab.env.render.stage import Stage

__all__ = ["add_caption"]

_FINE = 4
_MOST_FAMILIES = 10


def add_caption(image: Image.Image, stage: Stage) -> Image.Image:
    """Return the picture with a strip below it; what does not fit is left out, the least important first."""
    size = min(16, max(11, round(0.3 * stage.cell)))
    height = round(2.1 * size)
    out = Image.new("RGB", (image.width, image.height + height), PAGE)
    out.paste(image, (0, 0))
    draw = ImageDraw.Draw(out)
    line, left = image.height + height // 2 - max(1, stage.margin // 4), max(stage.margin, 6)
    right = out.width - left
    x = left
    for text, colour in _facts(stage):
        width = text_size(text, size)[0]
        if x + width > right:
            break
        draw.text((x, line), text, fill=colour, font=font(size), anchor="lm")
        x += width + round(0.9 * size)
    _families(out, stage, (x + size, right, line), size)
    return out


def _facts(stage: Stage) -> list[tuple[str, Colour]]:
    """Return what the strip says, the most important first."""
    world, w = stage.world, stage.w
    energy = int(world.energy[w].sum())
    return [
        (stage.scenario.name, INK),
        (f"step {int(world.t[w])} of {stage.rules.n_steps}", SOFT),
        (f"episode {int(world.episode[w])}", SOFT),
        (f"agents {energy:,} J", SOFT),
        (f"ground {int(world.reservoir[w]):,} J", SOFT),
    ]


def _families(image: Image.Image, stage: Stage, place: tuple[int, int, int], size: int) -> None:
    """Draw a dot and a number for every family at the strip's right end, if all have room there."""
    families = dict(zip(stage.scenario.families, stage.colours, strict=True))
    if not 1 < len(families) <= _MOST_FAMILIES:
        return
    left, right, line = place
    step = round(2.0 * size)
    x = right - step * len(families)
    if x < left:
        return
    draw = ImageDraw.Draw(image)
    for family in sorted(families):
        dot = _dot(families[family], size)
        image.paste(dot, (x, line - dot.height // 2), dot)
        draw.text((x + dot.width + 3, line), str(family), fill=SOFT, font=font(size), anchor="lm")
        x += step


def _dot(colour: Colour, size: int) -> Image.Image:
    """Return a dot of a family's colour."""
    side = round(0.75 * size)
    dot = Image.new("RGBA", (side * _FINE, side * _FINE), (*colour, 0))
    draw = ImageDraw.Draw(dot)
    draw.ellipse((0, 0, side * _FINE - 1, side * _FINE - 1), fill=(*mix(colour, INK, 0.2), 255))
    draw.ellipse((_FINE, _FINE, side * _FINE - 1 - _FINE, side * _FINE - 1 - _FINE), fill=(*colour, 255))
    return dot.reduce(_FINE)
