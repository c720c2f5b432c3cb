"""A shard: what its experience holds, what its gradients are made of, and how intrinsic rewards change them."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from commlab.agents.tokens import Bags, without_sounds
from commlab.env.loading import load_scenario
from commlab.env.scenario import Scenario
from commlab.training.config import Grounding, Prediction, Schedule, TrainConfig
from commlab.training.grounding import future_bags
from commlab.training.shard import Learner, Shard

Configs = Callable[..., TrainConfig]


def lived(scenario: Scenario, config: TrainConfig, number: int = 0) -> Shard:
    """A shard after its first iteration."""
    shard = Shard(number, scenario, config, Learner(scenario, config))
    shard.live(0, 0.0)
    return shard


def gradient(shard: Shard, worlds: np.ndarray, progress: float = 0.0) -> dict[str, torch.Tensor]:
    """The gradient of every weight in a minibatch."""
    shard.learner.zero_grad(set_to_none=False)
    for parameter in shard.learner.parameters():
        parameter.grad = torch.zeros_like(parameter)
    shard.backward(worlds, progress, np.random.default_rng(0))
    return {name: p.grad.clone() for name, p in shard.learner.named_parameters() if p.grad is not None}


def test_shards_live_in_worlds_of_their_own(scenario: Scenario, small_config: Configs) -> None:
    config = small_config()
    first, second = lived(scenario, config), lived(scenario, config, 1)
    assert first.worlds.world.episode.tolist() == [0, 1, 2, 3]
    assert second.worlds.world.episode.tolist() == [4, 5, 6, 7]
    first.live(1, 0.1)
    assert first.worlds.world.episode.tolist() == [8, 9, 10, 11]


def test_minibatches_part_the_worlds(scenario: Scenario, small_config: Configs) -> None:
    shard = Shard(1, scenario, small_config(minibatches=3), Learner(scenario, small_config()))
    parts = shard.minibatches(2, 1)
    assert sorted(np.concatenate(parts).tolist()) == [0, 1, 2, 3]
    assert [len(part) for part in parts] == [2, 1, 1]
    orders = {tuple(np.concatenate(shard.minibatches(i, e)).tolist()) for i in range(5) for e in range(2)}
    assert len(orders) > 3


def test_experience_is_what_was_decided(scenario: Scenario, small_config: Configs) -> None:
    """Before any update the network says of its experience what it said when it lived it."""
    shard = lived(scenario, small_config())
    e, policy = shard.experience, shard.learner.policy
    token, count = (torch.from_numpy(a) for a in e.bags(0, slice(None), np.arange(4)))
    with torch.no_grad():
        hidden = policy.network(0).sequence(token, count, torch.from_numpy(e.state[0].reshape(8, -1)))
        heads = policy.network(0).read(hidden.view(-1, 8), policy.bodies(0, 4).repeat(16))
    value = heads.value.numpy().reshape(16, 4, 2)
    logp = [part.log_softmax(1).numpy().reshape(16, 4, 2, -1) for part in heads.logits.split([6, 16], dim=1)]
    said = (e.action, e.message[..., 0])
    chosen = [np.take_along_axis(p, c[..., None], -1)[..., 0] for p, c in zip(logp, said, strict=True)]
    np.testing.assert_allclose(e.value, value, atol=1e-5)
    np.testing.assert_allclose(e.logprob, chosen[0] + chosen[1], atol=1e-5)


def test_futures_are_those_of_all_worlds_some_steps_ahead(scenario: Scenario, small_config: Configs) -> None:
    e = lived(scenario, small_config()).experience
    found = future_bags(e, 0, np.array([2, 5]), ahead=4)
    rows = [(t, w, a) for t in (6, 9) for w in range(4) for a in range(2)]
    assert found.count.tolist() == [e.count[0][row] for row in rows]
    assert found.token.tolist() == [e.token[0][row].tolist() for row in rows]


def test_advantages_are_normalised_for_each_body(scenario: Scenario, small_config: Configs) -> None:
    e = lived(scenario, small_config()).experience
    for agent in range(2):
        assert e.advantage[:, :, agent].mean() == pytest.approx(0, abs=1e-5)
        assert e.advantage[:, :, agent].std() == pytest.approx(1, abs=0.01)


def test_later_sequences_of_an_episode_begin_where_the_earlier_ended(scenario: Scenario, small_config: Configs) -> None:
    shard = lived(scenario, small_config(sequence=8))
    assert not shard.experience.state[0].any()
    carried = shard.rollout.state[0].numpy().copy()
    shard.live(1, 0.0)
    assert np.array_equal(shard.experience.state[0].reshape(carried.shape), carried)
    assert shard.worlds.world.episode.tolist() == [0, 1, 2, 3]
    shard.live(2, 0.0)
    assert not shard.experience.state[0].any()
    assert shard.worlds.world.episode.tolist() == [8, 9, 10, 11]


def test_the_grounding_term_fades(scenario: Scenario, small_config: Configs) -> None:
    plain = small_config(grounding=Grounding(kind="none"))
    grounded = small_config(grounding=Grounding(weight=Schedule(start=0.5, end=0.0, by=0.5)))
    worlds = np.array([0, 2])
    early = gradient(lived(scenario, grounded), worlds), gradient(lived(scenario, plain), worlds)
    late = gradient(lived(scenario, grounded), worlds, 0.5), gradient(lived(scenario, plain), worlds, 0.5)
    assert not torch.equal(early[0]["policy.networks.0.heads.weight"], early[1]["policy.networks.0.heads.weight"])
    assert early[0]["critics.0.encoder.table"].abs().sum() > 0
    for name in late[0]:
        if name.startswith("critics"):
            assert not late[0][name].any()
            assert not early[1][name].any()
    assert torch.equal(late[0]["policy.networks.0.heads.weight"], late[1]["policy.networks.0.heads.weight"])


def test_bags_without_sounds_lack_what_was_heard_alone(scenario: Scenario, small_config: Configs) -> None:
    shard = lived(scenario, small_config())
    vocabulary = shard.learner.policy.vocabulary
    bags = shard.experience.bags(0, slice(None), np.arange(4))
    deaf = without_sounds(bags, vocabulary)
    heard = 0
    for token, count, left in zip(bags.token, bags.count, deaf.count, strict=True):
        sounds = [int(t) for t in token[:count] if vocabulary.heard <= t < vocabulary.beacon or t >= vocabulary.later]
        assert token[:left].tolist() == [t for t in token[:count].tolist() if t not in sounds]
        heard += len(sounds)
    assert heard > 0
    assert without_sounds(Bags(bags.token, deaf.count), vocabulary).count.tolist() == deaf.count.tolist()


def test_the_bias_moves_speakers_and_listeners(scenario: Scenario, small_config: Configs) -> None:
    weight, worlds = Schedule(start=0.5, end=0.0, by=0.5), np.array([0, 2])
    biased = lived(scenario, small_config(grounding=Grounding(kind="positive", weight=weight)))
    plain = lived(scenario, small_config(grounding=Grounding(kind="none")))
    mine, theirs = gradient(biased, worlds), gradient(plain, worlds)
    name = "policy.networks.0.heads.weight"
    n_actions = biased.learner.policy.n_actions
    assert not torch.equal(mine[name][:n_actions], theirs[name][:n_actions])
    assert not torch.equal(mine[name][n_actions:-1], theirs[name][n_actions:-1])
    assert biased.stats["grounding_loss"] != 0
    late = gradient(biased, worlds, 0.5), gradient(plain, worlds, 0.5)
    assert torch.equal(late[0][name], late[1][name])


def test_prediction_shapes_the_core_when_it_has_weight(scenario: Scenario, small_config: Configs) -> None:
    none = Grounding(kind="none")
    with_head = lived(scenario, small_config(grounding=none, prediction=Prediction(weight=0.1)))
    without = lived(scenario, small_config(grounding=none, prediction=Prediction(weight=0)))
    worlds = np.array([1, 3])
    mine, theirs = gradient(with_head, worlds), gradient(without, worlds)
    assert with_head.stats["prediction_loss"] > 1
    assert without.stats["prediction_loss"] == 0
    assert mine["predictors.0.head.weight"].any()
    assert not theirs["predictors.0.head.weight"].any()
    assert not torch.equal(mine["policy.networks.0.core.weight_hh_l0"], theirs["policy.networks.0.core.weight_hh_l0"])
    assert torch.equal(mine["policy.networks.0.heads.weight"], theirs["policy.networks.0.heads.weight"])


def test_intrinsic_reward_pays_for_surprise_avoided(scenario: Scenario, small_config: Configs) -> None:
    plain = lived(scenario, small_config())
    paid = lived(scenario, small_config(prediction=Prediction(reward=0.02)))
    e = paid.experience
    assert np.array_equal(e.action, plain.experience.action), "the first iteration acts alike"
    assert np.array_equal(e.shared_reward, plain.experience.reward), "the log's return leaves it out"
    bonus = e.reward - e.shared_reward
    assert not bonus[-1].any(), "what follows the last step has not been observed"
    assert bonus.sum() == pytest.approx(0, abs=1e-4)
    surprise = torch.zeros(15, 4, 2)
    token, count = (torch.from_numpy(a) for a in e.bags(0, slice(None), np.arange(4)))
    predictor, network = paid.learner.predictors[0], paid.learner.policy.network(0)
    with torch.no_grad():
        hidden = network.sequence(token, count, torch.zeros(8, 8))
        for t in range(15):
            action = torch.from_numpy(e.action[t].ravel())
            following = e.bags(0, slice(t + 1, t + 2), np.arange(4))
            surprise[t] = predictor.surprise(hidden[t], action, following).view(4, 2)  # type: ignore[operator]
    np.testing.assert_allclose(bonus[:-1], 0.02 * (surprise.mean() - surprise).numpy(), atol=1e-5)
    assert not np.array_equal(e.advantage, plain.experience.advantage)


def early(**changes: object) -> Scenario:
    """Lookout for 32 steps, whose episodes end with the first delivery; many begin with a crystal in hand."""
    return load_scenario("lookout", {"steps": 32, "end.hearts": 1, "start.carrying": 1, **changes})


@pytest.fixture(scope="module")
def ended(small_config: Configs) -> Shard:
    """A shard in which some episodes ended early, after its first of two sequences."""
    return lived(early(), small_config(worlds=128, sequence=16))


def test_what_follows_an_early_end_is_neither_rewarded_nor_credited(ended: Shard) -> None:
    e = ended.experience
    over = e.ends.any(axis=0)
    assert 0 < over.sum() < 64
    before = np.vstack([np.zeros((1, 64), bool), np.maximum.accumulate(e.ends)[:-1]])
    assert np.array_equal(e.live, ~before)
    assert not e.reward[~e.live].any()
    last = e.ends.argmax(axis=0)
    for w in np.flatnonzero(over):
        assert e.reward[last[w], w].tolist() == [1, 1]
        np.testing.assert_allclose(e.target[last[w], w], 1, atol=1e-6)  # nothing follows
    for agent in range(2):
        assert e.advantage[:, :, agent][e.live].mean() == pytest.approx(0, abs=1e-5)
        assert e.advantage[:, :, agent][e.live].std() == pytest.approx(1, abs=0.01)


def test_nothing_is_learnt_from_what_follows_an_early_end(ended: Shard) -> None:
    e, worlds, rng = ended.experience, np.flatnonzero(ended.experience.ends.any(axis=0)), np.random.default_rng(1)
    before = gradient(ended, worlds)
    stats = dict(ended.stats)
    over = ~e.live
    for array in (e.action, e.message):
        array[over] = rng.integers(0, 5, array[over].shape)
    for floats in (e.logprob, e.advantage, e.target, e.value):
        floats[over] = rng.normal(size=floats[over].shape)
    for token in e.token:
        token[over] = rng.integers(0, 1500, token[over].shape)
    after = gradient(ended, worlds)
    assert stats == ended.stats
    assert any(value.any() for value in before.values())
    for name in before:
        torch.testing.assert_close(before[name], after[name], atol=1e-7, rtol=1e-5, msg=name)


def test_an_end_is_remembered_in_the_later_sequences_of_an_episode(small_config: Configs) -> None:
    shard = lived(early(), small_config(worlds=128, sequence=16))
    over = shard.experience.ends.any(axis=0)
    shard.live(1, 0.0)
    e = shard.experience
    assert over.any()
    assert not e.live[:, over].any()
    assert not e.reward[:, over].any()
    assert not gradient(shard, np.flatnonzero(over))["policy.networks.0.heads.weight"].any()
    shard.live(2, 0.0)
    assert shard.experience.live[0].all()


def test_messages_of_several_symbols_are_learnt(small_config: Configs) -> None:
    scenario = load_scenario("lookout", {"steps": 16, "channel.length": 3})
    shard = lived(scenario, small_config())
    assert shard.experience.message.shape == (16, 4, 2, 3)
    found = gradient(shard, np.arange(4))
    heads = found["policy.networks.0.heads.weight"][6:-1].reshape(3, 16, 8)
    assert (heads.abs().sum(dim=(1, 2)) > 0).all()
    assert found["critics.0.layers.3.weight"].reshape(3, 16, 64).abs().sum(dim=(1, 2)).all()


@pytest.mark.parametrize("sharing", ["all", "agent"])
def test_losses_are_means_over_networks(scenario: Scenario, small_config: Configs, sharing: str) -> None:
    shard = lived(scenario, small_config(sharing=sharing))
    shard.backward(np.arange(4), 0.0, np.random.default_rng(0))
    assert 0 <= shard.stats["grounding_clamped"] <= 1
    assert 10 < shard.stats["prediction_loss"] < 200
