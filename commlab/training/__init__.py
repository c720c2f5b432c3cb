"""A policy from experience: the learner, its grounding, its curriculum and its log."""
