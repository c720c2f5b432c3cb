"""Statistics whose unit is the episode: permutation nulls, intervals, lists of tests, information in bits."""

from commlab.foundation.statistics.bootstrap import bca_interval, bca_mean, bca_paired_difference
from commlab.foundation.statistics.entropy import (
    entropy,
    miller_madow_entropy,
    miller_madow_information,
    mutual_information,
)
from commlab.foundation.statistics.information import Information, corrected_information
from commlab.foundation.statistics.permutation import (
    Strata,
    draw_permutations,
    episode_strata,
    permutation_p_value,
    summarise_null,
)
from commlab.foundation.statistics.proportions import benjamini_hochberg, wilson_interval

__all__ = [
    "Information",
    "Strata",
    "bca_interval",
    "bca_mean",
    "bca_paired_difference",
    "benjamini_hochberg",
    "corrected_information",
    "draw_permutations",
    "entropy",
    "episode_strata",
    "miller_madow_entropy",
    "miller_madow_information",
    "mutual_information",
    "permutation_p_value",
    "summarise_null",
    "wilson_interval",
]
