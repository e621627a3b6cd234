"""libp2p behind the transport's Protocol: TCP, Noise and Yamux from py-libp2p, gossipsub and requests of ours."""
