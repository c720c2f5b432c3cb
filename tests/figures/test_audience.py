"""The figure of who talks to whom: a matrix of agents, and speech by kinship among what chance gives."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from commlab.figures import audience
from commlab.figures.look.style import styled
from commlab.figures.plots import PLOTS, laid_out, save
from commlab.foundation.result import Null, Result
from tests.figures.written import overlapping

METHOD = "the speech of other episodes at the same steps"


def level(name: str, kinship: float, share: float, *, known: bool = True) -> dict[str, Any]:
    null = {"method": METHOD, "mean": 0.5, "low": 0.48, "high": 0.52, "n_draws": 199}
    return {"level": name, "kinship": kinship, "share": share, "interval": [share - 0.02, share + 0.02],
            "null": null if known else None, "n_steps": 1000, "n_episodes": 40}  # fmt: skip


def found(n_agents: int = 4, *, known: bool = True) -> Result:
    """Agents that speak to kin; agent 1 is never heard."""
    family = np.arange(n_agents) * 2 // n_agents
    heard = [
        [None if i == j else {"share": 0.0 if j == 1 else 0.63 if family[i] == family[j] else 0.2, "interval": None}
         for j in range(n_agents)] for i in range(n_agents)
    ]  # fmt: skip
    levels = [level("strangers", 0.0, 0.2, known=known), level("kin", 1.0, 0.8, known=known)]
    details = {
        "n_agents": n_agents, "speakers": [j for j in range(n_agents) if j != 1], "heard": heard,
        "kinship": (family[:, None] == family).astype(float), "pairs": levels, "audiences": levels,
        "reason": None if known else "whoever speaks is always within earshot of the same kin",
    }  # fmt: skip
    null = Null(METHOD, 0.0, -0.05, 0.05, 199)
    fields = (0.6, "share of steps, from strangers to kin", (0.55, 0.65), null, 0.005)
    if not known:
        fields = (None, fields[1], None, None, None)  # type: ignore[assignment]
    return Result("audience", "audience", *fields, 40, "They speak to kin.", details)


def test_pairs_and_levels_are_drawn_with_their_numbers(tmp_path: Path) -> None:
    svg, _, table = save("audience", found(), tmp_path)
    words = svg.read_text()
    for text in ("Who hears whom,", "Spoken to,", "Speech, by the mean", "63 %", "kinship 1", "speaker", "listener"):
        assert text in words
    lines = table.read_text().splitlines()
    assert len(lines) == 1 + 12 + 4
    assert sum(line.startswith("hears,") for line in lines) == 12


@pytest.mark.parametrize("n_agents", [2, 7, 24])
def test_few_and_many_agents_are_drawn(n_agents: int, tmp_path: Path) -> None:
    svg, _, _ = save("audience", found(n_agents), tmp_path)
    assert ("63 %" in svg.read_text()) == (2 < n_agents <= audience.MOST_WRITTEN)


def test_closer_kin_have_a_frame_but_not_where_all_are_alike(tmp_path: Path) -> None:
    framed = save("audience", found(), tmp_path)[0].read_text()
    alike = found()
    alike.details["kinship"] = np.ones((4, 4))
    assert framed.count("#d1700a") > 0
    assert "#d1700a" not in save("audience", alike, tmp_path)[0].read_text()


def test_where_all_are_kin_alike_there_are_no_panels_with_one_dot() -> None:
    alike = found(2, known=False)
    for key in ("pairs", "audiences"):
        alike.details[key] = alike.details[key][1:]
    with styled():
        drawn = laid_out(PLOTS["audience"], alike, Figure)
    assert len(drawn.axes[0].child_axes) == 1
    said = audience.caption(alike)
    assert said.startswith("The share of steps at which a listener hears")
    assert "Right" not in said
    assert "There is no null, because" in said


def test_the_caption_says_n_null_and_change_or_why_there_is_none() -> None:
    told = audience.caption(found())
    assert "n = 40 episodes" in told
    assert "said what it said in another episode at the same step" in told
    assert "From strangers to kin speech changes by 60.0 points (55.0 to 65.0), p = 0.005." in told
    open_ = audience.caption(found(known=False))
    assert "There is no null, because whoever speaks is always within earshot of the same kin." in open_
    assert "points" not in open_


def test_the_table_has_a_row_a_level() -> None:
    rows = audience.table(found())
    assert [row["kinship"] for row in rows] == ["strangers", "kin"] * 2
    assert rows[0]["other episodes' speech"] == "0.48 to 0.52"
    assert audience.table(found(known=False))[0]["other episodes' speech"] == "–"


@pytest.mark.parametrize("n_agents", [2, 4, 8, 16])
def test_no_text_stands_on_another(n_agents: int) -> None:
    with styled():
        assert overlapping(laid_out(PLOTS["audience"], found(n_agents), Figure)) == []
