"""Peers that talk nonsense, lie or flood: they are counted, slowed or shut out, and the node goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import trio
import trio.testing

from intents.signing import SigningKey
from node.agreement.messages import Ballot, Certificate, Decision, Status, Step, block_id
from node.agreement.timeouts import Timeouts
from node.agreement.wire import encode_message
from node.chain.genesis import network_of
from node.chain.items import Commit, encode_item, item_id
from node.live import wire
from node.live.directory import Directory, Neighbour
from node.live.hearing import ABREAST_S, QUESTIONS_BURST, QUESTIONS_PER_S, Hearing
from node.live.identity import self_of
from node.live.intake import Intake
from node.live.node import LiveNode
from node.live.opening import open_live
from node.live.settings import Rates
from node.live.shelf import DECISION
from node.served import Role
from p2p.base import Limits, P2PError, Verdict
from p2p.libp2p.transport import Libp2pTransport, Settings, open_transport
from p2p.packing import pack
from tests.live_nodes import Minter, addresses, follower, genesis, settings, until

ONE = genesis(1)
NETWORK = network_of(ONE)
SLOW = Timeouts(window_ms=(3_600_000, 1000, 1000), early=False)
LIMITS = Limits(message_bytes=wire.MESSAGE_BYTES, frame_bytes=wire.FRAME_BYTES)


class Stranger:
    """A transport connected with a live node, that says what it likes."""

    def __init__(self, transport: Libp2pTransport, hello: wire.Hello, target: str) -> None:
        self.transport, self.hello, self.target = transport, hello, target

    async def ask(self, protocol: str, data: bytes) -> bytes:
        return await self.transport.request(self.target, protocol, data, 3_000)

    async def gossip(self, items: list[bytes]) -> None:
        await self.transport.publish(wire.items_topic(NETWORK), pack(items))


@asynccontextmanager
async def stranger(folder: Path, node: LiveNode, greets: bool = True) -> AsyncIterator[Stranger]:
    seed = b"x" * 32
    me = self_of(follower(folder / "x", ONE, 0, [], seed=seed), NETWORK)
    hello = me.hello(-1, ())

    async def answer(peer: str, data: bytes) -> bytes:
        return wire.encode_welcome(hello)

    async def silent(peer: str, data: bytes) -> bytes:
        return b""

    async def accept(peer: str, data: bytes) -> Verdict:
        return Verdict.ACCEPT

    async def nothing(peer: str, data: bytes) -> None:
        return None

    async with open_transport(Settings(seed, bootstrap=tuple(addresses(node)), limits=LIMITS)) as transport:
        if greets:
            transport.serve(wire.HELLO, answer)
        transport.serve(wire.WORDS, silent)
        transport.subscribe(wire.items_topic(NETWORK), accept, nothing)
        await until(lambda: node.status().peer in transport.peers())
        if greets:
            await until(lambda: node.status().peers == 1)
            await until(lambda: len(transport.mesh.mesh(wire.items_topic(NETWORK))) == 1)
        yield Stranger(transport, hello, node.status().peer)


@asynccontextmanager
async def attacked(folder: Path, **more: Any) -> AsyncIterator[LiveNode]:
    async with open_live(settings(folder / "node", ONE, 0, timeouts=SLOW, **more)) as node:
        yield node
        (item,) = Minter(ONE).items(50, 1)[49:]
        await node.submit(item)
        assert node.status().ready


async def test_forged_and_malformed_items_get_the_peer_banned(tmp_path: Path) -> None:
    """None is taken in, and whoever goes on is shut out."""
    good = Minter(ONE).items(30, 1)
    forged = [item[:-1] + bytes([item[-1] ^ 1]) for item in good]
    async with attacked(tmp_path) as node, stranger(tmp_path, node) as peer:
        for number, item in enumerate(forged):
            if node.counters().get("p2p_banned", 0):
                break
            await peer.gossip([item, bytes([number]) * 9])
            await trio.sleep(0.02)
        await until(lambda: node.counters().get("p2p_banned", 0) > 0)
        await until(lambda: node.status().peers == 0)
        assert node.status().waiting == 0


@pytest.mark.parametrize(
    "words", [b"", b"\x01", b"\x09\x00", pack([b"\x00junk"]), pack([b"\x07"]), pack([b"\x02"])]
)
async def test_malformed_words_end_the_conversation(tmp_path: Path, words: bytes) -> None:
    """Unknown kinds, bodies that do not decode, no pack at all."""
    async with attacked(tmp_path) as node, stranger(tmp_path, node) as peer:
        assert await peer.ask(wire.WORDS, words) == wire.MALFORMED
        await until(lambda: node.counters().get("p2p_banned", 0) > 0)


async def test_who_has_not_said_hello_is_not_listened_to(tmp_path: Path) -> None:
    """Words are refused, long ones not given out, and before long it is sent away."""
    async with attacked(tmp_path) as node, stranger(tmp_path, node, greets=False) as peer:
        assert await peer.ask(wire.WORDS, pack([wire.want_items((bytes(32),))])) == wire.STRANGER
        assert await peer.ask(wire.FETCH, bytes(32)) == b""
        await until(lambda: node.counters().get("p2p_banned", 0) > 0, 20)


async def test_a_hello_of_another_version_network_or_key_is_refused_by_name(tmp_path: Path) -> None:
    """The answer says which; the peer is let in again later."""
    async with attacked(tmp_path) as node, stranger(tmp_path, node) as peer:
        hello = peer.hello
        wrong = {
            "network": replace(hello, network=bytes(32)),
            "proof": replace(hello, role=Role.VALIDATOR, key=bytes(32), proof=bytes(64)),
        }
        bad = {reason: wire.encode_hello(said) for reason, said in wrong.items()}
        bad |= {"version": wire.encode_hello(hello).replace(b"\x98\x01", b"\x98\x02", 1), "malformed": b"\x90"}
        found = {}
        for reason, data in bad.items():
            with pytest.raises(wire.Refusal) as refused:
                wire.decode_answer(await peer.ask(wire.HELLO, data))
            found[reason] = refused.value.args[0]
        assert found == {reason: reason for reason in bad}
        await until(lambda: node.counters().get("p2p_banned", 0) > 0)


async def test_a_flood_is_taken_in_at_the_owners_rate_and_costs_nobody_else(tmp_path: Path) -> None:
    """Sound items beyond an owner's share are left, without a ban; another's are taken at once."""
    items = Minter(ONE).items(641, 1)
    mine, others = items[0::16], items[1::16]
    rates = Rates(owner_per_s=1, owner_burst=10)
    async with attacked(tmp_path, rates=rates) as node, stranger(tmp_path, node) as peer:
        await peer.gossip(mine)
        await until(lambda: node.counters().get("items_over_owner_rate", 0) >= len(mine) - 12)
        await peer.gossip(others[:5])
        await until(lambda: node.status().waiting >= 15)
        assert node.status().waiting <= 18
        assert node.counters().get("p2p_banned", 0) == 0


async def test_questions_with_long_answers_are_answered_at_a_rate(autojump_clock: trio.testing.MockClock) -> None:
    """One peer's hundreds a second would keep the node from its votes; another's words come through meanwhile."""
    counts: Counter[str] = Counter()
    asked: list[int] = []

    async def act(work: Callable[[], object], size: int = 0) -> None:
        work()

    async def take(found: Neighbour, items: Sequence[bytes]) -> None: ...

    machine: Any = SimpleNamespace(body_wanted=lambda *question: asked.append(question[0]))
    node: Any = SimpleNamespace(act=act, machine=machine)
    directory, nobody = Directory(), cast(Any, None)
    hearing = Hearing(nobody, node, directory, lambda name, by=1: counts.update({name: by}), take, nobody)
    hello = wire.Hello(1, NETWORK, Role.FULL, "x", b"", b"", 0, ())
    numbers = {peer: directory.met(peer, hello).number for peer in ("greedy", "other")}
    for peer in numbers:
        hearing.opened(peer)
    question = pack([wire.want_body(0, bytes(32))] * (QUESTIONS_BURST + 2 * QUESTIONS_PER_S))
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hearing.words, "greedy", question)
        await trio.sleep(0.5)
        assert asked.count(numbers["greedy"]) <= QUESTIONS_BURST + QUESTIONS_PER_S
        assert await hearing.words("other", pack([wire.want_body(0, bytes(32))])) == wire.TAKEN
        assert trio.current_time() == began + 0.5
    assert trio.current_time() - began >= 2 - 1 / QUESTIONS_PER_S
    assert counts["words_heard"] == len(asked) == QUESTIONS_BURST + 2 * QUESTIONS_PER_S + 1


async def test_an_item_packed_again_and_again_takes_its_owners_share_once() -> None:
    """A neighbour cannot shut an owner out with copies of the owner's own items."""
    counts: Counter[str] = Counter()
    intake = Intake(NETWORK, Rates(owner_per_s=1, owner_burst=3), lambda name, by=1: counts.update({name: by}))
    first, second, third = Minter(ONE).items(3, 1)
    for copies in (pack([first] * 200), pack([second, first, second, third])):
        assert await intake.judge("neighbour", copies) is Verdict.ACCEPT
        intake.heard([item_id(item) for item in intake.judged(copies)])
    assert not counts


async def test_seals_of_who_has_no_bond_are_neither_kept_nor_passed_on(tmp_path: Path) -> None:
    """Nobody is punished: who brings one may know of a bond already."""
    key = SigningKey.from_seed(b"j" * 32)
    made = Commit(1, key.public, b"s" * 32)
    junk = encode_item(replace(made, signature=key.sign(made.signed(NETWORK))))
    async with attacked(tmp_path) as node, stranger(tmp_path, node) as peer:
        await peer.gossip([junk])
        await until(lambda: node.counters().get("items_unwelcome", 0) == 1)
        assert node.item(item_id(junk)) is None
        assert node.counters().get("p2p_banned", 0) == 0


async def test_what_comes_together_with_a_word_nobody_takes_is_taken_in(tmp_path: Path) -> None:
    """Users' intents wait for no auction because their node is ahead, or behind."""
    key = SigningKey.from_seed(b"j" * 32)
    made = Commit(1, key.public, b"s" * 32)
    junk = encode_item(replace(made, signature=key.sign(made.signed(NETWORK))))
    items = Minter(ONE).items(3, 1)
    async with attacked(tmp_path) as node, stranger(tmp_path, node) as peer:
        await peer.gossip([items[0], junk, *items[1:]])
        await until(lambda: all(node.item(item_id(item)) is not None for item in items))
        assert node.counters()["items_unwelcome"] == 1
        assert node.item(item_id(junk)) is None


async def test_a_peer_beyond_its_share_is_left_for_later_not_punished(tmp_path: Path) -> None:
    """Its packs are ignored, so another neighbour may bring the same again."""
    items = Minter(ONE).items(60, 1)
    rates = Rates(peer_per_s=1, peer_burst=20)
    async with attacked(tmp_path, rates=rates) as node, stranger(tmp_path, node) as peer:
        for start in range(0, 60, 20):
            await peer.gossip(items[start : start + 20])
        await until(lambda: node.counters().get("items_over_peer_rate", 0) >= 40)
        await until(lambda: node.status().waiting == 20)
        assert node.counters().get("p2p_banned", 0) == 0


async def test_what_is_offered_and_is_not_what_was_said_is_not_believed(tmp_path: Path) -> None:
    """The peer that gives out other bytes than it offered is shut out."""
    async with attacked(tmp_path) as node, stranger(tmp_path, node) as peer:
        offer = wire.offer_of(wire.word(wire.Kind.PAST, b"x" * 100))

        async def lie(name: str, data: bytes) -> bytes:
            return wire.word(wire.Kind.PAST, b"y" * 100)

        peer.transport.serve(wire.FETCH, lie)
        assert await peer.ask(wire.WORDS, pack([wire.encode_offer(offer)])) == wire.TAKEN
        await until(lambda: node.counters().get("p2p_banned", 0) > 0)


async def test_a_decision_that_nobody_made_is_fetched_once(tmp_path: Path) -> None:
    """It decides nothing, and whoever gave it is shut out."""
    async with attacked(tmp_path) as node, stranger(tmp_path, node) as peer:
        block = bytes(80_000)
        certificate = Certificate(Ballot.PRECOMMIT, 0, 0, block_id(block), ((0, bytes(64)),))
        word = wire.word(wire.Kind.AGREEMENT, encode_message(Decision(0, block, certificate)))

        async def give(name: str, data: bytes) -> bytes:
            return word

        peer.transport.serve(wire.FETCH, give)
        assert (
            await peer.ask(wire.WORDS, pack([wire.encode_offer(wire.offer_of(word, 0, DECISION))])) == wire.TAKEN
        )
        await until(lambda: node.counters().get("p2p_banned", 0) > 0)
        assert node.status().height == -1


async def test_no_word_a_request_can_carry_raises_anything_unexpected(tmp_path: Path) -> None:
    """The server answers each; the transport counts no failure of it."""
    async with attacked(tmp_path) as node, stranger(tmp_path, node) as peer:
        for words in (pack([wire.want_items((bytes(32),) * 256)]), pack([wire.want_body(0, bytes(32))])):
            assert await peer.ask(wire.WORDS, words) == wire.TAKEN
        with pytest.raises(P2PError):
            await peer.ask("/walras/nothing/1", b"")
        assert node.counters().get("p2p_server_failed", 0) == 0


@pytest.mark.parametrize(
    ("behind", "after_s", "heard"), [(1, 0.0, 0), (1, 2 * ABREAST_S, 1), (2, 0.0, 1), (0, 0.0, 1)]
)
async def test_a_peer_that_decides_a_moment_later_is_not_sent_the_decision(
    autojump_clock: trio.testing.MockClock, behind: int, after_s: float, heard: int
) -> None:
    """Its status of the height before is answered if it is still there a little later, or further behind."""
    counts: Counter[str] = Counter()
    received: list[int] = []

    async def act(work: Callable[[], object], size: int = 0, short: bool = False) -> None:
        work()

    async def take(found: Neighbour, items: Sequence[bytes]) -> None: ...

    agreement = SimpleNamespace(height=6)
    machine: Any = SimpleNamespace(agreement=agreement, receive=lambda *told: received.append(told[1].height))
    directory, nobody = Directory(), cast(Any, None)
    node: Any = SimpleNamespace(act=act, machine=machine)
    hearing = Hearing(nobody, node, directory, lambda name, by=1: counts.update({name: by}), take, nobody)
    directory.met("p", wire.Hello(1, NETWORK, Role.VALIDATOR, "p", b"", b"", 0, ()))
    hearing.opened("p")
    hearing.acted()
    agreement.height = 7
    hearing.acted()
    await trio.sleep(after_s)
    hearing.acted()  # at the same height
    status = Status(7 - behind, 0, Step.WAIT, False, False, 0, 0, 0)
    word = wire.word(wire.Kind.AGREEMENT, encode_message(status))
    assert await hearing.words("p", pack([word])) == wire.TAKEN
    assert len(received) == heard
    assert counts["statuses_abreast"] == 1 - heard
