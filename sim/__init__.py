"""A world around the node's own code: virtual time, network, disks and actors, equal for equal seeds."""

import solver as solver  # before NumPy is loaded
