"""The words that a figure shows, and those of them that stand on others."""

from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text

__all__ = ["drawn_texts", "overlapping"]


def drawn_texts(figure: Figure) -> list[Text]:
    """All text that is drawn, without the labels of ticks outside of their axis."""
    hidden = set()
    for axis in figure.findobj(Axis):
        low, high = sorted(axis.get_view_interval())
        for tick in axis.get_major_ticks():
            if not low <= tick.get_loc() <= high:
                hidden |= {tick.label1, tick.label2}
    texts = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
    return [text for text in texts if text not in hidden and text.get_window_extent().width > 1]


def overlapping(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of words that stand on each other."""
    boxes = [(text.get_text(), text.get_window_extent()) for text in drawn_texts(figure)]
    return [
        (one, other)
        for i, (one, here) in enumerate(boxes)
        for other, there in boxes[i + 1 :]
        if here.shrunk(0.9, 0.8).overlaps(there.shrunk(0.9, 0.8))
    ]
