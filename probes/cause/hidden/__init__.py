"""Experiments on hidden states: patched, steered and erased in the running world, beside their controls."""
