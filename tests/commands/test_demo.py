"""The demo, made tiny: every phase leaves its files, is not done twice, and findings that lack data are passed over."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commlab import demo
from commlab.env.loading import load_scenario
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.foundation.run import RunFolder
from commlab.training.config import TrainConfig

TINY = {"agent_steps": 2048, "worlds": 16, "shards": 1, "minibatches": 2, "hidden": 8, "sequence": 16, "checkpoints": 2}


@pytest.fixture
def tiny_demo(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which demos are tiny."""
    monkeypatch.setattr(demo, "load_scenario", lambda name: load_scenario(name, {"steps": 16}))
    monkeypatch.setattr(
        demo, "train_config", lambda path, changes: TrainConfig.model_validate({**TINY, "mute": changes["mute"]})
    )
    monkeypatch.setattr(demo, "EPISODES", 64)
    monkeypatch.setattr(demo, "SHORT", 40)
    return elsewhere


def test_the_whole_path_and_no_phase_twice(cli: Callable[..., Any], tiny_demo: Path) -> None:
    done = cli("demo", "--json", "--processes", 1)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    run = tiny_demo / "runs" / "demo"
    assert found == json.loads((run / "results" / "demo.json").read_text())
    assert found["agent_steps"] >= 2048
    assert {
        "return_hearing",
        "return_muted",
        "return_other_episode",
        "said_bits",
        "injected_rate",
        "understood",
    } <= set(found)
    assert set(found["seconds"]) >= {"training", "muted training", "recording", "probing", "injecting", "report"}
    assert (run / "report.html").exists()
    for looked_at in ("behaviour", "trajectories"):
        (result,) = (run / "results").glob(f"{looked_at}-*.json")
        assert result.name in (run / "README.txt").read_text()
        assert f"commlab {looked_at} " not in (run / "report.html").read_text(), "what is missing names its command"
    kept = [*run.rglob("*.h5"), *run.rglob("*.pt"), *(p for p in run.glob("results/*.json") if p.stem != "demo")]
    assert (run / "replay.html").exists()
    assert "replay.html#reel=" in (run / "report.html").read_text()
    assert len([path for path in run.rglob("*.h5") if path.parent.name != "replays"]) == 3
    before = {path: path.stat().st_mtime_ns for path in kept}
    again = cli("demo", "--processes", 1)
    assert again.code == 0, again.err
    assert "What they say, and who listens" in again.out
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_another_seed_or_grounding_is_another_run(monkeypatch: pytest.MonkeyPatch, elsewhere: Path) -> None:
    made: list[Path] = []

    def stop(self: demo.Demo) -> None:
        made.append(self.run.path)
        raise KeyboardInterrupt

    monkeypatch.setattr(demo.Demo, "train", stop)
    for seed, name, grounding in ((0, None, "predictive"), (3, None, "none"), (0, "mine", "none"), (0, "a/b", "none")):
        with pytest.raises(KeyboardInterrupt):
            demo.run_demo(seed, name, grounding, 1, as_json=False)
    assert [str(path) for path in made] == ["runs/demo", "runs/demo-none-seed3", "runs/mine", "a/b"]


def test_an_unknown_grounding_is_refused(cli: Callable[..., Any], elsewhere: Path) -> None:
    assert "--grounding is predictive, positive or none, not 'taught'." in cli("demo", "--grounding", "taught").sentence


def test_what_lacks_data_is_said_and_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def silent() -> Result:
        raise DataError("Nobody said anything.")

    made = demo.Demo(RunFolder(tmp_path), 0, "none", 1, "commlab demo")
    made._keep("information-", silent)
    assert "Nobody said anything." in capsys.readouterr().err
    assert not list(tmp_path.rglob("*.json"))
