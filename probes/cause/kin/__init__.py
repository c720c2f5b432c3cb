"""Experiments on kinship: whom agents tell, lie to and heed, when they are shown kin or strangers."""
