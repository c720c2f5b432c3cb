"""Destinations: who obeys goes to the named place first, who is deaf no more often than by chance."""

from typing import Any

import pytest

from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.probes.cause.codebook import Codebook
from commlab.probes.cause.injecting import destinations

LISTENERS = (1,)


@pytest.fixture(scope="module")
def obeyed(obeying: Any, codebook: Codebook) -> Result:
    return destinations.fit(obeying, codebook, LISTENERS, 256)


@pytest.fixture(scope="module")
def unheard(deaf: Any, codebook: Codebook) -> Result:
    return destinations.fit(deaf, codebook, LISTENERS, 256)


def test_who_obeys_goes_first_to_the_named_place(obeyed: Result) -> None:
    assert obeyed.estimate is not None
    assert obeyed.estimate > 0.9
    assert obeyed.details["untouched_rate"] < 0.1
    assert obeyed.p_value == pytest.approx(1 / 200)
    assert obeyed.null is not None
    assert obeyed.null.mean == pytest.approx(1 / 3, abs=0.05)  # of the three corners without the crystal
    low, high = obeyed.details["difference_interval"]
    assert 0.8 < low <= high


def test_who_is_deaf_goes_there_no_more_than_by_chance(unheard: Result) -> None:
    assert unheard.estimate is not None
    assert unheard.null is not None
    assert unheard.p_value is not None
    assert unheard.estimate <= unheard.null.high
    assert unheard.p_value > 0.05
    assert unheard.null.low <= unheard.null.mean <= unheard.null.high
    assert unheard.estimate == unheard.details["untouched_rate"]
    low, high = unheard.details["difference_interval"]
    assert low <= 0 <= high


def test_every_symbol_sends_to_its_own_place(obeyed: Result, obeying: Any) -> None:
    sites = [tuple(site) for site in obeyed.details["sites"]]
    for symbol, place in obeying.policy.codebook.items():
        site = obeyed.details["named"][symbol]
        counts = obeyed.details["first_place"][symbol]
        assert sites[site] == place
        assert max(counts) == counts[site]
        assert sum(counts) == obeyed.details["per_symbol"][symbol]["n"]
        assert obeyed.details["per_symbol"][symbol]["rate"] == counts[site] / sum(counts)


def test_rates_and_trials_add_up(obeyed: Result) -> None:
    per_symbol = obeyed.details["per_symbol"].values()
    assert sum(row["n"] for row in per_symbol) == obeyed.n_episodes
    hits = sum(row["n"] * row["rate"] for row in per_symbol)
    assert hits / obeyed.n_episodes == pytest.approx(obeyed.details["injected_rate"])
    for visits in (obeyed.details["untouched"], *obeyed.details["visits"].values()):
        assert sum(map(sum, visits)) == pytest.approx(1, abs=1e-3)


def test_places_are_named_by_their_direction(obeyed: Result) -> None:
    assert obeyed.details["site_names"] == ["NW", "NE", "SW", "SE"]


def test_symbols_that_were_never_said_are_listed(obeyed: Result, obeying: Any) -> None:
    assert obeyed.details["unused"] == sorted(set(range(1, 12)) - set(obeying.policy.codebook))


def test_the_same_seed_gives_the_same_result(obeying: Any, codebook: Codebook, obeyed: Result) -> None:
    again = destinations.fit(obeying, codebook, LISTENERS, 256)
    assert (again.estimate, again.interval, again.null) == (obeyed.estimate, obeyed.interval, obeyed.null)
    assert again.details == obeyed.details


def test_without_a_symbol_for_a_place_there_is_nothing_to_inject(obeying: Any) -> None:
    with pytest.raises(DataError, match="No symbol stands for a place"):
        destinations.fit(obeying, Codebook({}, 12), LISTENERS, 64)


def test_too_few_trials_are_refused(obeying: Any, codebook: Codebook) -> None:
    with pytest.raises(DataError, match="take more episodes"):
        destinations.fit(obeying, codebook, LISTENERS, 5)
