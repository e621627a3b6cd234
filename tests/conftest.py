"""What holds for all tests: none fails for being slow, on however busy a machine, and each run tries the same
examples. ``--hypothesis-profile=explore`` tries others every time."""

from __future__ import annotations

from hypothesis import settings

import solver as solver  # before NumPy is loaded

settings.register_profile("explore", parent=settings(), deadline=None)
settings.register_profile("repeated", parent=settings(), deadline=None, derandomize=True)
settings.load_profile("repeated")
