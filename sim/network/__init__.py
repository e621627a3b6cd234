"""The virtual network: who is linked to whom, what a link does to a message, and how items spread.

``topology`` draws the graph, ``model`` says what links do, ``state`` is what is cut and down right now, ``wire``
carries direct messages, ``gossip`` spreads items: ``hops`` frame by frame, ``paths`` by quickest paths.
"""
