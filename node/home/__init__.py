"""A node's home folder: its configuration, the network's genesis file, its keys."""
