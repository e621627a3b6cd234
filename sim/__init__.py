"""A world around the node's own code: virtual time, network, disks and actors, the same again from the same seed."""
