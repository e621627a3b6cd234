"""The light client over live nodes: what it tells is proven, lies are noticed, whatever the lie is."""

from __future__ import annotations

import json
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
import trio

from benchmarks.single_node import world
from intents.codec import intent_id
from intents.errors import UsageError
from intents.intent import IntentId
from intents.signing import SigningKey
from node.agreement.messages import Ballot, light_id, vote_digest
from node.api.settings import ApiSettings
from node.catchup.light import Trusted
from node.catchup.wire import decode_checkpoint, encode_checkpoint
from node.chain.items import Submission, decode_item
from node.chain.tables import CHAIN, validators_of
from node.client.node_client import NodeClient
from node.embedded.recovery import verified
from node.light.chain import LightChain
from node.light.errors import Forked, LyingNode, NoFullNode
from node.light.node import LightNode, open_light
from node.light.serving import serve_light
from node.light.settings import LightSettings
from node.light.sources import Source, Sources
from settlement.ledger.accounts import Account, AccountKind
from settlement.ledger.books import BALANCES
from settlement.ledger.orders import ORDERS
from settlement.ledger.rules import rules_of
from tests.live_nodes import until
from tests.unit.node.api.desk import FAST, TOKEN, Desk, opened

OWNER = Account(AccountKind.OWNER, b"\0" + world.OWNERS[0].public)
Change = Callable[[str, dict[str, Any]], dict[str, Any]]


class Liar(httpx.BaseTransport):
    """Passes requests on to a true node, and changes what it answers."""

    def __init__(self, change: Change) -> None:
        self._change, self._inner = change, httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        answer.read()
        document = self._change(request.url.path, json.loads(answer.content))
        return httpx.Response(answer.status_code, json=document)

    def close(self) -> None:
        self._inner.close()


@contextmanager
def light_of(url: str, *changes: Change | None) -> Iterator[tuple[LightNode, list[Source]]]:
    """A client of one true node, seen through so many honest (``None``) and lying windows."""
    first = world.first()
    clients = [
        NodeClient(url, timeout_s=5, transport=None if change is None else Liar(change)) for change in changes
    ]
    sources = [Source(client) for client in clients]
    trusted = Trusted(-1, validators_of(first))
    chain = LightChain(rules_of(first).network, verified, trusted, None, 100)
    try:
        yield LightNode(LightSettings(first, (url,)), Sources(sources), chain), sources
    finally:
        for client in clients:
            client.__exit__(None, None, None)


@asynccontextmanager
async def moving() -> AsyncIterator[Desk]:
    """A node that has decided a few blocks with intents in them."""
    async with opened(FAST) as desk:
        await desk.node.submit(desk.item())
        await until(lambda: desk.node.status().height >= 5)
        yield desk


async def test_an_entry_and_its_absence_are_proven() -> None:
    """With the value the node's own ledger has, under a header the client believes."""
    async with moving() as desk:
        with light_of(desk.url, None) as (light, _):
            found = await light.entry(BALANCES, (OWNER, world.A))
            assert found.value is not None
            missing = await light.entry(BALANCES, (Account(AccountKind.OWNER, b"\0" + bytes(32)), world.A))
            assert missing.value is None
            assert light.chain.height >= missing.height >= found.height
            assert light.trouble() == ""


def say_more(path: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Claims a larger balance."""
    if path == "/v1/proofs":
        answer["value"] = answer["value"][:-2] + "ff"
    return answer


def say_other_key(path: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Proves something else that is true."""
    if path == "/v1/proofs":
        answer["key"] = answer["key"][:-2] + "00"
    return answer


def say_other_root(path: str, answer: dict[str, Any]) -> dict[str, Any]:
    """A header of its own making under the true certificate."""
    if path == "/v1/proofs":
        header = answer["certified"]["header"]
        answer["certified"]["header"] = header[:-2] + ("00" if header[-2:] != "00" else "01")
    return answer


def say_unsigned(path: str, answer: dict[str, Any]) -> dict[str, Any]:
    """A certificate whose signature nobody made."""
    if path == "/v1/proofs":
        place, signature = answer["certified"]["votes"][0]
        answer["certified"]["votes"][0] = [place, "0x" + "00" * ((len(signature) - 2) // 2)]
    return answer


def say_other_validators(path: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Validators of its own."""
    if path == "/v1/proofs":
        answer["certified"]["validators"] = [["0x" + "11" * 32, 1]]
    return answer


def say_absent(path: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Denies an entry that is there, as an empty bucket would."""
    if path == "/v1/proofs":
        answer = {k: v for k, v in answer.items() if k not in ("value", "index", "in_bucket")}
        answer |= {"format": "walras-absence/1", "place": 0, "size": 0, "neighbours": []}
    return answer


def say_nonsense(path: str, answer: dict[str, Any]) -> dict[str, Any]:
    """No proof at all."""
    return answer | {"format": 7} if path == "/v1/proofs" else answer


LIES = [say_more, say_other_key, say_other_root, say_unsigned, say_other_validators, say_absent, say_nonsense]


async def test_every_lie_about_an_entry_is_noticed_and_its_teller_barred() -> None:
    """The honest node is believed; with nobody else left there is no answer rather than a false one."""
    async with moving() as desk:
        for lie in LIES:
            with light_of(desk.url, lie, None) as (light, (liar, honest)):
                found = await light.entry(BALANCES, (OWNER, world.A))
                assert found.value == (await light.entry(BALANCES, (OWNER, world.A))).value
                assert liar.barred, lie.__name__
                assert not honest.barred
                assert light.counters()["lies"] == 1
                assert liar.barred in {peer.name for peer in light.peers()}
            with light_of(desk.url, lie) as (light, (liar,)):
                with pytest.raises(NoFullNode):
                    await light.entry(BALANCES, (OWNER, world.A))
                assert not light.status().ready


async def test_a_forged_header_is_noticed_while_following() -> None:
    """Whoever sends it is not listened to again; the head is the honest node's."""

    def forge(path: str, answer: dict[str, Any]) -> dict[str, Any]:
        if path == "/v1/checkpoints":
            forged = []
            for text in answer["checkpoints"]:
                found = decode_checkpoint(bytes.fromhex(text[2:]))
                data = bytearray(encode_checkpoint(found))
                data[40] ^= 1
                forged.append("0x" + data.hex())
            answer["checkpoints"] = forged
        return answer

    async with moving() as desk:
        with light_of(desk.url, forge, None) as (light, (liar, honest)):
            await light.poll()
            assert liar.barred
            assert light.chain.height >= 5
            assert honest.height == light.chain.height
            status = light.status()
            assert (status.ready, status.role.value, status.peers) == (True, "light", 1)
            assert light.chain.head is not None
            assert status.root == light.chain.head.header.state_root


def certify_another(path: str, answer: dict[str, Any]) -> dict[str, Any]:
    """What a validator who lies can do: certify a second block of the height with its own key."""
    if path == "/v1/checkpoints" and answer["checkpoints"]:
        found = decode_checkpoint(bytes.fromhex(answer["checkpoints"][-1][2:]))
        old, key = found.certificate, SigningKey.from_seed(world.VALIDATOR)
        block = light_id(found.header, b"another".ljust(32, b"-"))
        network = rules_of(world.first()).network
        vote = key.sign(vote_digest(network, Ballot.PRECOMMIT, old.height, old.round, block))
        certificate = replace(old, block=block, votes=((0, vote),))
        forked = replace(found, body_hash=b"another".ljust(32, b"-"), certificate=certificate)
        answer["checkpoints"][-1] = "0x" + encode_checkpoint(forked).hex()
    return answer


async def test_two_certified_blocks_of_one_height_end_all_belief() -> None:
    """Nobody can tell which is the network's: the client says so and answers nothing any more."""
    async with moving() as desk:
        with light_of(desk.url, None, certify_another) as (light, _):
            with trio.fail_after(20):
                while "certified blocks" not in light.trouble():
                    await light.poll()
            with pytest.raises(Forked):
                await light.entry(BALANCES, (OWNER, world.A))
            assert not light.status().ready
            assert light.counters()["forks"] >= 1


async def test_words_for_readers_are_not_the_nodes_own() -> None:
    """Nobody signs the readable part of a proof: it is written anew from the bytes that are proven."""

    def embellish(path: str, answer: dict[str, Any]) -> dict[str, Any]:
        if path == "/v1/proofs":
            answer["entry"]["value"] = "999999999999999999999999"
            answer["root"] = "00" * 32
        return answer

    async with moving() as desk:
        with light_of(desk.url, embellish) as (light, _):
            found = await light.entry(BALANCES, (OWNER, world.A))
            assert found.document["entry"]["value"] == str(found.value)
            assert found.document["root"] == found.root.hex()


async def test_its_interface_answers_with_what_is_proven(tmp_path: Path) -> None:
    """Accounts and intents in the node's own forms; what is absent is proven absent; the newest header is kept."""
    async with moving() as desk:
        number = await handed_in(desk)
        trust = tmp_path / "light.header"
        settings = LightSettings(world.first(), (desk.url,), trust=trust, poll_s=0.05)
        async with open_light(settings) as light, trio.open_nursery() as nursery:
            await until(lambda: light.chain.height > 0)
            url = await nursery.start(partial(serve_light, light, ApiSettings(TOKEN, port=0)))
            async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
                owner = "0x" + OWNER.holder.hex()
                account = (await client.get(f"/v1/accounts/{owner}")).json()
                theirs = (await desk.client.get(f"/v1/accounts/{owner}")).json()
                assert account.pop("proven_height") >= 0
                assert account.keys() == theirs.keys()
                assert {one["asset"] for one in account["balances"]} == {"AAA", "BBB"}
                found = (await client.get(f"/v1/intents/0x{number.hex()}")).json()
                assert found["intent"] == "0x" + number.hex()
                told = (await desk.client.get(f"/v1/intents/0x{number.hex()}")).json()
                assert (found["give_max"], found["owner"]) == (told["give_max"], told["owner"])
                absent = await client.get("/v1/intents/0x" + "ab" * 32)
                assert (absent.status_code, "proven" in absent.json()["detail"]) == (404, True)
                proof = (await client.get("/v1/proofs", params={"table": CHAIN.name, "key": "chain"})).json()
                assert proof["entry"]["value"]["auction"] >= 1
                assert (await client.get("/health/ready")).status_code == 200
                assert b"walras_height" in (await client.get("/metrics")).content
                assert (await client.get("/v1/auctions")).status_code == 404
            nursery.cancel_scope.cancel()
        assert stat.S_IMODE(trust.stat().st_mode) == 0o600
        async with open_light(settings) as light:
            assert light.chain.height >= 0
    async with open_light(settings) as light:
        # Nobody is there any more: where it was is still known, and that it cannot be relied on.
        assert light.chain.height > 0
        await until(lambda: "node" in light.trouble())
        assert not light.status().ready


async def test_a_header_that_came_with_a_proof_is_known_at_the_next_start(tmp_path: Path) -> None:
    """Between two looks for headers, too: belief goes on from the newest, whichever way it came."""
    async with moving() as desk:
        settings = LightSettings(world.first(), (desk.url,), trust=tmp_path / "light.header", poll_s=3600)
        async with open_light(settings) as light:
            await until(lambda: light.chain.height > 0)
            polled = light.chain.height
            await until(lambda: desk.node.status().height > polled + 3)
            proven = await light.entry(BALANCES, (OWNER, world.A))
            assert proven.height > polled
    async with open_light(settings) as light:
        assert light.chain.height == proven.height


async def test_it_needs_somebody_to_ask() -> None:
    """At least one URL, and one that is a node's."""
    with pytest.raises(UsageError):
        async with open_light(LightSettings(world.first(), ())):
            pass
    with pytest.raises(UsageError):
        async with open_light(LightSettings(world.first(), ("ftp://somewhere",))):
            pass


async def test_a_damaged_file_of_trust_is_no_trust(tmp_path: Path) -> None:
    """Belief begins at the genesis then."""
    trust = tmp_path / "light.header"
    trust.write_bytes(b"\x00" * 50)
    async with open_light(LightSettings(world.first(), ("http://127.0.0.1:9",), trust=trust)) as light:
        assert light.chain.height == -1
    assert LyingNode("", "x").exit_code == 5


async def handed_in(desk: Desk) -> IntentId:
    """An intent that stays on the ledger, whether it trades or not; its id."""
    minter = world.Minter(Random(2), valid_for=10_000)
    # Past the nonces that the desk's own has used.
    data = minter.items(8, desk.node.status().auction)[-1]
    await desk.node.submit(data)
    item = decode_item(data)
    assert isinstance(item, Submission)
    number = intent_id(item.intent)
    await until(lambda: desk.node.state.get(ORDERS, number) is not None)
    return number
