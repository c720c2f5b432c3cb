"""Results keep everything through JSON, and refuse what JSON cannot hold."""

import json
import platform
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commlab.foundation.errors import DataError
from commlab.foundation.provenance import commlab_version, provenance, utc_now
from commlab.foundation.result import Null, Result

FINITE = st.floats(allow_nan=False, allow_infinity=False)
RESULT = Result(
    analysis="probe",
    name="probe-resource_location-said-speakers-lag0",
    estimate=0.9,
    unit="balanced accuracy",
    interval=(0.8, 0.95),
    null=Null("whole episodes permuted", 0.11, 0.09, 0.13, 199),
    p_value=0.005,
    n_episodes=40,
    sentence="Symbols tell the sector.",
    details={"table": [[1, 2], [3, 4]], "none": None},
    provenance={"command": "probe", "seed": 3},
)


@given(
    estimate=st.none() | FINITE,
    interval=st.none() | st.tuples(FINITE, FINITE),
    null=st.none() | st.builds(Null, st.text(), FINITE, FINITE, FINITE, st.integers(0, 10**6)),
    sentence=st.text(),
    details=st.dictionaries(st.text(), st.lists(st.integers() | FINITE | st.text() | st.none())),
)
def test_every_result_comes_back_from_json(estimate, interval, null, sentence, details) -> None:  # type: ignore[no-untyped-def]
    result = replace(
        RESULT, estimate=estimate, interval=interval, null=null, sentence=sentence, details=details, p_value=None
    )
    assert Result.from_json(result.to_json()) == result


def test_a_saved_result_loads_and_is_named_after_itself(tmp_path: Path) -> None:
    path = RESULT.save(tmp_path / "results")
    assert path == tmp_path / "results" / f"{RESULT.name}.json"
    assert Result.load(path) == RESULT
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_numpy_becomes_plain() -> None:
    details = {"counts": np.arange(3), "best": np.int64(2), "share": np.float32(0.5), 4: {"x": np.bool_(True)}}
    saved = json.loads(replace(RESULT, estimate=np.float64(0.25), details=details).to_json())
    assert saved["estimate"] == 0.25
    assert saved["details"] == {"counts": [0, 1, 2], "best": 2, "share": 0.5, "4": {"x": True}}


@pytest.mark.parametrize("number", [float("nan"), np.inf, np.array([1.0, np.nan])])
def test_no_nan_reaches_json(number: object) -> None:
    with pytest.raises(ValueError, match=r"lag0\.details\.a.* is (nan|inf), which JSON cannot hold"):
        replace(RESULT, details={"a": number}).to_json()


def test_what_has_no_json_form_is_named() -> None:
    with pytest.raises(TypeError, match=r"details\.a is a object"):
        replace(RESULT, details={"a": object()}).to_json()


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"analysis": 1}', "\x00"])
def test_a_foreign_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"a\.json.*run the analysis again"):
        Result.load(path)
    with pytest.raises(DataError, match=r"none\.json"):
        Result.load(tmp_path / "none.json")


def test_provenance_is_json_and_says_who_made_it() -> None:
    facts = provenance("commlab probe", seed=3, checkpoint="ab" * 32)
    assert json.loads(json.dumps(facts)) == facts
    assert (facts["command"], facts["seed"], facts["checkpoint"]) == ("commlab probe", 3, "ab" * 32)
    assert facts["commlab_version"] == commlab_version()
    assert facts["libraries"]["numpy"] == np.__version__
    assert facts["cpu"]
    assert facts["cores"] >= 1
    assert facts["system"].startswith(platform.system())


def test_times_sort_as_text() -> None:
    first, second = utc_now(), utc_now()
    assert first <= second
    assert len(first) == len(second)
