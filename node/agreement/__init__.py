"""Agreement between validators on one block per height: Tendermint, written without I/O.

Algorithm 1 of Buchman, Kwon and Milosevic, "The latest gossip on BFT consensus" (arXiv:1807.04938). Events go in,
effects come out, time is an input: the node drives it over a network, the simulator over a virtual one.
"""
