"""Rounded shares and p-values: never 0, 100 % or significant where the number itself is not."""

import pytest

from commlab.foundation.rounding import p_text, percent


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (0.0001, "under 1 %"),
        (0.005, "under 1 %"),
        (0.0051, "1 %"),
        (0.5, "50 %"),
        (0.994, "99 %"),
        (0.995, "over 99 %"),
        (0.99999, "over 99 %"),
        (1.0, "100 %"),
        (-0.001, "0 %"),
        (-0.2, "-20 %"),
    ],
)
def test_a_share_is_all_or_nothing_only_where_it_is_so(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (None, "–"),
        (0.05, "0.050"),
        (0.0496, "0.050"),
        (0.0504, "0.0504"),
        (0.05001, "0.05001"),
        (0.0499999, "0.050"),
        (1e-20, "1e-20"),
        (0.0004, "0.0004"),
        (0.001, "0.001"),
        (0.9996, "0.9996"),
        (1.0, "1.000"),
    ],
)
def test_a_p_value_stays_on_its_side_of_what_is_significant(p: float | None, text: str) -> None:
    assert p_text(p) == text


def test_a_p_value_a_hair_above_is_not_shown_as_significant() -> None:
    assert float(p_text(0.05 + 1e-12)) > 0.05
