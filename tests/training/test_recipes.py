"""The recipes of docs/recipes: valid, and for the world that they name."""

from pathlib import Path

import pytest

from commlab.commands.train import train_config
from commlab.env.loading import load_scenario
from commlab.training.trainer import Job, check_job

RECIPES = sorted((Path(__file__).parents[2] / "docs" / "recipes").glob("*.yaml"), key=lambda path: path.stem)
YOUNG = {"steps": 16, "end.hearts": 1}


def test_there_are_recipes() -> None:
    assert [path.stem for path in RECIPES] == ["rivals", "rivals-childhood"]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_fits_its_world(path: Path, tmp_path: Path) -> None:
    scenario = load_scenario("rivals-valleys", YOUNG if path.stem == "rivals-childhood" else {})
    check_job(Job(tmp_path / "run", scenario, train_config(path, {}), "commlab train rivals-valleys"), 1)


def test_rivals_learn_by_reward_alone() -> None:
    recipe = train_config(RECIPES[0], {})
    assert recipe.grounding.kind == "none"
    assert recipe.prediction.weight == 0
