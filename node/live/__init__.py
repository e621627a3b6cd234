"""The node on a network: the machine, its store and the transport, driven by trio."""
