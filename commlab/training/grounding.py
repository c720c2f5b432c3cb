"""Grounding: what, beside reward, gives messages a meaning. The predictive kind knows nothing of crystals.

Predictive grounding is contrastive predictive coding (van den Oord et al. 2018, equation 4) put into the channel: what
an agent says should help to tell its own coming observations from those of its like in other worlds at the same step.
For a speaker with hidden state h_i and a critic u(o) in R^V of its observation k steps later,

    S[i, m] = clamp(u_i[m] - log mean_j exp u_j[m], -c, c),   loss = - mean_i sum_m pi(m | h_i) S[i, m],

which is InfoNCE with an exact expectation over symbols. Its prior is persistence: say what will still be true soon.
The critic's best u[m] does not depend on how often m is said, so it learns each symbol's meaning with equal weight (the
speaker's shares of each symbol add up to 1): a symbol that is hardly used keeps a meaning to be used for.
A message of L symbols has a critic's score for each of them, and the scores add up.

Two situations that come to share a symbol tend to stay so, for what is said of both alike tells the critic nothing of
either. So the speaker's part can carry a balance b: with the share q[m] of a symbol in what an agent says,

    S'[i, m] = S[i, m] - b log q[m],

whose gradient is that of b times the entropy of the symbols' shares. It makes the speaker spread what it says over all
symbols, and what is spread can part. With b below 0 it settles on few of several words for the same. It too knows
nothing of what is worth saying. And silence can be kept from meaning anything: S[i, 0] = 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from commlab.agents.bag import TokenBag
from commlab.agents.tokens import Bags
from commlab.training.config import Grounding
from commlab.training.experience import Experience

RAREST = 1e-3  # added to a symbol's share of what an agent says
SILENCE = 0
_GONE = -1e9  # the score of a world whose episode is over


class Critic(nn.Module):
    """Scores, for each symbol at each place of a message, how well an observation fits it: tokens -> (N, L * V)."""

    def __init__(self, n_tokens: int, n_scores: int, n_hidden: int = 64) -> None:
        """Two layers of `n_hidden` units."""
        super().__init__()
        self.encoder = TokenBag(n_tokens, n_hidden)
        self.layers = nn.Sequential(nn.ReLU(), nn.Linear(n_hidden, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_scores))

    def forward(self, token: Tensor, count: Tensor) -> Tensor:
        """Return u(o) for each bag, (N, L * V)."""
        out: Tensor = self.layers(self.encoder(token, count))
        return out


class Terms(NamedTuple):
    """How the predictive term is reckoned at this point of training."""

    clamp: float = 8.0  # nats
    balance: float = 0.0  # of the symbols' shares
    silence: bool = True  # it may foretell something


class GroundingLoss(NamedTuple):
    """The grounding term of a minibatch."""

    loss: Tensor
    said: float  # the speaker's part: minus the nats that messages tell of the future
    clamped: float  # how often the clamp bound, 0 to 1


def choose_moments(config: Grounding, n_steps: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Return steps t to ground and how far ahead k their future lies, such that t + k is within the sequence."""
    farthest = min(config.farthest, n_steps - 1)
    ahead = int(rng.integers(min(config.nearest, farthest), farthest + 1))
    n_moments = min(config.moments, n_steps - ahead)
    return np.sort(rng.choice(n_steps - ahead, n_moments, replace=False)), ahead


def predictive_loss(
    critic: Critic, message_logits: Tensor, future: Bags, live: NDArray[np.bool_], worlds: np.ndarray, terms: Terms
) -> GroundingLoss:
    """Return the predictive term.

    `message_logits` (M, w, n, L, V) of M moments, the w worlds of a minibatch and n agents; `future` holds the bags of
    the same moments k steps later for ALL W worlds of the shard, (M * W * n) rows: contrasts share the agent and the
    step, and differ in the world. `live` (M, W) tells where the episode still goes on then; the rest does not count.
    """
    n_moments, n_worlds = live.shape
    shape, device = message_logits.shape, message_logits.device
    token, count = (torch.from_numpy(array).to(device) for array in future)
    scores = critic(token, count).view(n_moments, n_worlds, *shape[2:])
    going = torch.from_numpy(live).to(device)[:, :, None, None, None]
    n_going = torch.from_numpy(np.log(np.maximum(live.sum(axis=1), 1)).astype(np.float32)).to(device)
    contrast = scores.masked_fill(~going, _GONE).logsumexp(dim=1, keepdim=True) - n_going[:, None, None, None, None]
    chosen = torch.from_numpy(worlds)
    raw = (scores[:, chosen] - contrast).clamp(-terms.clamp, terms.clamp)
    mine = going[:, chosen, 0, 0, 0]
    spoken = message_logits.softmax(dim=-1)
    uses = spoken.detach() * mine[:, :, None, None, None]
    share = uses / uses.sum(dim=(0, 1), keepdim=True)
    learn_meaning = -(share * raw).sum(dim=(0, 1)).sum(dim=1).mean()
    worth = _worth(raw.detach(), uses, mine, terms)
    speak = -(spoken * worth).sum(dim=-1).sum(dim=-1)[mine].mean()
    said = -(spoken.detach() * raw.detach()).sum(dim=-1).sum(dim=-1)[mine].mean()
    clamped = (raw.detach().abs() >= terms.clamp)[mine].float().mean()
    return GroundingLoss(speak + learn_meaning, float(said), float(clamped))


def _worth(told: Tensor, uses: Tensor, mine: Tensor, terms: Terms) -> Tensor:
    """Return what each symbol is worth to its speaker, (M, w, n, L, V): what it tells, and how rare it is.

    `uses` holds the chance of each symbol, 0 where the episode is over; `mine` (M, w) tells where it goes on.
    """
    worth = told
    if not terms.silence:
        worth = worth.clone()
        worth[..., SILENCE] = 0
    if terms.balance != 0:
        shares = uses.sum(dim=(0, 1)) / mine.sum()
        worth = worth - terms.balance * (shares + RAREST).log()
    return worth


def future_bags(experience: Experience, group: int, moments: np.ndarray, ahead: int) -> Bags:
    """Return the bags of all worlds of the shard, `ahead` steps after the moments."""
    return experience.bags(group, moments + ahead, np.arange(experience.n_worlds))
