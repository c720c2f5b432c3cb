"""How to train: the recipe's numbers, with a unit and a sentence each. Schedules count agent steps, never seconds."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Schedule(_Model):
    """A number that goes from `start` to `end` in a straight line, reached at the fraction `by` of training."""

    start: float
    end: float
    by: float = Field(1.0, gt=0, le=1)

    def at(self, progress: float) -> float:
        """Return the value at a fraction of training."""
        return self.start + (self.end - self.start) * min(1.0, progress / self.by)


class Grounding(_Model):
    """What, beside reward, gives messages a meaning."""

    kind: Literal["predictive", "positive", "none"] = Field(
        "predictive", description="Foretelling observations, positive signalling and listening, or reward alone."
    )
    weight: Schedule = Field(Schedule(start=4.0, end=0.0, by=0.5), description="Weight in the loss.")
    nearest: int = Field(4, ge=1, description="Smallest number of steps ahead that messages should foretell.")
    farthest: int = Field(12, ge=1, description="Largest number of steps ahead.")
    clamp: float = Field(8.0, gt=0, description="Bound of the score, in nats.")
    balance: Schedule = Field(
        Schedule(start=0.35, end=0.0, by=0.5),
        description="Weight, in the term, of using all symbols alike; below 0: of using few.",
    )
    silence: bool = Field(False, description="Whether silence may foretell something, as symbols do.")
    moments: int = Field(16, ge=1, description="Steps of each sequence that the term is evaluated at.")
    entropy_target: float = Field(0.8, ge=0, description="positive: entropy of a message in its situation, in nats.")
    certainty: float = Field(3.0, ge=0, description="positive: weight of coming near to that entropy.")
    listening: float = Field(0.1, ge=0, description="positive: weight of acting otherwise than when nothing is heard.")
    imitation: float = Field(0.1, ge=0, description="positive: weight of learning how one acts when nothing is heard.")


class Prediction(_Model):
    """The auxiliary head that predicts the next observation, and the reward for predicting well."""

    weight: float = Field(0.003, ge=0, description="Weight in the loss; 0: no head is trained.")
    moments: int = Field(2, ge=1, description="Steps of each sequence that the head is trained at.")
    reward: float = Field(0.0, ge=0, description="Intrinsic reward for a nat of surprise avoided; 0: none.")


class TrainConfig(_Model):
    """A training run, beside its scenario."""

    seed: int = Field(0, ge=0, lt=2**40, description="Root of all draws: worlds, first weights, minibatches.")
    agent_steps: int = Field(4_000_000, ge=1, description="Steps of experience, over all agents.")
    worlds: int = Field(128, ge=1, description="Worlds stepped together, over all shards.")
    shards: int = Field(2, ge=1, description="Parts whose gradients are added in fixed order; at most one a process.")
    sequence: int = Field(64, ge=2, description="Steps that gradients flow back through time.")
    minibatches: int = Field(8, ge=1)
    epochs: int = Field(2, ge=1)
    hidden: int = Field(64, ge=1, description="Units of the recurrent state.")
    sharing: Literal["all", "family", "agent"] = Field("all", description="Which agents share a network.")
    mute: bool = Field(False, description="Train with the channel muted: the control.")
    begin: str | None = Field(
        None, description="Run or checkpoint from whose weights training begins; none: from random ones."
    )
    kin_blind: bool = Field(
        False, description="Whether who begins from an earlier run sees and hears everybody as full kin at first."
    )
    mixture: tuple[dict[str, Any], ...] = Field(
        (), description="Fields of the scenario, by shard in turn, in which shards differ; none: they are alike."
    )
    learning_rate: Schedule = Schedule(start=4e-3, end=1e-3)
    entropy_action: Schedule = Schedule(start=0.12, end=0.005, by=0.8)
    entropy_message: Schedule = Schedule(start=0.02, end=0.0, by=2 / 3)
    scatter: Schedule = Field(
        Schedule(start=0.8, end=0.0, by=0.8), description="Chance that an episode starts scattered."
    )
    gamma: float = Field(0.95, ge=0, le=1)
    gae_lambda: float = Field(0.95, ge=0, le=1)
    clip: float = Field(0.2, gt=0)
    value_weight: float = Field(0.5, ge=0)
    max_grad_norm: float = Field(1.0, gt=0)
    grounding: Grounding = Grounding()
    prediction: Prediction = Prediction()
    checkpoints: int = Field(10, ge=1, description="Checkpoints kept along the way.")
