"""What agents are saying: analyses that decode a recording and experiments that intervene in the running world."""
