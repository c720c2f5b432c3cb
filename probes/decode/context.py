"""How nearly each symbol or message stands for one thing: context independence, purity, homogeneity, completeness.

Context independence is Bogin et al. 2018, section 3; V-measure and its two parts are Rosenberg & Hirschberg 2007.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from commlab.foundation.errors import DataError
from commlab.foundation.statistics import entropy, mutual_information
from commlab.probes.decode.disentanglement import bag_columns, numbered
from commlab.probes.decode.distances import whole_numbers
from commlab.probes.decode.joint import Joint, crossed, pair_tables

__all__ = ["OneToOne", "context_independence", "independence_of", "one_to_one", "one_to_one_of"]

Array = NDArray[Any]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class OneToOne(NamedTuple):
    """How nearly messages and values are names of each other; NaN where undefined."""

    v_measure: float  # the harmonic mean of the next two
    homogeneity: float  # 1 - H(value given message) / H(value): 1 where no message stands for two values
    completeness: float  # 1 - H(message given value) / H(message): 1 where no value has two messages
    purity: float  # the share of utterances whose value is the one most frequent with their message


def context_independence(messages: ArrayLike, meanings: ArrayLike, padding: int | None = None) -> float:
    """Context independence of the symbols of utterances (n, L) with attributes (n, A), from 0 to 1.

    For each value a of each attribute, m is the symbol with the largest p(a given m); the mean of p(a given m)
    p(m given a), p over the utterances that hold m. Where several symbols are as large, the one most frequent with a
    is taken.
    Raises DataError where there is no symbol at all.
    """
    distinct, different, joint = pair_tables(whole_numbers(messages), meanings)
    found = independence_of(bag_columns(distinct, padding) > 0, different, joint)
    if np.isnan(found):
        raise DataError("Context independence is undefined, because nothing is said.")
    return found


def independence_of(holds: NDArray[np.bool_], meanings: Array, joint: Joint) -> float:
    """Context independence where `holds` (V, M) says which symbols each message holds; NaN where nothing is said."""
    scores = [scores_of(holds, numbered(column), joint) for column in meanings.T]
    flat = np.concatenate(scores)
    return float(flat.mean()) if flat.size and joint.times.size and holds.size else float("nan")


def scores_of(holds: NDArray[np.bool_], values: Int64, joint: Joint) -> Float64:
    """p(a given m_a) p(m_a given a) of each value a that occurs."""
    by_message = np.zeros((holds.shape[1], int(values.max(initial=0)) + 1))
    np.add.at(by_message, (joint.message, values[joint.meaning]), joint.times)
    together = holds.astype(np.float64) @ by_message  # (V, values)
    said, occurs = together_with_all(holds, by_message)
    together, occurs = together[:, occurs > 0], occurs[occurs > 0]
    of_value = together / np.maximum(said[:, None], 1e-300)
    of_symbol = together / occurs
    if not len(holds):
        return np.zeros(0)
    best = np.argmax(np.round(of_value, 12) * 2 + of_symbol * 1e-12, axis=0)
    columns = np.arange(len(occurs))
    return np.asarray(of_value[best, columns] * of_symbol[best, columns])


def together_with_all(holds: NDArray[np.bool_], by_message: Float64) -> tuple[Float64, Float64]:
    """How many utterances hold each symbol (V,), and how many have each value."""
    return holds.astype(np.float64) @ by_message.sum(1), by_message.sum(0)


def one_to_one(messages: ArrayLike, values: ArrayLike) -> OneToOne:
    """How nearly messages (n, L) and the values (n,) of one attribute name each other.

    Raises DataError where messages or values never change.
    """
    distinct, different, joint = pair_tables(messages, np.asarray(values).reshape(-1, 1))
    if len(distinct) < 2 or len(different) < 2:
        raise DataError("V-measure is undefined, because messages or values never change.")
    return one_to_one_of(crossed(joint, np.arange(len(distinct)), np.arange(len(different))))


def one_to_one_of(table: Float64) -> OneToOne:
    """The measures of a count table (messages, values)."""
    said, values = entropy(table.sum(1)), entropy(table.sum(0))
    total = table.sum()
    if min(said, values) <= 1e-12 or total == 0:
        return OneToOne(*[float("nan")] * 4)
    shared = mutual_information(table)
    return OneToOne(
        v_measure=min(1.0, 2 * shared / (said + values)),  # rounding can pass 1
        homogeneity=min(1.0, shared / values),
        completeness=min(1.0, shared / said),
        purity=float(table.max(1).sum() / total),
    )
