"""What each command does: find the run, do the work, save, and say it in plain words."""
