"""The world as other libraries have it: PettingZoo for many agents, Gymnasium for many worlds."""
