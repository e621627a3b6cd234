"""Topologies: the graphs they are named after, connected, the same from the same seed; delays nothing can beat."""

from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys
from itertools import combinations
from random import Random

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.errors import TooMany, WrongValue
from sim.network.regions import FIBRE_KM_PER_MS, REGIONS, Region, one_way_us
from sim.network.topology import Plan, Shape, Topology, draw

EARTH_KM = 6_371.0


def graph(topology: Topology) -> networkx.Graph[int]:
    found: networkx.Graph[int] = networkx.empty_graph(topology.nodes)
    found.add_edges_from(topology.links)
    return found


def great_circle_km(a: Region, b: Region) -> float:
    north_a, north_b = math.radians(a.north), math.radians(b.north)
    east = math.radians(a.east - b.east)
    cosine = math.sin(north_a) * math.sin(north_b) + math.cos(north_a) * math.cos(north_b) * math.cos(east)
    return EARTH_KM * math.acos(cosine)


@given(shape=st.sampled_from(Shape), nodes=st.integers(1, 60), degree=st.integers(2, 9), seed=st.integers(0, 99))
@settings(max_examples=120, deadline=None)
def test_every_graph_is_connected_and_simple(shape: Shape, nodes: int, degree: int, seed: int) -> None:
    """Links ascend, none twice, none to itself, and everybody can be reached."""
    found = draw(Plan(shape, nodes, degree), Random(seed))
    assert networkx.is_connected(graph(found))
    assert list(found.links) == sorted(set(found.links))
    assert all(0 <= u < v < nodes for u, v in found.links)
    assert len(found.latency_us) == len(found.links)
    assert all(us >= 1 for us in found.latency_us)


def test_regular_means_regular() -> None:
    """Every node has the degree; where that cannot be, one node has one less."""
    assert {len(found) for found in draw(Plan(Shape.RANDOM_REGULAR, 50, 7), Random(1)).neighbours()} == {7}
    degrees = sorted(len(found) for found in draw(Plan(Shape.RANDOM_REGULAR, 51, 7), Random(1)).neighbours())
    assert degrees == [6] + [7] * 50


def test_a_full_mesh_has_every_link() -> None:
    """Also any other graph of no more nodes than degree and one."""
    every = tuple(combinations(range(6), 2))
    assert draw(Plan(Shape.FULL, 6), Random(1)).links == every
    assert draw(Plan(Shape.SCALE_FREE, 6, 5), Random(1)).links == every


def test_a_small_world_has_short_ways_and_neighbours_that_know_each_other() -> None:
    """Clustering near a ring's 3(k − 2) / 4(k − 1), distances near a random graph's (Watts and Strogatz 1998)."""
    found = graph(draw(Plan(Shape.SMALL_WORLD, 400, 8, rewired=0.05), Random(1)))
    ring = 3 * (8 - 2) / (4 * (8 - 1))
    assert networkx.average_clustering(found) > 0.7 * ring
    assert networkx.average_shortest_path_length(found) < 0.3 * 400 / (2 * 8)


def test_a_scale_free_graph_has_hubs() -> None:
    """The best linked node has many times the median degree; a regular graph's has as many."""
    degrees = sorted(len(found) for found in draw(Plan(Shape.SCALE_FREE, 1_000, 6), Random(1)).neighbours())
    assert degrees[-1] > 10 * degrees[500]
    assert abs(sum(degrees) / 1_000 - 6) < 0.1


def test_regions_have_their_delays() -> None:
    """A link takes what was measured between the regions of its ends, and many links stay inside."""
    found = draw(Plan(Shape.REGIONS, 200, 8), Random(1))
    within = 0
    for (u, v), us in zip(found.links, found.latency_us, strict=True):
        assert us == one_way_us(found.regions[u], found.regions[v])
        within += found.regions[u] == found.regions[v]
    assert 0.4 < within / len(found.links) < 0.65
    assert {found.regions.count(region) for region in range(len(REGIONS))} == {20}


@pytest.mark.parametrize(("a", "b"), list(combinations(range(len(REGIONS)), 2)))
def test_no_measured_delay_beats_light_in_fibre(a: int, b: int) -> None:
    """200 km a millisecond, one way, along the great circle; nor does any take more than four times as long."""
    floor_us = great_circle_km(REGIONS[a], REGIONS[b]) * 1000 / FIBRE_KM_PER_MS
    assert floor_us <= one_way_us(a, b) == one_way_us(b, a)
    assert one_way_us(a, b) < 4 * floor_us + 5_000


def test_links_may_differ() -> None:
    """With a spread each has its own delay, around the same median."""
    found = sorted(draw(Plan(Shape.RANDOM_REGULAR, 200, 8, spread=0.5), Random(1)).latency_us)
    assert len(set(found)) > 700
    assert abs(found[400] / 25_000 - 1) < 0.1


def test_a_seed_is_a_graph_whatever_the_process_and_its_hash_seed() -> None:
    """All shapes, hashed."""
    script = (
        "import hashlib\nfrom random import Random\nfrom sim.network.topology import *\n"
        "drawn = [draw(Plan(shape, 80, 6, spread=0.2), Random(5)) for shape in Shape]\n"
        "print(hashlib.sha256(repr(drawn).encode()).hexdigest())"
    )
    here = [draw(Plan(shape, 80, 6, spread=0.2), Random(5)) for shape in Shape]
    digest = hashlib.sha256(repr(here).encode()).hexdigest()
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        run = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        assert run.stdout.strip() == digest


def test_what_is_no_graph_is_refused() -> None:
    """By name, before anything is drawn."""
    with pytest.raises(WrongValue, match=r"network\.nodes"):
        draw(Plan(Shape.FULL, 0), Random(1))
    with pytest.raises(WrongValue, match=r"network\.degree"):
        draw(Plan(Shape.RANDOM_REGULAR, 10, 1), Random(1))
    with pytest.raises(WrongValue, match=r"network\.latency_us"):
        draw(Plan(Shape.FULL, 3, latency_us=0), Random(1))
    with pytest.raises(TooMany, match="links"):
        draw(Plan(Shape.FULL, 20_000), Random(1))
