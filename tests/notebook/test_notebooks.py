"""The example notebooks, run from first cell to last as a reader would, with something asserted of every cell."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "notebooks"
Shown = dict[str, str]  # of a cell: "text" is what it printed or showed plainly, "html" what Jupyter shows
Check = Callable[[Shown], bool]


def number_in(text: str, pattern: str) -> float:
    """The number that a pattern's group finds."""
    found = re.search(pattern, text)
    assert found, text
    return float(found.group(1))


def says(*words: str) -> Check:
    return lambda shown: all(word in shown["text"] or word in shown["html"] for word in words)


def estimate(low: float, high: float) -> Check:
    """The estimate that a result shows lies there."""
    return lambda shown: low < number_in(shown["text"], r"Result\('[^']+': (-?[\d.]+)") < high


CHECKS: dict[str, dict[str, Check]] = {
    "decode.ipynb": {
        "open": says("runs/sample", "recorded, but not probed yet", "commlab probe sample"),
        "recording": says("160 episodes", "channel/said", "short name"),
        "said": says("['scout', 'gatherer']", "array(["),
        "probe": lambda shown: estimate(0.9, 1.0)(shown) and "balanced accuracy" in shown["html"],
        "figure": says("data:image/svg+xml", "null"),
        "control": lambda shown: estimate(-0.1, 0.1)(shown) and "no more than chance" in shown["html"],
        "lexicon": says("Lexicon of speakers", "crystal in the south", "true of its uses"),
        "translate": says("crystal in the south"),
        "count": lambda shown: (
            number_in(shown["text"], r"steps: ([\d.]+)%") > 95
            and number_in(shown["text"], r"all steps: ([\d.]+)%") < 30
        ),
        "information": estimate(2, 3),
        "metrics": says("topographic_similarity", "purity", "message_entropy"),
        "hidden": estimate(0.5, 1.0),
        "results": says("lexicon", "probe-resource_location-said-speakers-lag0"),
    },
    "inject.ipynb": {
        "open": says("'N'", "'S'"),
        "inject": estimate(1, 8),
        "figure": says("data:image/svg+xml"),
        "versus": estimate(1, 12),
        "understanding": estimate(0.6, 1.0),
        "places": says("'N'", "'S'", "'E'", "'W'"),
        "by-hand": lambda shown: number_in(shown["text"], r"(-?[\d.]+) rows") > 1,
        "interval": lambda shown: number_in(shown["text"], r"interval (-?[\d.]+)") > 0,
        "no-op": says("nothing differs: True"),
        "verdict": says("This is communication", "listening"),
    },
}


@pytest.mark.parametrize("name", CHECKS)
def test_a_notebook_shows_what_it_says(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(folder, str(tmp_path / folder))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    shown = run(FOLDER / name, tmp_path)
    assert set(shown) == set(CHECKS[name]), "every cell of code has a check, and every check a cell"
    for cell, check in CHECKS[name].items():
        assert check(shown[cell]), f"{name}, cell {cell}: {shown[cell]}"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.islower()) == ["runs"]


@pytest.mark.parametrize("name", CHECKS)
def test_no_outputs_are_kept_in_a_notebook(name: str) -> None:
    code = [cell for cell in nbformat.read(FOLDER / name, 4).cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


def test_every_notebook_is_run() -> None:
    assert {path.name for path in FOLDER.glob("*.ipynb")} == set(CHECKS)


def run(path: Path, folder: Path) -> dict[str, Shown]:
    """What each cell of code shows; `folder` is worked in."""
    book = nbformat.read(path, 4)
    client = nbclient.NotebookClient(
        book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env={**os.environ, "PYTHONWARNINGS": "default"})
    return {cell.id: shown_by(cell.outputs) for cell in book.cells if cell.cell_type == "code"}


def shown_by(outputs: list[Any]) -> Shown:
    """What outputs show, errors and warnings refused."""
    text, page = "", ""
    for output in outputs:
        assert output.get("name") != "stderr", output.text
        data = output.get("data", {})
        text += output.get("text", "") + data.get("text/plain", "")
        page += data.get("text/html", "")
    return {"text": text, "html": page}
