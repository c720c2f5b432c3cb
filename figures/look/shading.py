"""A table of shares as shades, with text that can be read on each of them in both themes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from commlab.figures.look.style import INK, SEQUENTIAL
from commlab.figures.look.themes import text_on

__all__ = ["shade"]


def shade(
    ax: Axes,
    shares: np.ndarray[Any, Any],
    texts: Sequence[Sequence[str]] = (),
    bold: np.ndarray[Any, Any] | None = None,
    size: float = 8.6,
) -> None:
    """Draw shares (R, C) in 0..1 as shades, row 0 on top, cell (r, c) around (x = c, y = r); NaN is left white.

    texts: what to write on each cell, "" for nothing. bold: (R, C) bool, which of them are bold. Ticks and spines are
    taken off; names are the caller's.
    """
    n_rows, n_columns = shares.shape
    clipped = np.ma.masked_invalid(np.clip(shares, 0, 1))
    ax.pcolormesh(np.arange(n_columns + 1) - 0.5, np.arange(n_rows + 1) - 0.5, clipped, cmap=SEQUENTIAL, vmin=0,
                  vmax=1, edgecolors="white", linewidth=1.2)  # fmt: skip
    ax.set(xlim=(-0.5, n_columns - 0.5), ylim=(n_rows - 0.5, -0.5), xticks=[], yticks=[])
    ax.tick_params(length=0, labelcolor=INK)
    for spine in ax.spines.values():
        spine.set_visible(False)
    for row, line in enumerate(texts):
        for column, text in enumerate(line):
            if text:
                value = float(np.nan_to_num(np.clip(shares[row, column], 0, 1)))
                weight = "bold" if bold is not None and bold[row, column] else "normal"
                ax.text(column, row, text, color=text_on(SEQUENTIAL(value)), fontsize=size, fontweight=weight,
                        ha="center", va="center")  # fmt: skip
