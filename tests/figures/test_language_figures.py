"""The figures of clusters and of how the language formed: their numbers, their words, labels that do not overlap."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread
from matplotlib.text import Text

from commlab.figures import PLOTS, save
from commlab.figures.clusters import pushed_apart
from commlab.figures.look.style import new_figure, styled
from commlab.foundation.errors import DataError
from commlab.foundation.result import Null, Result

STEPS = [0, 400_000, 800_000, 1_200_000]


def clusters(n: int = 9, words: str = "crystal NE of it (98 %); says 14 (99 %); the listener next does east") -> Result:
    """A result with the picture of n clusters and some noise."""
    rng = np.random.default_rng(0)
    cluster = np.repeat(np.arange(n + 1), 30)
    centres = rng.normal(scale=8, size=(n + 1, 2))
    x, y = (centres[cluster] + rng.normal(size=(cluster.size, 2))).T
    made = [{"cluster": i + 1, "share": 1 / n, "n_rows": 30, "n_episodes": 20, "words": words} for i in range(n)]
    details = {
        "source": "hidden.core",
        "words_of": "speakers",
        "clusters": made,
        "variables": {"message": {"formed_them": False}, "resource_location": {"formed_them": True}},
        "stability": {"mean": 0.97},
        "headline": "message",
        "picture": {"method": "UMAP, 15 neighbours, seed 0", "x": x, "y": y, "cluster": cluster, "n_rows": 5000},
    }
    null = Null("whole episodes permuted", 0.0, -0.01, 0.01, 199)
    return Result("cluster", "cluster-hidden", 2.31, "bits", (2.27, 2.35), null, 0.005, 80, "Clusters.", details)


def formation(n: int = 4) -> Result:
    """A result with n checkpoints."""
    courses = {
        "return": [0.1, 0.4, 4.0, 7.0],
        "bits:resource_location": [0.0, 0.4, 2.3, 2.5],
        "bits:listener_next_action": [None, 0.01, 0.1, 0.2],
        "message_entropy": [4.0, 3.9, 3.0, 2.7],
        "probe": [0.12, 0.3, 0.8, 0.86],
        "agreement": [0.0, 0.2, 0.9, 1.0],
        "topographic_similarity": [0.0, 0.1, 0.8, 0.8],
        "silence": [0.05, 0.06, 0.1, 0.16],
    }
    series = [
        {
            "key": key,
            "title": key,
            "unit": "bits",
            "points": [point(s, v) for s, v in zip(STEPS, course, strict=True)][:n],
        }
        for key, course in courses.items()
    ]
    details = {
        "targets": ["resource_location", "listener_next_action"],
        "target": "resource_location",
        "rose_at": STEPS[1] if n > 1 else None,
        "settled_at": None,
        "checkpoints": [{"agent_steps": step} for step in STEPS[:n]],
        "series": series,
    }
    null = Null("whole episodes permuted", 0.0, -0.01, 0.01, 199)
    return Result("formation", "formation", 2.5, "bits", (2.4, 2.6), null, 0.005, 192, "It rose.", details)


def point(step: int, value: float | None) -> dict[str, Any]:
    """One measurement, undefined without a value."""
    ends = (None, None) if value is None else (value - 0.02, value + 0.02)
    reason = "nothing is said" if value is None else None
    return {"agent_steps": step, "value": value, "low": ends[0], "high": ends[1], "p_value": None, "reason": reason}


DATA = {"clusters": clusters, "formation": formation}


def drawn(name: str, data: Result) -> tuple[Any, list[Text]]:
    """The figure, and all that is written in it."""
    with styled():
        figure, ax = new_figure(PLOTS[name].size(data))
        PLOTS[name].draw(ax, data)
        figure.draw_without_rendering()
        texts = [t for t in figure.findobj(Text) if t.get_text() and t.get_visible()]
    return figure, texts


@pytest.mark.parametrize("name", DATA)
def test_it_is_saved_as_svg_png_and_csv_and_the_same_again(name: str, tmp_path: Path) -> None:
    data = DATA[name]()
    paths = save(name, data, tmp_path / "a")
    again = save(name, Result.from_json(data.to_json()), tmp_path / "b")
    assert [path.name for path in paths] == [f"{name}.svg", f"{name}.png", f"{name}.csv"]
    assert [path.read_bytes() for path in paths] == [path.read_bytes() for path in again]
    assert imread(paths[1]).shape[1] == 1320


@pytest.mark.parametrize("name", DATA)
def test_the_caption_says_n_the_unit_the_null_and_the_interval(name: str) -> None:
    data = DATA[name]()
    caption = PLOTS[name].caption(data)
    assert f"n = {data.n_episodes} episodes" in caption
    assert "bits, 95 % interval" in caption
    assert "null (whole episodes permuted, 199 draws)" in caption


def test_the_csv_of_clusters_holds_every_point_with_its_words(tmp_path: Path) -> None:
    data = clusters(3)
    with save("clusters", data, tmp_path)[2].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 120
    assert {row["cluster"] for row in rows} == {"0", "1", "2", "3"}
    assert float(rows[40]["x"]) == pytest.approx(data.details["picture"]["x"][40])
    assert {row["words"] for row in rows if row["cluster"] == "0"} == {"noise"}


def test_the_csv_of_formation_holds_every_series_at_every_checkpoint(tmp_path: Path) -> None:
    with save("formation", formation(), tmp_path)[2].open(newline="") as file:
        rows = {(row["series"], row["agent_steps"]): row for row in csv.DictReader(file)}
    assert len(rows) == 8 * 4
    assert float(rows["agreement", "800000"]["value"]) == 0.9
    assert rows["bits:listener_next_action", "0"]["value"] == ""
    assert rows["bits:listener_next_action", "0"]["reason"] == "nothing is said"


@pytest.mark.parametrize("n", [2, 9, 20])
def test_no_words_of_clusters_overlap_or_leave_the_figure(n: int) -> None:
    figure, texts = drawn("clusters", clusters(n))
    key = [t.get_window_extent() for t in texts if not t.get_text().isdecimal()]
    assert not any(a.overlaps(b) for i, a in enumerate(key) for b in key[:i])
    assert max(box.x1 for box in key) <= figure.bbox.x1
    assert min(box.y0 for box in key) >= 0
    assert sum(t.get_text() == "1" for t in texts) == 2  # in the plane and in the key


def test_no_names_of_lines_overlap() -> None:
    figure, texts = drawn("formation", formation())
    ends = [t.get_window_extent() for t in texts if "\n" in t.get_text()]
    assert len(ends) == 8
    assert not any(a.overlaps(b) for i, a in enumerate(ends) for b in ends[:i])
    assert max(box.x1 for box in ends) <= figure.bbox.x1


def test_a_single_checkpoint_is_drawn() -> None:
    written = [t.get_text() for t in drawn("formation", formation(1))[1]]
    assert any("agreement" in text for text in written)
    assert not any("next action" in text for text in written)  # undefined there


def test_clusters_without_rows_stay_out_of_the_key() -> None:
    data = clusters(3)
    empty = {**data.details["clusters"][0], "cluster": 4, "n_rows": 0}
    more = replace(data, details={**data.details, "clusters": [*data.details["clusters"], empty]})
    assert "4" not in [t.get_text() for t in drawn("clusters", more)[1]]
    assert len(PLOTS["clusters"].table(more)) == 4


def test_clusters_without_a_picture_cannot_be_drawn(tmp_path: Path) -> None:
    data = clusters()
    del data.details["picture"]
    with pytest.raises(DataError, match="saved without its picture: `commlab cluster RUN --picture`"):
        save("clusters", data, tmp_path)


def test_numbers_are_pushed_apart() -> None:
    places = np.array(pushed_apart([(0.5, 0.5), (0.5, 0.5), (0.51, 0.5), (0.9, 0.1)]))
    gaps = np.hypot(*(places[:, None] - places).transpose(2, 0, 1))
    assert gaps[~np.eye(4, dtype=bool)].min() >= 0.054
    assert places[3].tolist() == [0.9, 0.1]
