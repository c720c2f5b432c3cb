"""The moments of every kind of experiment roll again as they were measured, and their notes tell what is in them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commlab.agents.scripted.policy import plant
from commlab.datasets.reader import Recording, open_recording
from commlab.foundation.moments import Moment, moments_of
from commlab.foundation.result import Result
from commlab.probes.cause.codebook import Codebook, Word
from commlab.probes.cause.evidence import content, influence, use
from commlab.probes.cause.experiment.experiment import run
from commlab.probes.cause.experiment.file import parse_experiment
from commlab.probes.cause.hidden import erasure, patching, steering
from commlab.probes.cause.hidden.cases import Wish
from commlab.probes.cause.injecting import destinations, dose, injection
from commlab.probes.cause.injecting.doses import Sweep
from commlab.probes.cause.kin import honesty, kinship
from commlab.probes.cause.reels import record_pairs
from commlab.probes.cause.understanding import score

FEW = Wish(n_episodes=64, n_null=9)
LISTENERS = (1,)
N = 64


class Bench:
    """The planted agents, and every experiment with them."""

    def __init__(self, obeying: Any, codebook: Codebook, minding: Any) -> None:
        self.obeying, self.codebook, self.minding = obeying, codebook, minding

    def words(self) -> list[Word]:
        """The scout's word for each corner, but for the last."""
        symbols = [int(symbol) for symbol in self.obeying.policy.symbols]
        return [Word(symbol, 1.0, None, 1.0, 0.0, 1, ()) for symbol in symbols]

    def result(self, name: str) -> tuple[Any, Result]:
        """The agents of an experiment, and what it finds."""
        symbol = next(entry.symbol for entry in self.codebook.entries.values() if entry.has_place)
        told = {"site": "message.in", "operation": "set", "symbol": symbol, "last": 9}
        measures = {"moved": {"kind": "distance", "place": [1, 1], "after": 8}}
        plan = parse_experiment(
            {"title": "Told", "episodes": N, "arms": {"told": [told], "not": []}, "measures": measures}
        )
        liars, strangers = plant("lying", 0, "obeying"), plant("kin-only", 1, "obeying")
        made: dict[str, tuple[Any, Callable[[], Result]]] = {
            "injection": (
                self.obeying,
                lambda: injection.fit(
                    self.obeying, injection.Injection(symbol, n_episodes=N), self.codebook, LISTENERS
                ),
            ),
            "destinations": (self.obeying, lambda: destinations.fit(self.obeying, self.codebook, LISTENERS, N)),
            "dose": (self.obeying, lambda: dose.fit(self.obeying, Sweep(n_episodes=N), self.codebook, LISTENERS, 19)),
            "understanding": (self.obeying, lambda: score.fit(self.obeying, self.words(), LISTENERS, N)),
            "influence": (self.obeying, lambda: influence.fit(self.obeying, N, compare=False)),
            "use": (self.obeying, lambda: use.fit(self.obeying, None, N, arms=())),
            "content": (self.obeying, lambda: content.fit(self.obeying, content.Wish(N))),
            "experiment": (self.obeying, lambda: run(self.obeying, plan)),
            "patching": (self.minding.agents, lambda: patching.fit(*self.minding, FEW)),
            "steering": (self.minding.agents, lambda: steering.fit(*self.minding, FEW, doses=(1.0,))),
            "erasure": (
                self.minding.agents,
                lambda: erasure.fit(*self.minding, FEW._replace(n_null=5), "own_position.sector"),
            ),
            "kinship": (strangers, lambda: kinship.fit(strangers, N, 3, n_null=19, levels=())),
            "honesty": (liars, lambda: honesty.fit(liars, N, n_null=19)),
        }
        agents, fit = made[name]
        return agents, fit()


KINDS = ("injection", "destinations", "dose", "understanding", "influence", "use", "content", "experiment", "patching",
         "steering", "erasure", "kinship", "honesty")  # fmt: skip
UNTOUCHED = ("influence", "honesty")  # nothing is done in what they show


@pytest.fixture(scope="module")
def bench(obeying: Any, codebook: Codebook, minding: Any) -> Bench:
    return Bench(obeying, codebook, minding)


def returns(recording: Recording, place: int) -> float:
    """The return of an episode, the mean over its agents."""
    return float(recording.excerpt(place, place + 1).read("reward/shared").sum(axis=0).mean())


def earned(moment: Moment, live: Recording, twins: Recording, place: int) -> None:
    """What a note says was earned is what was earned."""
    found = re.search(r"they earn (\S+) instead of ([\d.]+);", moment.note)
    assert found, moment.note
    assert float(found[1]) == pytest.approx(returns(live, place), abs=0.006)
    assert float(found[2]) == pytest.approx(returns(twins, place), abs=0.006)


@pytest.mark.parametrize("name", KINDS)
def test_moments_roll_again_as_they_were_measured(name: str, bench: Bench, tmp_path: Path) -> None:
    agents, result = bench.result(name)
    moments = moments_of(Result.from_json(result.to_json()))
    assert moments
    assert all(
        moment.mark and moment.agents and re.search(r"\(the (first|median) of ", moment.note) for moment in moments
    )
    found = record_pairs(agents, moments, tmp_path)
    assert found.lost == ()
    with open_recording(found.live) as live, open_recording(found.twins) as twins:
        for moment in moments:
            place = found.reels.index(moment.reel)
            one, twin = live.excerpt(place, place + 1), twins.excerpt(place, place + 1)
            assert 0 <= moment.step < one.n_steps
            assert bool(moment.interventions) is (name not in UNTOUCHED)
            assert twin.episodes.intervention[0] == "[]"
            if name in ("use", "erasure"):
                earned(moment, live, twins, place)
            first = min((int(change["first"]) for change in moment.interventions), default=0)
            for column in ("agents/position", "channel/said"):
                assert np.array_equal(one.read(column)[:first], twin.read(column)[:first])


def test_failures_are_shown_as_well(deaf: Any, codebook: Codebook) -> None:
    notes = [moment.note for moment in moments_of(destinations.fit(deaf, codebook, LISTENERS, N))]
    assert any("have not gone there" in note for note in notes)


def test_who_lives_muted_is_shown_nothing(obeying: Any) -> None:
    muted = obeying._replace(facts={"muted": True})
    assert moments_of(use.fit(muted, None, N, arms=())) == []
    assert moments_of(content.fit(muted, content.Wish(N))) == []
