"""A drawn figure put into the dark theme: every colour of its parts is turned over, in place."""

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import Collection
from matplotlib.colors import Colormap, ListedColormap, to_hex, to_rgba, to_rgba_array
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Annotation, Text

from commlab.figures.look.themes import dark_colour

__all__ = ["darken"]

SHADES = 256  # of a colour map


def darken(drawn: Artist) -> None:
    """Turn over the colours of everything in a figure or an axes that has been laid out already.

    Call it once: a second call would turn them back, nearly.
    """
    for artist in drawn.findobj():
        for kind, change in CHANGES.items():
            if isinstance(artist, kind):
                change(artist)


def darken_text(text: Any) -> None:
    """Text, the box behind it and the arrow from it."""
    text.set_color(turned(text.get_color()))
    for part in (text.get_bbox_patch(), text.arrow_patch if isinstance(text, Annotation) else None):
        if part is not None:
            darken_patch(part)


def darken_line(line: Any) -> None:
    """A line and its marks."""
    face, edge = line.get_markerfacecolor(), line.get_markeredgecolor()
    line.set_color(turned(line.get_color()))
    line.set_markerfacecolor(turned(face))
    line.set_markeredgecolor(turned(edge))


def darken_patch(patch: Any) -> None:
    """A patch's face and edge, each as opaque as it was."""
    face, edge = patch.get_facecolor(), patch.get_edgecolor()
    patch.set_alpha(None)
    patch.set(facecolor=turned(face), edgecolor=turned(edge))


def darken_collection(marks: Any) -> None:
    """Many marks: their colour map where they have values, else each one's face and edge."""
    if marks.get_array() is not None:
        edges = marks.get_edgecolor()
        marks.set_cmap(turned_map(marks.get_cmap()))
        if isinstance(edges, np.ndarray) and len(edges):
            marks.set_edgecolor(turned_many(edges))
        return
    face, edge = marks.get_facecolor(), marks.get_edgecolor()
    marks.set_alpha(None)
    marks.set(facecolor=turned_many(face), edgecolor=edge if isinstance(edge, str) else turned_many(edge))


def darken_image(image: Any) -> None:
    """A picture's pixels, or its colour map where they are values."""
    pixels = np.asarray(image.get_array())
    if pixels.ndim == 2:
        image.set_cmap(turned_map(image.get_cmap()))
        return
    scaled = pixels / 255 if pixels.dtype == np.uint8 else pixels
    image.set_data(turned_many(scaled.reshape(-1, scaled.shape[-1])).reshape(*scaled.shape[:-1], 4))


CHANGES = {
    Text: darken_text,
    Line2D: darken_line,
    Patch: darken_patch,
    Collection: darken_collection,
    AxesImage: darken_image,
}


def turned(colour: Any) -> Any:
    """A colour turned over, as opaque as it was; "none" and "auto" stay what they are."""
    if isinstance(colour, str) and colour in {"none", "auto"}:
        return colour
    *_, opacity = to_rgba(colour)
    return to_rgba(dark_colour(str(to_hex(colour))), opacity)


def turned_many(colours: Any) -> np.ndarray[Any, Any]:
    """Colours (N, 3 or 4) turned over, (N, 4)."""
    known, where = np.unique(to_rgba_array(colours), axis=0, return_inverse=True)
    changed = [turned(tuple(colour)) for colour in known.tolist()]
    return np.asarray(changed, dtype=float).reshape(-1, 4)[where.reshape(-1)]


def turned_map(shades: Colormap) -> ListedColormap:
    """A colour map turned over."""
    return ListedColormap(turned_many(shades(np.linspace(0, 1, SHADES))))
