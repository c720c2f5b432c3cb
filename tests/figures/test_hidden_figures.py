"""Figures of patching, steering and erasure draw from saved results, and hold what they show."""

from pathlib import Path
from typing import Any

import pytest

from commlab.figures import PLOTS, save
from commlab.figures.look.style import new_figure, styled
from commlab.foundation.errors import DataError
from commlab.foundation.result import Null, Result

PATCHED = {"whole state": 0.6, "whole state, same value": 0.04, "random direction": 0.05, "its subspace": 0.55,
           "its subspace, same value": 0.05, "random subspace": 0.07, "itself": 0.03, "untouched": 0.03}  # fmt: skip
SHARED = {"target": "resource_location", "of": "listeners", "layer": "core", "duration": 20}


def point(mean: float, n_draws: int | None = None) -> dict[str, Any]:
    drawn = {} if n_draws is None else {"n_draws": n_draws}
    return {"mean": mean, "interval": [max(0.0, mean - 0.03), mean + 0.03], "n": 256, **drawn}


def made_up(analysis: str, details: dict[str, Any]) -> Result:
    null = Null("random, moved as far", 0.02, 0.0, 0.05, 99)
    return Result(analysis, analysis, 0.5, "share of trials", (0.45, 0.55), null, 0.01, 256, "It moved.",
                  SHARED | details)  # fmt: skip


def patched() -> Result:
    arms = {name: point(mean, 19 if "random" in name else None) for name, mean in PATCHED.items()}
    return made_up("patching", {"outcomes": {"place": arms, "action": arms}, "changed": "its subspace"})


def steered() -> Result:
    arms = {
        "steered": [point(mean) for mean in (0.03, 0.1, 0.6, 0.5)],
        "irrelevant": [point(mean) for mean in (0.03, 0.03, 0.06, 0.05)],
        "random": [point(mean, 19) for mean in (0.03, 0.03, 0.04, 0.05)],
    }
    irrelevant = {"target": "own_facing", "score": 0.8, "target_score": 0.7, "shared": 0.05}
    return made_up(
        "steering",
        {"outcomes": {"place": arms}, "doses": [0.0, 0.5, 1.0, 2.0], "dose": 1.0, "irrelevant": irrelevant},
    )


def erased() -> Result:
    arms = {"untouched": 7.4, "erased": 1.0, "irrelevant erased": 5.8, "other episodes' erased": 4.3}
    returns = {name: {**point(mean), "fall": 7.4 - mean} for name, mean in arms.items()}
    returns["other episodes' erased"]["draws"] = point(4.2)
    obeyed = {name: point(mean / 9) for name, mean in arms.items()}
    readings = [
        {"arm": arm, "target": "resource_location", "source": "hidden.core", "model": model, "score": score,
         "interval": None if score is None else [score - 0.02, score + 0.02], "null": 0.125, "p_value": 0.05}
        for arm, score in zip([*arms, "erased afterwards"], (0.8, 0.7, 0.8, None, 0.15), strict=True)
        for model in ("linear", "nonlinear")
    ]  # fmt: skip
    irrelevant = {"target": "heard_recently", "score": 0.8, "target_score": 0.7, "shared": 0.02}
    return made_up("erasure", {"returns": returns, "obeyed": obeyed, "readings": readings, "irrelevant": irrelevant})


RESULTS = {"patching": patched(), "steering": steered(), "erasure": erased()}


def texts(name: str) -> list[str]:
    with styled():
        figure, ax = new_figure(PLOTS[name].size(RESULTS[name]))
        PLOTS[name].draw(ax, RESULTS[name])
        figure.draw_without_rendering()
        return [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]


@pytest.mark.parametrize("name", list(RESULTS))
def test_a_figure_is_saved_and_drawn_alike_from_what_was_saved(name: str, tmp_path: Path) -> None:
    first = save(name, RESULTS[name], tmp_path / "a")
    second = save(name, Result.from_json(RESULTS[name].to_json()), tmp_path / "b")
    assert [path.name for path in first] == [f"{name}.svg", f"{name}.png", f"{name}.csv"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


@pytest.mark.parametrize("name", list(RESULTS))
def test_a_caption_says_n_the_interval_and_the_null(name: str) -> None:
    caption = PLOTS[name].caption(RESULTS[name])
    assert "n = 256 episodes" in caption
    assert "95 % interval" in caption
    assert "null" in caption


@pytest.mark.parametrize("name", list(RESULTS))
def test_what_lacks_a_table_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"The figure {name} cannot be drawn"):
        save(name, made_up(name, {}), tmp_path)


def test_patching_shows_every_arm() -> None:
    written = texts("patching")
    assert "the target's subspace, held" in written
    assert "0.55" in written
    assert len(PLOTS["patching"].rows(RESULTS["patching"])) == 2 * len(PATCHED)
    assert len(PLOTS["patching"].table(RESULTS["patching"])) == len(PATCHED)


def test_steering_shows_a_curve_for_each_arm() -> None:
    written = texts("steering")
    assert {"along resource location", "along own facing", "random, as long"} <= set(written)
    assert [row["dose"] for row in PLOTS["steering"].table(RESULTS["steering"])] == ["0.00", "0.50", "1.00", "2.00"]
    assert len(PLOTS["steering"].rows(RESULTS["steering"])) == 12


def test_erasure_shows_what_is_earned_and_read() -> None:
    written = texts("erasure")
    assert {"resource location erased", "heard recently erased", "erased afterwards", "7.40", "4.20"} <= set(written)
    first = PLOTS["erasure"].table(RESULTS["erasure"])[0]
    assert first["read linearly"] == 0.8
    assert len(PLOTS["erasure"].rows(RESULTS["erasure"])) == 18
