"""Flows of value on arcs between tokens: what each token gains and how that changes with prices."""

from __future__ import annotations

import numpy as np

from solver.equilibrium.batch import Floats, Ints


def net_of(tokens: int, sell: Ints, buy: Ints, flow: Floats) -> Floats:
    """(T,) value sold of each token less value bought."""
    net: Floats = np.bincount(sell, flow, tokens) - np.bincount(buy, flow, tokens)
    return net


def laplacian(tokens: int, sell: Ints, buy: Ints, by_sell: Floats, by_buy: Floats) -> Floats:
    """(T, T) the Jacobian of ``net_of`` by log prices, when each arc's flow rises by ``by_sell`` with its sell
    token's and falls by ``by_buy`` with the other's. Columns add up to zero."""
    size = tokens * tokens
    # NumPy counts nothing in integers.
    matrix = np.bincount(sell * (tokens + 1), by_sell, size).astype(np.float64)
    matrix += np.bincount(buy * (tokens + 1), by_buy, size)
    matrix -= np.bincount(sell * tokens + buy, by_buy, size)
    matrix -= np.bincount(buy * tokens + sell, by_sell, size)
    whole: Floats = matrix.reshape(tokens, tokens)
    return whole
