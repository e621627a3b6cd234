"""Counting all frames of one message at once, from when and whom it reached each node from."""

from __future__ import annotations

import numpy as np

from sim.network.counters import Drop
from sim.network.flight import PAST, Flight, Integers
from sim.network.state import NEVER, Network


def tally(flight: Flight, network: Network, now_us: int) -> None:
    """Count what nodes pushed that was not counted as it was sent: to every peer but the one it came from.

    Frames to a node that died while the message spread all count as dropped there.
    """
    draws, mesh, counters = flight.draws, flight.mesh, network.counters
    assert draws is not None, "what was drawn is kept until it is counted"
    arrivals, senders = flight.arrivals, flight.senders
    there = (arrivals >= 0) & (arrivals <= now_us)
    pushing = there.copy()
    for others in (flight.silent, flight.counted):
        pushing[sorted(others)] = False
    sent = pushing[mesh.sources]
    sent &= mesh.targets != senders[mesh.sources]
    sent[flight.unsent] = False
    came = sent.copy()
    if draws.loses:
        came &= draws.delays_us < NEVER
        _add(counters.dropped[Drop.LOST], mesh.sources, sent & ~came)
    if flight.closed is not None:
        cut = np.zeros(mesh.edges, dtype=np.bool_)
        cut[mesh.by_target] = flight.closed
        absent = arrivals[mesh.targets] == PAST
        _add(counters.dropped[Drop.CUT], mesh.sources, came & cut & ~absent)
        came &= ~cut | absent
    missed = came & ~there[mesh.targets]
    if missed.any():
        missed &= ~np.array(network.alive)[mesh.targets]
        _add(counters.dropped[Drop.DOWN], mesh.targets, missed)
        came &= ~missed
    nodes = len(arrivals)
    out = np.bincount(mesh.sources[sent], minlength=nodes)
    got = np.bincount(mesh.targets[came], minlength=nodes)
    if draws.copied is not None:
        got += np.bincount(mesh.targets[came & draws.copied], minlength=nodes)
    counters.messages_out += out
    counters.bytes_out += out * flight.frame_bytes
    counters.messages_in += got
    counters.bytes_in += got * flight.frame_bytes
    first = there & (senders != np.arange(nodes)) & (got > 0)
    first[[node for node, _, _ in flight.seeds]] = False
    counters.duplicates += got - first


def _add(counts: Integers, ends: Integers, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
    counts += np.bincount(ends[chosen], minlength=len(counts))
