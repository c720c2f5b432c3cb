"""The map of what can be read where: every source, target and lag, with false discoveries held down over all of them.

All cells look at the same episodes in the same folds, and each draw of the null permutes the episodes of all cells in
the same way. So the strongest cell of each draw says how strong one gets by chance anywhere in the map: the family-wise
p-values (Westfall & Young 1993). Beside them stands the false discovery rate at which each cell is found (Benjamini &
Hochberg 1995).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from commlab.datasets.origin import origin
from commlab.datasets.reader import Recording
from commlab.datasets.targets import Target, find_target, targets_of
from commlab.foundation.errors import DataError
from commlab.foundation.result import Result
from commlab.foundation.statistics import benjamini_hochberg, max_statistic
from commlab.probes.decode.map_cells import Answer, Cell, Memo, answer, label_all, read_sheets
from commlab.probes.decode.nulls import permutations_of
from commlab.probes.decode.prepared import Question, check_model
from commlab.probes.decode.wording import file_stem
from commlab.probes.parallel import spread

__all__ = ["fit", "summary"]

SIGNIFICANT = 0.05

Watch = Callable[[int, int], None]


def fit(
    recording: Recording,
    targets: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
    lags: Sequence[int] = (0,),
    of: str | int | None = None,
    n_folds: int = 5,
    n_null: int = 199,
    seed: int = 0,
    unseen_only: bool | None = None,
    max_rows: int | None = None,
    model: str = "linear",
    workers: int | None = None,
    watch: Watch | None = None,
) -> Result:
    """How many of the cells (source, target, lag) stand out, and every cell's score, null, p-value and q-value.

    targets, sources: by default all that the recording has; where `of` is left out, hidden states are those of speakers
    and of listeners. max_rows: of each source, by default 20,000, drawn as whole episodes. A cell's `z` is its distance
    from the mean of its null in deviations of the null; `p_family` is adjusted over the map, `q_value` is the false
    discovery rate. Cells that cannot be computed are in `details["missing"]` with their reason.

    Raises DataError where no cell can be computed.
    """
    check_model(model)
    question = Question("", "", of, 0, n_folds, n_null, seed, unseen_only, max_rows, model)
    missing: list[dict[str, Any]] = []
    known = find_targets(recording, targets, missing)
    sheets = read_sheets(recording, question, sources, missing)
    if not known or not sheets or n_null < 1:
        raise nothing(missing, "no null draws were asked for" if n_null < 1 else None)
    memo: Memo = {}
    labellings = [
        (number, made)
        for number, sheet in enumerate(sheets)
        for made in label_all(recording, question, sheet, known, missing, memo)
    ]
    permutations, reason = permutations_of(recording, sheets[0].rows, n_null, seed)
    if reason is not None:
        raise nothing(missing, reason)
    cells = [Cell(sheet, place, lag) for place, (sheet, _) in enumerate(labellings) for lag in lags]
    work = partial(answer, sheets, [made for _, made in labellings], permutations, question)
    answers = spread(work, cells, workers, watch)
    found = [each for each in answers if each.reason is None]
    missing += [{**each.entry, "reason": each.reason} for each in answers if each.reason is not None]
    if not found:
        raise nothing(missing, None)
    return to_result(recording, judged(found), missing, question, lags)


def summary(result: Result) -> dict[str, Any]:
    """The cells, strongest first, and what could not be computed."""
    kept = ("n_cells", "n_family", "n_discoveries", "lags", "model", "missing")
    return {
        **{key: result.details[key] for key in kept},
        "cells": result.details["cells"],
        "seed": result.details["seed"],
    }


def find_targets(recording: Recording, names: Sequence[str] | None, missing: list[dict[str, Any]]) -> list[Target]:
    """The targets asked for, or all that can be computed; the others go to `missing`."""
    if names is not None:
        return [find_target(name, recording) for name in names]
    usable, reasons = targets_of(recording)
    missing += [
        {"target": name, "source": None, "of": None, "lag": None, "reason": why} for name, why in reasons.items()
    ]
    return list(usable.values())


def judged(found: Sequence[Answer]) -> list[dict[str, Any]]:
    """The cells with their p-values over the whole map, strongest first."""
    scores = np.array([each.entry["score"] for each in found])
    family = max_statistic(scores, np.stack([each.draws for each in found], axis=1))
    q_values = benjamini_hochberg([each.entry["p_value"] for each in found])
    cells = [
        {**each.entry, "p_family": float(p_family), "q_value": float(q_value)}
        for each, p_family, q_value in zip(found, family.p_values, q_values, strict=True)
    ]
    return sorted(cells, key=lambda cell: (cell["p_family"], -cell["z"]))


def to_result(
    recording: Recording,
    cells: list[dict[str, Any]],
    missing: list[dict[str, Any]],
    question: Question,
    lags: Sequence[int],
) -> Result:
    """The map as a result."""
    n_family = sum(cell["p_family"] <= SIGNIFICANT for cell in cells)
    n_discoveries = sum(cell["q_value"] <= SIGNIFICANT for cell in cells)
    model = () if question.model == "linear" else (question.model,)
    return Result(
        analysis="probe map",
        name=file_stem("probe-map", *(() if question.of is None else (str(question.of),)), *model),
        estimate=float(n_family),
        unit=f"cells of {len(cells)}",
        interval=None,
        null=None,
        p_value=min(cell["p_family"] for cell in cells),
        n_episodes=max(cell["n_episodes"] for cell in cells),
        sentence=sentence(cells, n_family, n_discoveries, missing),
        details={
            "cells": cells,
            "missing": missing,
            "n_cells": len(cells),
            "n_family": n_family,
            "n_discoveries": n_discoveries,
            "targets": list(dict.fromkeys(cell["target"] for cell in cells)),
            "sources": list(dict.fromkeys(f"{cell['source']} of {cell['of']}" for cell in cells)),
            "lags": list(lags),
            "model": question.model,
            "n_folds": question.n_folds,
            "n_null": question.n_null,
            "seed": question.seed,
        },
        provenance=origin(recording, "probe --target=all", question.seed),
    )


def sentence(
    cells: Sequence[Mapping[str, Any]], n_family: int, n_discoveries: int, missing: Sequence[Mapping[str, Any]]
) -> str:
    """The map in plain words."""
    best = cells[0]
    lag = f" at lag {best['lag']}" if best["lag"] else ""
    strongest = f"; the strongest is {best['target']} from {best['source']} of {best['of']}{lag} ({best['score']:z.2f})"
    absent = f"; {len(missing)} could not be computed" if missing else ""
    return (
        f"Of {len(cells)} cells of source, target and lag, {n_family} stand out with at most a 5 % chance of one false "
        f"one among them, and {n_discoveries} at a false discovery rate of 5 %{strongest if n_family else ''}{absent}."
    )


def nothing(missing: Sequence[Mapping[str, Any]], reason: str | None) -> DataError:
    """The error for a map without cells."""
    why = reason or (str(missing[0]["reason"]) if missing else "there is no source or no target")
    return DataError(f"No cell of the map can be computed: {why.rstrip('.')}.")
