"""What is not code comes along: scenarios, page templates and the type marker, in a clone and in an installed wheel."""

from importlib import resources

import pytest

from commlab.env.loading import load_scenario, scenario_names

pytestmark = pytest.mark.wheel


def test_every_scenario_of_the_library_loads() -> None:
    assert "lookout" in scenario_names()
    for name in scenario_names():
        assert load_scenario(name).title


@pytest.mark.parametrize(
    ("package", "file"),
    [
        ("commlab", "py.typed"),
        ("commlab", "page/stage.js"),
        ("commlab", "page/page.css"),
        ("commlab.env", "scenarios/lookout.yaml"),
        ("commlab.figures.report", "templates/report.html"),
        ("commlab.figures.report", "templates/report.css"),
        ("commlab.figures.replay", "static/replay.js"),
        ("commlab.figures.replay", "static/index.html"),
        ("commlab.talk", "static/index.html"),
        ("commlab.talk", "static/talk.js"),
        ("commlab.probes", "cause/experiment/files/a-word.yaml"),
    ],
)
def test_a_data_file_is_there(package: str, file: str) -> None:
    assert resources.files(package).joinpath(file).is_file()
