"""Positive signalling and listening: against the reference case, and closed forms."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from commlab.training.bias import positive_listening, positive_signalling

CASES = Path(__file__).parents[1] / "refcases"
EXPECTED = json.loads((CASES / "07_eccles_losses.json").read_text())["expected"]
ARRAYS = {name: torch.from_numpy(values) for name, values in np.load(CASES / "07_eccles_losses.npz").items()}
SETTINGS = [(3.0, 0.8), (0.3, 1.0), (1.0, 0.804719)]


@pytest.mark.parametrize(("weight", "target"), SETTINGS)
def test_signalling_agrees_with_the_reference_in_both_forms(weight: float, target: float) -> None:
    case = EXPECTED[f"lambda={weight} H_target={target:.6f}"]
    squared = positive_signalling(ARRAYS["message_logits"], weight, target)
    marginal = positive_signalling(ARRAYS["message_logits"], weight, target, "marginal")
    assert float(squared) == pytest.approx(case["EcclesPPO (mean form, lambda on squared term)"], abs=1e-5)
    equation = "Eq.3 form (lambda on marginal entropy): mean((H-Ht)^2) - lam*Hbar"
    assert float(marginal) == pytest.approx(case[equation], abs=1e-5)
    total = case["rllib reproduction (sum form): sum(lam*(H-Ht)^2) - N*Hbar"]
    assert float(squared) * len(ARRAYS["message_logits"]) == pytest.approx(total, rel=1e-5)


def test_listening_agrees_with_the_reference() -> None:
    found = positive_listening(ARRAYS["action_logits"], ARRAYS["action_logits_no_message"])
    difference = EXPECTED["positive listening L_pl = -mean_t sum_a |pi - pi_bar|"]
    assert float(found.difference) == pytest.approx(difference, abs=1e-5)
    assert float(found.imitation) == pytest.approx(EXPECTED["L_ce = -mean_t sum_a sg(pi) log pi_bar"], abs=1e-5)


def test_the_best_speaker_says_each_symbol_surely_and_equally_often() -> None:
    sure = 50 * torch.eye(4).repeat(3, 1)
    assert float(positive_signalling(sure, 2.0, 0.0)) == pytest.approx(-np.log(4), abs=1e-5)
    same = 50 * torch.eye(4)[torch.zeros(12, dtype=torch.long)]
    assert float(positive_signalling(same, 2.0, 0.0)) == pytest.approx(0, abs=1e-5)
    babble = torch.zeros(12, 4)
    assert float(positive_signalling(babble, 2.0, 0.0)) == pytest.approx(2 * np.log(4) ** 2 - np.log(4), abs=1e-5)


def test_each_term_of_listening_teaches_one_of_the_two() -> None:
    hearing, deaf = torch.randn(5, 6, requires_grad=True), torch.randn(5, 6, requires_grad=True)
    found = positive_listening(hearing, deaf)
    assert torch.autograd.grad(found.difference, [hearing, deaf], allow_unused=True, retain_graph=True)[1] is None
    assert torch.autograd.grad(found.imitation, [hearing, deaf], allow_unused=True)[0] is None
