"""One made-up result, or list of them, for every figure: what tests of all figures draw."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from commlab.figures.curves import Curve

HERE = Path(__file__).parent


def gallery(load: Callable[[str, Path], ModuleType], results: dict[str, Any]) -> dict[str, Any]:
    """The data by the figure's name, gathered from the tests of each figure."""

    def beside(name: str) -> ModuleType:
        return load(f"figures_{name}", HERE / f"{name}.py")

    experiments, hidden, language = (beside(f"test_{name}_figures") for name in ("experiment", "hidden", "language"))
    cards = beside("test_lexicon_cards")
    lexicon = cards.lexicon([cards.entry("7", "crystal in the north", cards.TRUE)], cards.MAPS)
    return {
        **results,
        **hidden.RESULTS,
        "learning_curve": [Curve("hearing", (0.0, 10.0, 20.0), (0.1, 0.4, 0.5))],
        "dose": experiments.dose(0.0, 1.0),
        "crossplay": experiments.crossplay(),
        "experiment": experiments.experiment(),
        "clusters": language.clusters(),
        "formation": language.formation(),
        "forest": [*beside("test_forest").injections([0.005, 0.4]), beside("test_forest").experiment()],
        "audience": beside("test_audience").found(),
        "honesty": [beside("test_honesty").honest(), beside("test_honesty").kin()],
        "behaviour": beside("test_behaviour").walked(heard=True),
        "trajectories": beside("test_trajectories").followed(),
        "kinship": beside("test_kinship").family(),
        "verdict": beside("test_verdict").judged(),
        "lexicon_cards": [lexicon, results["symbol_destinations"]],
        "probe_map": beside("test_probe_map").probe_map(),
        **beside("test_dots").RESULTS,
    }
