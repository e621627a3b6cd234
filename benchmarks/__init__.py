"""Scripts that measure what the product claims, each beside a peer in the same run."""

import solver as solver  # before NumPy is loaded
