"""Statistics whose unit is the episode: nulls, intervals, families of tests, information in bits."""

from commlab.foundation.statistics.between import difference_interval, student_interval
from commlab.foundation.statistics.bootstrap import bca_interval, bca_mean, bca_paired_difference, bca_share
from commlab.foundation.statistics.circular import SHIFT_METHOD, draw_shifts, moving_share, shift_series
from commlab.foundation.statistics.conditional import Conditional, conditional_information
from commlab.foundation.statistics.entropy import (
    entropy,
    miller_madow_entropy,
    miller_madow_information,
    mutual_information,
    npmi,
)
from commlab.foundation.statistics.families import MaxStatistic, benjamini_hochberg, max_statistic
from commlab.foundation.statistics.information import Information, corrected_information
from commlab.foundation.statistics.jackknife import jackknife_error, jackknife_interval
from commlab.foundation.statistics.paired import sign_flip_draws, sign_flip_p_value
from commlab.foundation.statistics.permutation import (
    Alternative,
    Strata,
    draw_permutations,
    episode_strata,
    permutation_p_value,
    refine_strata,
    summarise_null,
)
from commlab.foundation.statistics.proportions import Share, share, wilson_interval
from commlab.foundation.statistics.seeds import FEWEST_SEEDS, seed_interval

__all__ = [
    "FEWEST_SEEDS",
    "SHIFT_METHOD",
    "Alternative",
    "Conditional",
    "Information",
    "MaxStatistic",
    "Share",
    "Strata",
    "bca_interval",
    "bca_mean",
    "bca_paired_difference",
    "bca_share",
    "benjamini_hochberg",
    "conditional_information",
    "corrected_information",
    "difference_interval",
    "draw_permutations",
    "draw_shifts",
    "entropy",
    "episode_strata",
    "jackknife_error",
    "jackknife_interval",
    "max_statistic",
    "miller_madow_entropy",
    "miller_madow_information",
    "moving_share",
    "mutual_information",
    "npmi",
    "permutation_p_value",
    "refine_strata",
    "seed_interval",
    "share",
    "shift_series",
    "sign_flip_draws",
    "sign_flip_p_value",
    "student_interval",
    "summarise_null",
    "wilson_interval",
]
