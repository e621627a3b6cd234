"""The composition root: competition, reports, storage, commands."""

import solver as solver  # before NumPy is loaded
