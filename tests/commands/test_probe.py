"""Probing from the command line: one JSON object, saved results, no torch, and recordings that cannot be read."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import pytest

from commlab.datasets.targets import TARGETS
from commlab.foundation.result import Result

KEYS = {"target", "source", "score", "score_name", "score_interval", "null_mean", "p_value", "majority", "selectivity"}
QUICK = ["--nulls", "19"]


def test_a_probe_prints_one_json_object_and_saves_its_result(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("probe", "tiny", "--target=resource_location", "--json", *QUICK)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert set(found) >= KEYS | {"n_episodes"}
    assert found["target"] == "resource_location"
    assert found["source"] == "said"
    assert 10 <= found["n_episodes"] <= 40  # those of classes too rare to be held out are left out
    assert found["score_interval"][0] <= found["score"] <= found["score_interval"][1]
    assert 0 < found["p_value"] <= 1
    saved = [Result.load(path) for path in (at_home / "runs" / "tiny" / "results").glob("probe-*.json")]
    assert found["score"] in [result.estimate for result in saved]


def test_a_probe_prints_a_table_and_sentences(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("probe", *QUICK)  # without a run: the last one completed
    assert done.code == 0, done.err
    assert "resource_location (balanced accuracy)" in done.out
    assert "null: whole episodes permuted" in done.out
    assert "Saved" in done.err
    assert "information-" in done.err


@pytest.mark.parametrize("options", [["--source", "heard", "--of", "listeners"], ["--source", "hidden", "--of", "1"]])
def test_other_sources_are_probed(cli: Callable[..., Any], at_home: Path, options: list[str]) -> None:
    done = cli("probe", "runs/tiny/recording.h5", "--json", *options, *QUICK)
    assert done.code == 0, done.err
    assert json.loads(done.out)["source"].startswith(options[1])


def test_the_same_seed_gives_the_same_numbers(cli: Callable[..., Any], at_home: Path) -> None:
    one, other = (cli("probe", "tiny", "--json", "--seed", 4, *QUICK).out for _ in range(2))
    assert one == other


def test_targets_are_listed(cli: Callable[..., Any], elsewhere: Path) -> None:
    done = cli("probe", "--targets")
    assert done.code == 0
    assert all(name in done.out for name in TARGETS)


def test_targets_of_a_run_are_listed_with_what_is_missing(cli: Callable[..., Any], at_home: Path) -> None:
    done = cli("probe", "tiny", "--targets")
    assert done.code == 0, done.err
    assert "Not here" in done.out
    assert "resource_location" in done.out


def test_the_map_holds_every_cell_or_its_reason(cli: Callable[..., Any], at_home: Path) -> None:
    options = ["--target=resource_location,own_energy", "--source=said,hidden", "--lags=-1:1", "--every-step"]
    done = cli("probe", "tiny", "--json", "--jobs", 1, *options, *QUICK)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["lags"] == [-1, 0, 1]
    n_sheets = 3  # what speakers said, and both hidden states
    assert found["n_cells"] + len(found["missing"]) == 2 * n_sheets * 3
    assert {"target", "source", "of", "lag", "score", "z", "p_value", "p_family", "q_value"} <= set(found["cells"][0])
    assert (at_home / "runs" / "tiny" / "results" / "probe-map.json").exists()
    shown = cli("probe", "tiny", "--jobs", 1, *options, *QUICK)
    assert "The strongest of" in shown.out
    assert "100 %" in shown.err  # of the progress bar, in a log


@pytest.mark.parametrize(
    ("options", "analysis"),
    [
        (["--description-length"], "description length"),
        (["--v-information"], "V-information"),
        (["--given=own_position,time"], "gain over confounds"),
    ],
)
def test_bits_are_printed_and_saved(cli: Callable[..., Any], at_home: Path, options: list[str], analysis: str) -> None:
    done = cli("probe", "tiny", "--json", "--jobs", 1, *options, *QUICK)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["analysis"] == analysis
    assert found["interval"][0] <= found["estimate"] <= found["interval"][1]
    assert 0 < found["p_value"] <= 1
    shown = cli("probe", "tiny", "--jobs", 1, *options, *QUICK)
    assert "bits" in shown.out
    assert "Saved" in shown.err


@pytest.mark.parametrize("model", ["logistic", "nonlinear"])
def test_other_models_have_files_of_their_own(cli: Callable[..., Any], at_home: Path, model: str) -> None:
    done = cli("probe", "tiny", "--model", model, "--circular", "--jobs", 1, *QUICK)
    assert done.code == 0, done.err
    assert f"a {model} probe" in done.out
    assert list((at_home / "runs" / "tiny" / "results").glob(f"probe-*-{model}.json"))


def test_a_target_of_ones_own_is_probed(cli: Callable[..., Any], at_home: Path, tmp_path: Path) -> None:
    own = tmp_path / "mine.py"
    own.write_text("def row(recording):\n    return recording['agents/position'][:][..., 0]\n")
    done = cli("probe", "tiny", f"--target={own}:row", "--source=hidden", "--of=listeners", "--json", *QUICK)
    assert done.code == 0, done.err
    assert json.loads(done.out)["target"].endswith("mine.py:row")


def test_probing_loads_no_torch(at_home: Path) -> None:
    script = (
        "import sys; sys.argv = ['commlab', 'probe', 'tiny', '--nulls', '19', '--json']\n"
        "from commlab.__main__ import main\n"
        "try: main()\nexcept SystemExit as end: assert end.code == 0, end.code\n"
        "print(*(name for name in ('torch', 'numba', 'matplotlib') if name in sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["target"] == "resource_location"
    assert done.stderr.splitlines()[-1] == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "There is no run called 'nowhere': the nearest under ./runs are tiny"),
        (["nowhere.h5"], "nowhere.h5 does not exist"),
        (["tiny", "--target", "resource_locatoin"], "resource_location"),
        (["tiny", "--source", "sung"], "There is no source 'sung'"),
        (["tiny", "--source", "hidden.ear"], "The recording holds no hidden.ear"),
        (["tiny", "--of", "birds"], "There are no agents 'birds'"),
        (["tiny", "--of", "2"], "There are no agents '2'"),
        (["tiny", "--folds", "41"], "41"),
        (["tiny", "--lag", "99"], "No episode of runs/tiny/recording.h5 has two steps 99 apart (--lag)"),
        (["tiny", "--lag", "-99999999999999999999"], "the longest has 16: choose a smaller lag"),
        (["tiny", "--lags=0:99999999999999999999"], "--lags takes steps such as -4:4"),
        (["tiny", "--lags", "9:1"], "--lags takes steps such as -4:4"),
        (["tiny", "--lags=0,x"], "--lags takes steps such as -4:4"),
        (["tiny", "--model", "linea"], "There is no model 'linea': the nearest is linear"),
        (["tiny", "--target=all", "--v-information"], "A map holds probes' scores"),
        (["tiny", "--given=weather"], "There is no target 'weather'"),
        (["tiny", "--given="], "--given takes names with commas between"),
        (["tiny", "--source="], "There is no source ''"),
        (["tiny", "--target=all,danger"], "--target all stands alone"),
        (["tiny", "--target=all", "--model=linea"], "There is no model 'linea': the nearest is linear"),
        (["tiny", "--v-information", "--model=linea"], "not 'linea'"),
    ],
)
def test_what_cannot_be_probed_is_refused_in_a_sentence(
    cli: Callable[..., Any], at_home: Path, arguments: list[str], sentence: str
) -> None:
    assert sentence in cli("probe", *arguments, *QUICK).sentence


def test_recordings_that_cannot_be_read_are_refused_in_a_sentence(
    cli: Callable[..., Any], at_home: Path, tmp_path: Path
) -> None:
    good = (at_home / "runs" / "tiny" / "recording.h5").read_bytes()
    truncated, foreign, newer, text = (tmp_path / f"{name}.h5" for name in ("truncated", "foreign", "newer", "text"))
    truncated.write_bytes(good[: len(good) // 2])
    text.write_text("no recording")
    newer.write_bytes(good)
    with h5py.File(foreign, "w") as file:
        file["data"] = [1, 2, 3]
    with h5py.File(newer, "r+") as file:
        file.attrs["schema_version"] = 99
    for path in (truncated, foreign, newer, text):
        assert str(path) in cli("probe", path, *QUICK).sentence
    assert "newer" in cli("probe", newer, *QUICK).sentence.replace(str(newer), "")


def test_a_run_without_a_recording_is_told_how_to_make_one(cli: Callable[..., Any], elsewhere: Path) -> None:
    (elsewhere / "runs" / "bare").mkdir(parents=True)
    assert "make one with `commlab record runs/bare`" in cli("probe", "bare").sentence


def test_control_recordings_stand_beside(cli: Callable[..., Any], at_home: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "controls").mkdir(parents=True)
    shutil.copy(at_home / "runs" / "tiny" / "recording.h5", run / "recording.h5")
    muted = cli("record", "tiny", "--episodes", 30, "--mute", "--output", run / "controls" / "muted.h5")
    assert muted.code == 0, muted.err
    done = cli("probe", run, "--source", "hidden", "--of", "listeners", "--json", *QUICK)
    assert done.code == 0, done.err
    assert set(json.loads(done.out)["beside"]) == {"muted"}
