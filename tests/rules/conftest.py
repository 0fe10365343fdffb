"""Settings for every Hypothesis test in this folder."""

from hypothesis import settings

# A busy machine stalls any example for longer than the default of 200 ms; correctness is what is tested here.
settings.register_profile("rules", deadline=None)
settings.load_profile("rules")
