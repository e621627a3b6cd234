"""Who is let in: how many of a subnet, the places kept for those we dial, and anchors, whom nothing keeps out."""

from __future__ import annotations

import random
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from p2p.base import Limits
from p2p.libp2p.gate import Gate, subnet_of
from p2p.libp2p.transport import open_transport
from p2p.mesh import Mesh, MeshParams
from p2p.messages import Rpc
from p2p.scoring import Offence, Scores
from tests.p2p_hosts import QUICK, TOPIC, Inbox, raw_peer, settings, until

LIMITS = Limits(connections=8, connections_per_subnet=2)


def gate(limits: Limits = LIMITS, **more: frozenset[str]) -> Gate:
    return Gate(
        limits,
        Scores(1_000),
        more.get("allow", frozenset()),
        more.get("deny", frozenset()),
        more.get("anchors", frozenset()),
    )


@pytest.mark.parametrize(
    ("ip", "subnet"),
    [
        ("10.1.2.3", "10.1.2.0/24"),
        ("::ffff:10.1.2.9", "10.1.2.0/24"),
        ("2001:db8:1:2::5", "2001:db8:1::/48"),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("example.org", ""),
    ],
)
def test_addresses_of_one_operator_are_told_by_their_leading_bits(ip: str, subnet: str) -> None:
    """Loopback has no subnet: everybody there is one machine."""
    assert subnet_of(ip) == subnet


def test_a_subnet_has_only_so_many_places_and_gives_them_back() -> None:
    """Others are let in beside it, and loopback is not counted."""
    held = gate()
    for number in range(2):
        assert held.why_not(f"p{number}", f"10.0.0.{number}", number, 0, wanted=False) == ""
        held.entered(f"p{number}", f"10.0.0.{number}")
    assert held.why_not("p2", "10.0.0.9", 2, 0, wanted=False) == "too_many_of_a_subnet"
    assert held.why_not("p2", "10.0.1.9", 2, 0, wanted=False) == ""
    assert held.why_not("p2", "127.0.0.1", 2, 0, wanted=False) == ""
    held.left("p0")
    assert held.why_not("p2", "10.0.0.9", 1, 0, wanted=False) == ""


def test_a_quarter_of_the_places_is_for_those_we_dial() -> None:
    """Strangers cannot take them all."""
    held = gate()
    assert held.why_not("p", "10.0.0.1", 6, 0, wanted=False) == "too_many_connections"
    assert held.why_not("p", "10.0.0.1", 6, 0, wanted=True) == ""
    assert held.why_not("p", "10.0.0.1", 8, 0, wanted=True) == "too_many_connections"


def test_an_anchor_is_let_in_beyond_every_limit_but_the_operators_own() -> None:
    """Even over a ban, and not where it is on the list of those refused."""
    scores = Scores(1_000)
    held = Gate(LIMITS, scores, frozenset({"x"}), frozenset({"b"}), frozenset({"a", "b"}))
    scores.ban("a", 0)
    assert held.why_not("a", "10.0.0.1", 100, 0, wanted=False) == ""
    assert held.why_not("b", "10.0.0.1", 0, 0, wanted=False) == "gated"
    assert held.why_not("y", "10.0.0.1", 0, 0, wanted=False) == "gated"


def test_anchors_stay_in_the_mesh_when_it_is_shed_and_when_nobody_trusts_them() -> None:
    """Twenty others crowd the topic; a prune by the anchor itself is respected for its time."""
    params = MeshParams()
    mesh = Mesh(params, Limits(), random.Random(1), lambda peer: peer != "anchor", lambda *_: None, {"anchor"})
    mesh.join("t")
    for name in (*map(str, range(20)), "anchor"):
        mesh.add_peer(name)
        mesh.handle(name, Rpc(subscriptions=((True, "t"),), graft=("t",)), 0)
    assert "anchor" in mesh.mesh("t")
    for now_s in range(1, 20):
        mesh.heartbeat(1_000 * now_s)
    assert "anchor" in mesh.mesh("t")
    mesh.handle("anchor", Rpc(prune=(("t", 60),)), 20_000)
    mesh.heartbeat(21_000)
    assert "anchor" not in mesh.mesh("t")
    assert ("anchor", Rpc(graft=("t",))) in mesh.heartbeat(81_000)


def test_who_has_a_message_is_not_sent_it_again() -> None:
    """Not even where the copy came while the message was still being judged here; and only for a while."""
    mesh = Mesh(MeshParams(), Limits(), random.Random(1), lambda peer: True, lambda *_: None)
    mesh.join("t")
    for name in ("a", "b", "c"):
        mesh.add_peer(name)
        mesh.handle(name, Rpc(subscriptions=((True, "t"),), graft=("t",)), 0)
    mesh.has("b", b"m" * 32, 0)
    assert mesh.route(b"m" * 32, "t", b"x", "a") == ["c"]
    mesh.heartbeat(5_000)
    assert mesh.route(b"m" * 32, "t", b"x", "a") == ["b", "c"]


def test_own_messages_reach_those_we_dial_though_strangers_fill_the_mesh() -> None:
    """What others say is forwarded within the mesh alone."""
    mesh = Mesh(
        MeshParams(), Limits(), random.Random(1), lambda peer: True, lambda *_: None, ours=lambda p: p == "us"
    )
    mesh.join("t")
    for name in (*map(str, range(20)), "us"):
        mesh.add_peer(name)
        mesh.handle(name, Rpc(subscriptions=((True, "t"),), graft=("t",)), 0)
    assert "us" not in mesh.mesh("t")
    assert "us" in mesh.route(b"m" * 32, "t", b"x", None)
    assert "us" not in mesh.route(b"n" * 32, "t", b"y", "1")


async def test_strangers_that_take_all_places_do_not_keep_out_whom_we_dial() -> None:
    """Six of eight places are theirs; the seventh stranger waits, the peer we want comes in."""
    async with (
        open_transport(settings(2, mesh=QUICK)) as wanted,
        open_transport(settings(1, limits=LIMITS, mesh=QUICK)) as node,
        AsyncExitStack() as stack,
    ):
        Inbox(node)
        Inbox(wanted)
        for number in range(7):
            await stack.enter_async_context(raw_peer(node, 200 + number))
        await until(lambda: node.counters().get("too_many_connections", 0) > 0 and len(node.peers()) == 6)
        node.want(wanted.addresses[0])
        await until(lambda: wanted.identity in node.peers())


async def test_an_anchor_is_dialled_and_outlives_its_offences() -> None:
    """Points that would ban another are counted and no more."""
    async with open_transport(settings(2, mesh=QUICK)) as other:
        Inbox(other)
        plain = settings(1, limits=Limits(connections=1), mesh=QUICK)
        async with open_transport(replace(plain, anchors=other.addresses)) as node:
            Inbox(node)
            await until(lambda: node.mesh.mesh(TOPIC) == (other.identity,))
            for _ in range(20):
                node._penalise(other.identity, Offence.MALFORMED)
            assert node.counters()["offence_malformed"] == 20
            assert "banned" not in node.counters()
            assert node.peers() == (other.identity,)
