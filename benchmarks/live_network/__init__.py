"""A network of node processes on this machine, and intents to load it with."""
