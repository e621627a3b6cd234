"""The networked node: the machine on its store and on libp2p, driven by trio; or alone, without a network."""
