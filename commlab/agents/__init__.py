"""Policies, checkpoints and the one rollout loop that joins a policy, a world and interventions."""
