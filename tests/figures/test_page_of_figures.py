"""docs/figures.md names every figure that there is."""

import re
from pathlib import Path

from commlab.figures import PLOTS

PAGE = Path(__file__).parents[2] / "docs" / "figures.md"


def test_the_page_names_every_figure() -> None:
    named = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.M)
    assert sorted(named) == sorted(PLOTS)
