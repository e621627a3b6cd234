"""When peers are dialled and how long they are waited for, by a clock that leaps."""

from __future__ import annotations

import errno
import random
import socket
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest
import trio
import trio.testing
from libp2p.network.exceptions import SwarmException
from libp2p.peer.id import ID

from p2p.base import Limits
from p2p.libp2p.host import build_host
from p2p.libp2p.outbox import Outbox
from p2p.libp2p.patience import Patience
from p2p.libp2p.peerstore import PeerStore
from p2p.libp2p.reaching import why_not_reached
from p2p.libp2p.supervise import Supervisor
from p2p.mesh import Mesh, MeshParams
from p2p.messages import Rpc
from tests.p2p_hosts import settings


class Host:
    """Reaches whomever it dials; ``peers`` are those that keep the connection. ``dialled`` says when."""

    def __init__(self) -> None:
        self.peers: list[ID] = []
        self.dialled: list[float] = []

    def get_id(self) -> ID:
        return cast(ID, build_host(settings(1).seed, Limits(), print).get_id())

    def get_connected_peers(self) -> list[ID]:
        return self.peers

    def get_network(self) -> Any:
        return self

    async def dial_addr(self, address: object, peer: ID) -> None:
        await trio.lowlevel.checkpoint()
        self.dialled.append(trio.current_time())

    def set_stream_handler(self, protocol: str, handler: object) -> None: ...


PEER = str(build_host(settings(2).seed, Limits(), print).get_id())


def supervisor(host: Host, store: PeerStore, counts: Counter[str]) -> Supervisor:
    def count(name: str, by: int = 1) -> None:
        counts[name] += by

    rng = random.Random(0)
    return Supervisor(host, Limits(), rng, count, lambda peer: True, lambda *said: None, store, Patience())


async def test_a_peer_that_closes_what_it_takes_is_dialled_ever_less_often(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """It may be full, or have banned us. One that stayed a while is dialled at once when it is lost."""
    host = Host()
    found = supervisor(host, PeerStore(None, 3), Counter())
    found.remember(f"/ip4/127.0.0.1/tcp/1/p2p/{PEER}")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(found.run)
        await trio.sleep(300)
        waits = [later - sooner for sooner, later in zip(host.dialled, host.dialled[1:], strict=False)]
        assert len(waits) < 20
        assert waits[0] < 1
        assert max(waits) > 30
        host.peers = [ID.from_string(PEER)]
        await trio.sleep(100)
        host.peers, lost_s, before = [], trio.current_time(), len(host.dialled)
        await trio.sleep(2)
        assert host.dialled[before] - lost_s < 0.5
        assert host.dialled[before + 1] - host.dialled[before] < 1
        nursery.cancel_scope.cancel()


async def test_a_peer_file_that_cannot_be_written_is_no_failed_dial(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """It is counted as what it is, and the peer stays known."""
    host, counts = Host(), Counter[str]()
    store = PeerStore(tmp_path / "gone" / "peers.json", 3)
    found = supervisor(host, store, counts)
    found.want(f"/ip4/127.0.0.1/tcp/1/p2p/{PEER}")
    with trio.move_on_after(0.9):
        await found.run()
    assert counts == {"dialled": 1, "peer_file_failed": 1}
    assert list(store.addresses()) == [PEER]


@pytest.mark.parametrize(
    ("signs_until_s", "least_s", "most_s"),
    [(0, 4, 5), (10, 13, 15), (1_000, 20, 21)],
    ids=["none", "some", "always"],
)
async def test_who_shows_signs_of_life_is_waited_for_longer_but_not_for_ever(
    signs_until_s: float, least_s: float, most_s: float, autojump_clock: trio.testing.MockClock
) -> None:
    """A limit runs from the last sign on, and ends after five times as long in any case."""
    patience, began_s = Patience(), trio.current_time()

    def alive() -> int:
        return int(min(trio.current_time() - began_s, signs_until_s))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(patience.run)
        with pytest.raises(trio.TooSlowError), patience.fail_after(4, alive):
            await trio.sleep_forever()
        assert least_s <= trio.current_time() - began_s <= most_s
        assert len(patience) == 0
        nursery.cancel_scope.cancel()


async def test_a_publisher_goes_on_when_the_neighbour_has_what_waited_for_it(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """Though nothing is written to it meanwhile: nobody else would wake the publisher."""
    outbox = Outbox(Limits(publish_queue=2))
    for number in range(4):
        outbox.put(b"rpc", bytes([number]), urgent=False)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(outbox.eased)
        await trio.testing.wait_all_tasks_blocked()
        with trio.fail_after(60):
            for number in range(4):
                outbox.discard(bytes([number]))
            while nursery.child_tasks:
                await trio.sleep(1)


def test_a_message_is_given_once_a_heartbeat_however_often_it_is_asked_for() -> None:
    """An id is 32 bytes and a message 262,144: asking again and again would have us work and send without end."""
    mesh = Mesh(MeshParams(), Limits(), random.Random(0), lambda peer: True, lambda peer, offence: None)
    mesh.join("t")
    mesh.add_peer("p")
    mesh.route(b"i" * 32, "t", b"data", None)
    asks = Rpc(iwant=(b"i" * 32,) * 100)
    for now_ms in (0, 1_000):
        assert mesh.handle("p", asks, now_ms) == [Rpc(messages=(("t", b"data"),))]
        assert mesh.handle("p", asks, now_ms) == []
        mesh.heartbeat(now_ms)


async def test_a_named_peer_that_is_not_reached_is_told_of_once(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """After five seconds, with the reason; peers known by hearsay come and go unsaid."""

    class Deaf(Host):
        why = errno.ECONNREFUSED

        async def dial_addr(self, address: object, peer: ID) -> None:
            await super().dial_addr(address, peer)
            raise SwarmException("somehow") from OSError(self.why, "as trio says it")

    host, counts = Deaf(), Counter[str]()
    under_test = supervisor(host, PeerStore(None, 8), counts)
    stranger = str(build_host(settings(3).seed, Limits(), print).get_id())
    under_test.want(f"/ip4/127.0.0.1/tcp/1/p2p/{stranger}")
    under_test.want(f"/dns/anna.example/tcp/1/p2p/{PEER}", firm=True)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(under_test.run)
        await trio.sleep(4)
        assert caplog.messages == []
        await trio.sleep(600)
        host.why = errno.EHOSTUNREACH
        await trio.sleep(600)
        nursery.cancel_scope.cancel()
    named = f"/dns/anna.example/tcp/1/p2p/{PEER} is not reached"
    assert caplog.messages == [
        f"{named}: connection refused; it is dialled on",
        f"{named}: no route to host; it is dialled on",
    ]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (trio.TooSlowError(), "no answer"),
        (socket.gaierror(-2, "Name or service not known"), "no such name, or no name server answers"),
        (ExceptionGroup("all of them", [OSError(errno.EHOSTUNREACH, "to 10.0.0.1")]), "no route to host"),
        (SwarmException("another peer is there"), "another peer is there"),
        (SwarmException(), "SwarmException"),
    ],
)
def test_why_a_peer_is_not_reached_is_said_in_the_words_of_who_knew(error: Exception, words: str) -> None:
    """The library wraps what the system said in errors of its own."""
    outer = SwarmException("fail to open connection")
    outer.__cause__ = error
    assert why_not_reached(outer) == words
