"""Draws the pictures of docs/gallery.md from saved results: python docs/site/gallery.py RUNS, the runs' folder."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont

import commlab
from commlab.foundation.result import Result

PICTURES = Path(__file__).parents[1] / "pictures"
GALLERY = PICTURES / "gallery"
DRAWN = {  # picture: the run and the result that it is drawn from, or several
    "audience": "valleys/audience",
    "behaviour": "lookout/behaviour-last_heard-listeners",
    "clusters": "lookout/cluster-hidden.core-speakers",
    "crossplay": "lookout/crossplay-lookout-seed1",
    "destinations": "lookout/destinations",
    "dose": "lookout/dose-symbol-dose",
    "forest": "lookout/*",
    "formation": "seed1/formation",
    "injection": "lookout/injection-3-versus-silence",
    "kinship": "valleys/kinship",
    "meaning": "lookout/information-resource_location-speakers-lag0",
    "steering": "lookout/steer-resource_location-core-listeners",
    "trajectories": "lookout/trajectories-last_heard-hidden.core-listeners",
    "use": "lookout/use",
    "words": "lookout/lexicon",
}
DPI, COLOURS = 120, 256
PANELS = {  # what README shows, from left to right
    "meaning": "What a symbol means",
    "destinations": "Where each sends its listener",
    "injection": "What one of them does, beside its twin",
}
INK, PAPER, HEIGHT, GAP = "#1d2430", "#ffffff", 620, 48


def main(runs: Path) -> None:
    """Draw every picture in light and dark, and the one of the README."""
    GALLERY.mkdir(parents=True, exist_ok=True)
    for name, saved in DRAWN.items():
        run, _, stem = saved.partition("/")
        results = [Result.load(path) for path in sorted((runs / run / "results").glob(f"{stem}.json"))]
        for dark in (False, True):
            path = GALLERY / f"{name}{'-dark' if dark else ''}.png"
            if len(results) > 1:
                drawn = commlab.draw(results, dark=dark, name=name)
            else:
                drawn = commlab.draw(results[0], dark=dark)
            drawn.savefig(path, dpi=DPI)
            shrink(path)
    beside([(title, GALLERY / f"{name}.png") for name, title in PANELS.items()], PICTURES / "first-words.png")


def shrink(path: Path) -> None:
    """Keep a picture to few colours."""
    with Image.open(path) as image:
        few = image.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=8, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def beside(panels: list[tuple[str, Path]], path: Path) -> None:
    """Put pictures beside each other, each under its title."""
    pictures = [fitted(cropped(Image.open(part).convert("RGB"))) for _, part in panels]
    whole = Image.new("RGB", (sum(part.width for part in pictures) + GAP * (len(panels) + 1), HEIGHT + 3 * GAP), PAPER)
    pen, left = ImageDraw.Draw(whole), GAP
    for (title, _), picture in zip(panels, pictures, strict=True):
        pen.text((left, GAP * 0.6), title, fill=INK, font=ImageFont.load_default(30))
        whole.paste(picture, (left, 2 * GAP))
        left += picture.width + GAP
    whole.save(path)
    shrink(path)


def cropped(picture: Image.Image) -> Image.Image:
    """A picture without its margins."""
    margins = Image.new("RGB", picture.size, picture.getpixel((0, 0)))
    return picture.crop(ImageChops.difference(picture, margins).getbbox())


def fitted(picture: Image.Image) -> Image.Image:
    """A picture as high as all, or as wide as fits."""
    scale = min(HEIGHT / picture.height, 1.25 * HEIGHT / picture.width)
    return picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
