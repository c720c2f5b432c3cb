"""A gradient shard: a fixed part of the worlds, whose experience and gradients depend on nothing but the seed.

A seed gives the same numbers whether its shards run in one process or in many, because a shard's batches always have
the same shape and shards' gradients are added in the order of their numbers.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from commlab.agents.plan import MUTED, NO_PLAN
from commlab.agents.recurrent import RecurrentPolicy
from commlab.agents.rollout import Rollout
from commlab.agents.tokens import without_sounds
from commlab.env.batch import WorldBatch
from commlab.env.scenario import Scenario
from commlab.training.bias import positive_listening, positive_signalling
from commlab.training.config import TrainConfig
from commlab.training.experience import Experience
from commlab.training.grounding import Critic, Terms, choose_moments, future_bags, predictive_loss
from commlab.training.loss_kernel import Stat
from commlab.training.mixture import scenario_of_shard
from commlab.training.ppo import Batch, Weights, ppo_gradients
from commlab.training.prediction import Predictor


class Learner(nn.Module):
    """All that is trained: the policy and its auxiliary heads."""

    def __init__(self, scenario: Scenario, config: TrainConfig) -> None:
        """Draw the first weights from the seed."""
        super().__init__()
        self.policy = RecurrentPolicy(scenario, config.hidden, config.sharing, config.seed)
        n_tokens, n_scores = self.policy.vocabulary.size, self.policy.length * self.policy.n_symbols
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed + 1)
            self.critics = nn.ModuleList(Critic(n_tokens, n_scores) for _ in self.policy.groups)
            self.predictors = nn.ModuleList(
                Predictor(config.hidden, n_tokens, self.policy.n_actions) for _ in self.policy.groups
            )


class Shard:
    """One shard's worlds, experience and losses."""

    def __init__(self, number: int, scenario: Scenario, config: TrainConfig, learner: Learner) -> None:
        """Prepare the worlds of shard `number`."""
        self.number, self.config, self.learner = number, config, learner
        self.n_worlds = config.worlds // config.shards
        self.worlds = WorldBatch(scenario_of_shard(scenario, config, number), self.n_worlds, config.seed)
        self.n_steps = min(config.sequence, scenario.steps)
        self.experience = Experience(learner.policy, self.n_steps, self.n_worlds)
        self.rollout = Rollout(self.worlds, learner.policy, MUTED if config.mute else NO_PLAN)
        self.stats: dict[str, float] = {}

    def live(self, iteration: int, progress: float) -> None:
        """Gather the experience of one iteration and work out its advantages."""
        per_episode = self.worlds.rules.n_steps // self.n_steps
        if iteration % per_episode == 0:
            first = (iteration // per_episode) * self.config.worlds + self.number * self.n_worlds
            self.rollout.begin(first + np.arange(self.n_worlds), self.config.scatter.at(progress))
        self.experience.begin(self.rollout.state)
        self.rollout.run(self.n_steps, self.experience)
        if self.config.prediction.reward > 0:
            self._reward_prediction()
        last_value = self.rollout.decide().value
        self.experience.credit(last_value, self.config.gamma, self.config.gae_lambda, self.worlds.rules.body)

    def minibatches(self, iteration: int, epoch: int) -> list[np.ndarray]:
        """Return the worlds of each minibatch of an epoch."""
        rng = np.random.default_rng([self.config.seed, iteration, epoch, self.number])
        return np.array_split(rng.permutation(self.n_worlds), self.config.minibatches)

    def backward(self, worlds: np.ndarray, progress: float, rng: np.random.Generator) -> np.ndarray:
        """Add the gradients of a minibatch of worlds to the learner's; return the loss's parts by `Stat`."""
        stats = np.zeros(len(Stat))
        self.stats = {"grounding_loss": 0.0, "grounding_clamped": 0.0, "prediction_loss": 0.0}
        for group in range(len(self.learner.policy.groups)):
            stats += self._backward_group(group, np.sort(worlds), progress, rng)
        return stats / len(self.learner.policy.groups)

    def _backward_group(self, group: int, worlds: np.ndarray, progress: float, rng: np.random.Generator) -> np.ndarray:
        """Do the same for the agents of one network."""
        config, policy, experience = self.config, self.learner.policy, self.experience
        network, agents = policy.network(group), policy.groups[group]
        token, count = (torch.from_numpy(a).to(policy.device) for a in experience.bags(group, slice(None), worlds))
        state = torch.from_numpy(experience.state[group][worlds].reshape(-1, policy.n_hidden)).to(policy.device)
        hidden = network.sequence(token, count, state)
        body = policy.bodies(group, len(worlds)).repeat(self.n_steps)
        heads = network.read(hidden.view(-1, policy.n_hidden), body)
        weights = Weights(
            policy.n_actions,
            config.clip,
            config.value_weight,
            config.entropy_action.at(progress),
            config.entropy_message.at(progress),
        )
        gradients = ppo_gradients(heads.logits, heads.value, self._batch(worlds, agents), weights)
        outputs, given = [heads.logits, heads.value], [gradients.logits, gradients.value]
        extra = self._auxiliary(group, worlds, hidden, heads.logits, progress, rng)
        if extra is not None:
            outputs.append(extra)
            given.append(torch.ones_like(extra))
        torch.autograd.backward(outputs, given)
        return gradients.stats

    def _batch(self, worlds: np.ndarray, agents: np.ndarray) -> Batch:
        """Return the rows of some worlds and agents, in the order of the network's rows."""
        e = self.experience
        index = np.ix_(np.arange(self.n_steps), worlds, agents)
        live = np.repeat(e.live[:, worlds].ravel(), len(agents))
        action, logprob, advantage, target = (a[index].ravel() for a in (e.action, e.logprob, e.advantage, e.target))
        return Batch(action, e.message[index].reshape(len(action), -1), logprob, advantage, target, live)

    def _auxiliary(
        self, group: int, worlds: np.ndarray, hidden: Tensor, logits: Tensor, progress: float, rng: np.random.Generator
    ) -> Tensor | None:
        """Return the weighted sum of the terms beside PPO, None where there are none."""
        terms = [
            self._grounding(group, worlds, hidden, logits, progress, rng),
            self._prediction(group, worlds, hidden, rng),
        ]
        present = [term for term in terms if term is not None]
        return torch.stack(present).sum() if present else None

    def _grounding(
        self, group: int, worlds: np.ndarray, hidden: Tensor, logits: Tensor, progress: float, rng: np.random.Generator
    ) -> Tensor | None:
        """Return the grounding term times its weight."""
        config = self.config.grounding
        weight = config.weight.at(progress)
        if config.kind == "none" or weight <= 0:
            return None
        policy = self.learner.policy
        shape = (self.n_steps, len(worlds), len(policy.groups[group]))
        messages = logits[:, policy.n_actions :].reshape(*shape, policy.length, policy.n_symbols)
        if config.kind == "predictive":
            terms = Terms(config.clamp, config.balance.at(progress), config.silence)
            found = self._predictive(group, worlds, messages, terms, rng)
        else:
            found = self._biased(group, worlds, hidden, logits, messages, rng)
        return None if found is None else found * weight

    def _predictive(
        self, group: int, worlds: np.ndarray, messages: Tensor, terms: Terms, rng: np.random.Generator
    ) -> Tensor | None:
        """Return how badly messages (T, w, n, L, V) foretell coming observations."""
        config = self.config.grounding
        moments, ahead = choose_moments(config, self.n_steps, rng)
        live = self.experience.live[moments + ahead]
        if not live[:, worlds].any():
            return None
        critic = self.learner.critics[group]
        assert isinstance(critic, Critic)
        future = future_bags(self.experience, group, moments, ahead)
        found = predictive_loss(critic, messages[torch.from_numpy(moments)], future, live, worlds, terms)
        n_groups = len(self.learner.policy.groups)
        self.stats["grounding_loss"] += found.said / n_groups
        self.stats["grounding_clamped"] += found.clamped / n_groups
        return found.loss

    def _biased(
        self, group: int, worlds: np.ndarray, hidden: Tensor, logits: Tensor, messages: Tensor, rng: np.random.Generator
    ) -> Tensor | None:
        """Return the terms of positive signalling, of messages (T, w, n, L, V), and of positive listening."""
        config, policy = self.config.grounding, self.learner.policy
        moments = np.sort(rng.choice(self.n_steps, min(config.moments, self.n_steps), replace=False))
        live = torch.from_numpy(self.experience.live[np.ix_(moments, worlds)])
        if not live.any():
            return None
        at = torch.from_numpy(moments)
        speaking = positive_signalling(messages[at][live], config.certainty, config.entropy_target)
        rows = live.flatten().repeat_interleave(messages.shape[2])
        acting = logits[:, : policy.n_actions].reshape(self.n_steps, -1, policy.n_actions)[at].flatten(0, 1)
        deaf = self._deaf_logits(group, worlds, hidden, moments)
        heeding = positive_listening(acting[rows], deaf[rows])
        self.stats["grounding_loss"] += float(speaking.detach()) / len(policy.groups)
        return speaking + config.listening * heeding.difference + config.imitation * heeding.imitation

    def _deaf_logits(self, group: int, worlds: np.ndarray, hidden: Tensor, moments: np.ndarray) -> Tensor:
        """Return the action logits (M * w * n, n_actions) of agents that hear nothing at the moments alone."""
        policy, experience = self.learner.policy, self.experience
        first = torch.from_numpy(experience.state[group][worlds].reshape(1, -1, policy.n_hidden)).to(hidden.device)
        before = torch.cat([first, hidden[:-1]])[torch.from_numpy(moments)].detach().reshape(-1, policy.n_hidden)
        bags = without_sounds(experience.bags(group, moments, worlds), policy.vocabulary)
        token, count = (torch.from_numpy(array).to(hidden.device) for array in bags)
        body = policy.bodies(group, len(worlds)).repeat(len(moments))
        heads, _ = policy.network(group).step(token, count, body, before)
        return heads.logits[:, : policy.n_actions]

    def _prediction(self, group: int, worlds: np.ndarray, hidden: Tensor, rng: np.random.Generator) -> Tensor | None:
        """Return the prediction term times its weight."""
        config = self.config.prediction
        if config.weight <= 0:
            return None
        moments = np.sort(rng.choice(self.n_steps - 1, min(config.moments, self.n_steps - 1), replace=False))
        live = np.repeat(self.experience.live[moments + 1][:, worlds].ravel(), len(self.learner.policy.groups[group]))
        if not live.any():
            return None
        surprises = self._surprise(group, worlds, hidden[torch.from_numpy(moments)], moments)
        surprise = surprises[torch.from_numpy(live)].mean()
        self.stats["prediction_loss"] += float(surprise.detach()) / len(self.learner.policy.groups)
        return surprise * config.weight

    def _surprise(self, group: int, worlds: np.ndarray, hidden: Tensor, moments: np.ndarray) -> Tensor:
        """Return how surprising the observations after the moments were, (M * w * n,), in nats."""
        agents = self.learner.policy.groups[group]
        action = torch.from_numpy(self.experience.action[np.ix_(moments, worlds, agents)].ravel()).to(hidden.device)
        predictor = self.learner.predictors[group]
        assert isinstance(predictor, Predictor)
        following = self.experience.bags(group, moments + 1, worlds)
        return predictor.surprise(hidden.reshape(-1, hidden.shape[-1]), action, following)

    @torch.no_grad()
    def _reward_prediction(self) -> None:
        """Add the intrinsic reward: minus the surprise of each next observation, against the shard's mean."""
        policy, everyone, steps = self.learner.policy, np.arange(self.n_worlds), np.arange(self.n_steps - 1)
        for group, agents in enumerate(policy.groups):
            bags = self.experience.bags(group, slice(None), everyone)
            token, count = (torch.from_numpy(array).to(policy.device) for array in bags)
            state = torch.from_numpy(self.experience.state[group].reshape(-1, policy.n_hidden)).to(policy.device)
            hidden = policy.network(group).sequence(token, count, state)
            surprise = self._surprise(group, everyone, hidden[:-1], steps).cpu().numpy()
            live = np.repeat(self.experience.live[1:].ravel(), len(agents))
            usual = surprise[live].mean() if live.any() else 0.0
            bonus = self.config.prediction.reward * np.where(live, usual - surprise, np.float32(0))
            self.experience.reward[np.ix_(steps, everyone, agents)] += bonus.reshape(len(steps), -1, len(agents))
