from __future__ import annotations

from hypothesis import settings

# No deadline, because a busy machine is no failure; the same examples each time, so that a red run can be repeated.
settings.register_profile("unit", deadline=None, max_examples=30, derandomize=True, database=None)
settings.load_profile("unit")
