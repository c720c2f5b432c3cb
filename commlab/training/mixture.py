"""Mixtures: shards that live in different variants of one scenario, so that agents meet all of them in one training.

What is drawn for every episode comes from a range; a mixture gives chosen values instead. Within a shard all worlds are
of one variant, so that predictive grounding, which tells a world from others of its shard, cannot make it a topic.
"""

from __future__ import annotations

from commlab.agents.tokens import token_vocabulary
from commlab.env.loading import override, parse_scenario
from commlab.env.rules import make_rules
from commlab.env.scenario import Scenario
from commlab.foundation.errors import RunError
from commlab.training.config import TrainConfig

__all__ = ["check_mixture", "scenario_of_shard"]


def scenario_of_shard(scenario: Scenario, config: TrainConfig, shard: int) -> Scenario:
    """Return the variant that a shard lives in: the mixture's, in turn. Raises ScenarioError where that is no world."""
    if not config.mixture:
        return scenario
    data = scenario.model_dump(mode="json")
    changes = config.mixture[shard % len(config.mixture)]
    for field, value in changes.items():
        override(data, field, value)
    return parse_scenario(data, f"{scenario.name} with {', '.join(changes)} of train.mixture set")


def check_mixture(scenario: Scenario, config: TrainConfig) -> None:
    """Raise RunError where a variant has no shard, or is of another length, agents or tokens than the scenario."""
    n_variants = len(config.mixture)
    if n_variants and config.shards % n_variants:
        raise RunError(
            f"train: {config.shards} shards do not split over the {n_variants} variants of mixture; set shards to a "
            f"multiple of {n_variants}."
        )
    for number in range(n_variants):
        variant = scenario_of_shard(scenario, config, number)
        if _shape(variant) != _shape(scenario):
            fields = ", ".join(config.mixture[number])
            raise RunError(
                f"train: with {fields} set, agents of {scenario.name} would do, say or perceive other things; mix "
                f"variants that differ in what one network can serve, such as kinship.clan_share."
            )


def _shape(scenario: Scenario) -> tuple[object, ...]:
    """Return what a network is made for."""
    vocabulary = token_vocabulary(scenario, make_rules(scenario))
    tokens = tuple(part if isinstance(part, int) else part.tolist() for part in vocabulary)
    channel = (scenario.channel.length, scenario.channel.vocabulary)
    return scenario.steps, scenario.agent_bodies, scenario.families, scenario.n_actions, channel, tokens
