"""Load: pairs of intents that meet, submitted many to a request at a steady rate.

They are signed, and requests written, before the first is sent: users do that on machines of their own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx
import trio

from benchmarks.live_network.bed import OWNERS
from intents.assets import AssetId
from intents.codec import intent_id
from intents.intent import FillMode, FillRule, Intent, Kind, Leg, Owner, OwnerScheme
from intents.signing import SigningKey, sign_intent
from node.chain.items import Submission, encode_item
from node.home.development import DAI, ETH, UNI, USDC, WORTH, units
from node.livedemo.desk import Endpoint

#: Give, want: both directions of one pair meet at the agreed price with room on either side.
PAIRS = ((ETH, USDC), (ETH, DAI), (UNI, USDC))
SLACK_BPS = 100
#: Intents of a request where nothing else is asked for; the interface takes ``MAX_AT_ONCE``.
PACK = 64


@dataclass(frozen=True, slots=True)
class Prepared:
    """The intents of one request: their ids, and what is submitted of each."""

    ids: tuple[bytes, ...]
    items: tuple[bytes, ...]

    def body(self) -> bytes:
        """The request's, in JSON."""
        return json.dumps({"items": ["0x" + item.hex() for item in self.items]}).encode()


@dataclass
class Sent:
    """When each acknowledged intent was handed in (Unix milliseconds), and how many were refused."""

    at_ms: dict[bytes, int] = field(default_factory=dict)
    items: dict[bytes, bytes] = field(default_factory=dict)
    acknowledged_s: list[float] = field(default_factory=list)
    refused: int = 0
    late_s: float = 0.0


def prepare(
    network: bytes, count: int, rate: float, auction: int, batch_s: float, begin: int = 0, pack: int = PACK
) -> list[Prepared]:
    """So many intents, ``pack`` to a request, each open for some auctions after the one it is likely to come in.

    ``begin`` is the first one's number: no two numbers give the same intent.
    """
    packs = []
    for first in range(0, count, pack):
        last = auction + int((first + pack) / rate / batch_s) + 6
        numbers = range(begin + first, begin + min(count, first + pack))
        signed = [_signed(network, number, last) for number in numbers]
        packs.append(Prepared(tuple(number for number, _ in signed), tuple(item for _, item in signed)))
    return packs


def _signed(network: bytes, number: int, last: int) -> tuple[bytes, bytes]:
    """Odd ones want what the even one before gives."""
    key = OWNERS[number % len(OWNERS)]
    give, want = PAIRS[number // 2 % len(PAIRS)]
    if number % 2:
        give, want = want, give
    amount = units(give, WORTH[ETH] / WORTH[give] / 100)
    least = units(want, WORTH[ETH] / WORTH[want] / 100) * (10_000 - SLACK_BPS) // 10_000
    intent = intent_of(network, key, number, give, amount, want, least, last)
    return intent_id(intent), encode_item(Submission(intent, sign_intent(key, intent)))


def intent_of(
    network: bytes, key: SigningKey, nonce: int, give: AssetId, amount: int, want: AssetId, least: int, last: int
) -> Intent:
    """A limit order that may fill in parts."""
    return Intent(
        network,
        Owner(OwnerScheme.ED25519, key.public),
        nonce,
        0,
        last,
        (Leg(give, amount),),
        (Leg(want, least),),
        Kind.EXACT_IN,
        FillRule(FillMode.PARTIAL),
    )


async def send(endpoints: Sequence[Endpoint], packs: Sequence[Prepared], rate: float, sent: Sent) -> None:
    """Hand packs in at their times, to each node in turn; returns when the last is acknowledged or refused."""
    bodies = [pack.body() for pack in packs]
    due = trio.current_time()
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client, trio.open_nursery() as nursery:
        for number, (pack, body) in enumerate(zip(packs, bodies, strict=True)):
            await trio.sleep_until(due)
            sent.late_s = max(sent.late_s, trio.current_time() - due)
            nursery.start_soon(_submit, client, endpoints[number % len(endpoints)], pack, body, sent)
            due += len(pack.ids) / rate


async def _submit(client: httpx.AsyncClient, endpoint: Endpoint, pack: Prepared, body: bytes, sent: Sent) -> None:
    began, at_ms = time.monotonic(), int(time.time() * 1000)
    headers = {"Authorization": f"Bearer {endpoint.token}", "Content-Type": "application/json"}
    try:
        answer = await client.post(f"{endpoint.url}/v1/intents/batch", content=body, headers=headers)
    except httpx.HTTPError:
        sent.refused += len(pack.ids)
        return
    results = answer.json()["results"] if answer.status_code == httpx.codes.ACCEPTED else [{}] * len(pack.ids)
    sent.acknowledged_s.append(time.monotonic() - began)
    for number, item, result in zip(pack.ids, pack.items, results, strict=True):
        if result.get("id"):
            sent.at_ms[number], sent.items[number] = at_ms, item
        else:
            sent.refused += 1
