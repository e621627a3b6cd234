"""Our solvers behind CoW's solver-engine API: a real server, a real HTTP client."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from intents.auction import Auction
from intents.auction_codec import encode_auction
from intents.formats import load_auction
from intents.formats.cow_export import auction_to_cow
from scenarios.catalog import find
from scenarios.generate import generate
from settlement.solution import Fill, Solution
from settlement.verify import Verifier
from solver.engine_client import EngineSolver
from solver.engine_server import ServerLimits
from solver.host import host
from solver.outcome import OutcomeKind
from solver.protocol import Deadline
from solver.registry import built_in
from solver.spec import parse_spec
from tests.e2e.serving import serving
from tests.shared import SHARED, shared
from tests.solver_worlds import ONE, auction, pool, swap
from tests.vectors.solver_engine import config_of

#: Where a contestant surely has something to bid.
BIDS = {
    "baseline": ("cow_auctions/7400681.json", "stablecoins", "sparse"),
    "naive": ("gpv1/token_pair_6_7.json", "stablecoins", "sparse"),
    "walras": ("deep-rings",),
    "rings": ("gpv1/token_pair_6_7.json", "deep-rings", "stablecoins", "sparse"),
}
VECTORS = sorted((SHARED / "vectors/cow/solver_engine").glob("*.json"))
needs_vectors = pytest.mark.skipif(
    not VECTORS, reason="reference data is not beside this checkout (set WALRAS_SHARED)"
)


def lower_hex(value: Any) -> Any:
    """Addresses compare in whatever case they are spelled."""
    if isinstance(value, dict):
        return {lower_hex(key): lower_hex(item) for key, item in value.items()}
    if isinstance(value, list):
        return [lower_hex(item) for item in value]
    return value.lower() if isinstance(value, str) and value.startswith("0x") else value


def request_for(world: Auction, seconds: float | None = None) -> dict[str, Any]:
    ends = datetime.now(UTC) + timedelta(seconds=seconds) if seconds is not None else None
    return auction_to_cow(world, deadline=ends)


def small_world() -> Auction:
    return auction([swap(1, "A", ONE, "B", ONE // 2)], [pool("ab", "A", 1000 * ONE, "B", 1000 * ONE)])


@needs_vectors
@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
async def test_recorded_exchanges_hold_over_http(path: Path) -> None:
    """Request in, exactly the recorded response out."""
    vector = json.loads(path.read_text())
    async with serving(vector["engine"], config_of(vector)) as url, httpx.AsyncClient() as client:
        response = await client.post(url + "/solve", json=vector["auction"])
    assert response.status_code == 200
    assert lower_hex(response.json()) == lower_hex(vector["expected_response"])


def scores(world: Auction, bids: list[Solution]) -> dict[int, int]:
    verifier = Verifier(world)
    return {bid.id: verifier.verify(bid).score.net for bid in bids}


def world_called(source: str) -> Auction:
    """A recorded file, or the first batch of a shipped world."""
    if source.endswith(".json"):
        return load_auction(shared(f"data/{source}").read_bytes(), source).auction
    return generate(find(source), 1)


SOURCES = ("cow_auctions/7400681.json", "gpv1/token_pair_6_7.json", "deep-rings", "stablecoins", "sparse")


@pytest.mark.parametrize(
    ("name", "source"), [*product(("baseline", "naive", "rings"), SOURCES), ("walras", "deep-rings")]
)
async def test_an_engine_scores_over_http_what_it_scores_in_process(name: str, source: str) -> None:
    """The same bids with the same verified scores, through export, HTTP and import."""
    world = world_called(source)
    at_home = list(built_in(name).solve(world, Deadline.after(60)))
    async with serving(name, make=lambda: built_in(name)) as url:
        rival = EngineSolver(url, name=name)
        away = await trio.to_thread.run_sync(lambda: list(rival.solve(world, Deadline.after(60))))
    assert scores(world, away) == scores(world, at_home)
    assert away or source not in BIDS.get(name, ())


async def test_a_hosted_engine_and_its_double_tie() -> None:
    """Two contestants in processes of their own, one of them asking over HTTP: equal bids, equal scores."""
    world = world_called("stablecoins")
    data = encode_auction(world)
    async with (
        serving("baseline") as url,
        host(parse_spec("baseline")) as ours,
        host(parse_spec(f"rival={url}")) as rival,
    ):
        runs = [await hosted.solve(data, 20.0) for hosted in (ours, rival)]
    assert [run.kind for run in runs] == [OutcomeKind.OK, OutcomeKind.OK], [run.detail for run in runs]
    assert {bid.solver for bid in runs[1].solutions} == {"rival"}
    ours_scored, theirs_scored = (scores(world, list(run.solutions)) for run in runs)
    assert ours_scored == theirs_scored


async def test_a_hosted_engine_that_is_not_there_is_a_crash_with_a_reason() -> None:
    """The outcome names the address and what is wrong."""
    async with host(parse_spec("rival=http://127.0.0.1:9")) as rival:
        run = await rival.solve(encode_auction(small_world()), 5.0)
    assert run.kind is OutcomeKind.CRASH
    assert "EngineUnreachable: http://127.0.0.1:9" in run.detail


def broken(change: dict[str, Any]) -> bytes:
    return json.dumps(request_for(small_world()) | change).encode()


def order_with(**change: Any) -> bytes:
    document = request_for(small_world())
    document["orders"][0] |= change
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        (b"", "input.malformed", "not JSON"),
        (b'{"orders": [', "input.malformed", "not JSON"),
        (b"\xff\xfe", "input.malformed", "UTF-8"),
        (b'{"id": NaN}', "input.malformed", "NaN"),
        (b"[" * 100_000, "input.too-deep", "deeper"),
        (b'{"id": "1", "id": "2"}', "input.duplicate", '"id"'),
        (b"[]", "input.wrong-type", "an object"),
        (b"{}", "input.missing-field", '"tokens"'),
        (broken({"orders": {}}), "input.wrong-type", "orders"),
        (broken({"deadline": "soon"}), "input.wrong-value", "deadline"),
        (broken({"effectiveGasPrice": -1}), "input.amount-out-of-range", "effectiveGasPrice"),
        (broken({"liquidity": [{"id": "1", "kind": "magic"}]}), "input.wrong-value", "liquidity[0].kind"),
        (broken({"liquidity": [{"id": "1", "kind": "stable"}]}), "input.missing-field", "liquidity[0]"),
        (order_with(kind="swap"), "input.wrong-value", "orders[0].kind"),
        (order_with(sellAmount=1.5), "input.wrong-type", "orders[0].sellAmount"),
        (order_with(sellAmount="-5"), "input.amount-out-of-range", "orders[0].sellAmount"),
        (order_with(uid="0x12"), "", ""),
        (order_with(uid="nonsense"), "input.wrong-type", "orders[0].uid"),
    ],
)
async def test_a_request_that_breaks_the_schema_is_told_why(body: bytes, code: str, says: str) -> None:
    """400 with code and message in the envelope, naming the field; short uids are fine."""
    async with serving("baseline") as url, httpx.AsyncClient() as client:
        response = await client.post(url + "/solve", content=body)
    if not code:
        assert response.status_code == 200
        return
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["code"] == code
    assert says in error["message"]


async def test_amounts_beyond_ours_leave_only_that_order_out() -> None:
    """A 256-bit amount is no breach of the schema; the other orders are solved."""
    document = request_for(small_world())
    huge = {
        **document["orders"][0],
        "uid": "0x" + "ab" * 56,
        "sellAmount": str(2**200),
        "fullSellAmount": str(2**200),
    }
    document["orders"].append(huge)
    async with serving("baseline") as url, httpx.AsyncClient() as client:
        response = await client.post(url + "/solve", json=document)
    assert response.status_code == 200
    assert len(response.json()["solutions"]) == 1


async def test_a_request_too_large_is_cut_off() -> None:
    """413 in the same envelope, whether or not the length is announced."""

    async def chunks() -> Any:
        for _ in range(20):
            yield b" " * 1000

    limits = ServerLimits(body_bytes=10_000)
    async with serving("baseline", limits=limits) as url, httpx.AsyncClient() as client:
        announced = await client.post(url + "/solve", content=b" " * 20_000)
        streamed = await client.post(url + "/solve", content=chunks())
    assert (announced.status_code, streamed.status_code) == (413, 413)
    assert announced.json()["error"]["code"] == "http.413"


async def test_unknown_paths_and_methods_use_the_envelope() -> None:
    """404 and 405 are errors like any other."""
    async with serving("baseline") as url, httpx.AsyncClient() as client:
        missing, wrong = await client.get(url + "/settle"), await client.get(url + "/solve")
    assert missing.json()["error"]["code"] == "http.404"
    assert wrong.json()["error"]["code"] == "http.405"


@dataclass
class Slow:
    """Bids at once and then hangs until it is let go, deaf to its deadline."""

    name: str = "slow"
    started: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)

    def solve(self, world: Auction, deadline: Deadline) -> Iterator[Solution]:
        order = world.orders[0]
        assets = [leg.asset for leg in (*order.intent.give, *order.intent.want)]
        yield Solution(self.name, 7, dict.fromkeys(assets, 1), (Fill(order.id, order.remaining),))
        self.started.set()
        self.let_go.wait(60)


async def test_a_busy_engine_says_so_and_stays_awake() -> None:
    """429 for the second auction while one is solved; health answers; the first gets what was found in time."""
    slow = Slow()
    limits = ServerLimits(concurrent=1)
    replies: list[httpx.Response] = []
    async with serving("slow", make=lambda: slow, limits=limits) as url, httpx.AsyncClient(timeout=60) as client:

        async def first() -> None:
            replies.append(await client.post(url + "/solve", json=request_for(small_world(), 2.0)))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(first)
            await trio.to_thread.run_sync(slow.started.wait)
            second = await client.post(url + "/solve", json=request_for(small_world(), 2.0))
            health = await client.get(url + "/healthz")
        slow.let_go.set()
    assert second.status_code == 429
    assert second.json()["error"]["code"] == "busy"
    assert second.headers["retry-after"] == "1"
    assert health.json() == {"status": "ok", "solver": "slow", "solved": 0, "refused": 1, "notices": {}}
    assert replies[0].status_code == 200
    assert [solution["id"] for solution in replies[0].json()["solutions"]] == [7]


async def test_a_slot_is_free_again_after_each_auction() -> None:
    """One at a time is no limit on how many in a row, failures included."""

    @dataclass
    class Faulty:
        name: str = "faulty"

        def solve(self, world: Auction, deadline: Deadline) -> list[Solution]:
            raise RuntimeError("no luck")

    limits = ServerLimits(concurrent=1)
    async with serving("faulty", make=Faulty, limits=limits) as url, httpx.AsyncClient() as client:
        codes = [
            (await client.post(url + "/solve", json=request_for(small_world()))).status_code for _ in range(3)
        ]
        error = (await client.post(url + "/solve", json=request_for(small_world()))).json()["error"]
    assert codes == [500, 500, 500]
    assert error == {"code": "internal", "message": "the solver failed: RuntimeError"}


async def test_a_passed_deadline_is_answered_with_nothing() -> None:
    """There is no time left to solve in."""
    async with serving("baseline") as url, httpx.AsyncClient() as client:
        late = await client.post(url + "/solve", json=request_for(small_world(), -1.0))
        early = await client.post(url + "/solve", json=request_for(small_world(), 30.0))
    assert late.json() == {"solutions": []}
    assert len(early.json()["solutions"]) == 1


async def test_notices_are_taken_whatever_their_kind() -> None:
    """Kinds of the description and of the code alike, unknown ones too; only nonsense is refused."""
    notice = {"auctionId": "1", "solutionId": 0}
    async with serving("baseline") as url, httpx.AsyncClient() as client:
        for kind in ("success", "settlementStarted", "banned", "somethingNew", "success"):
            assert (await client.post(url + "/notify", json={**notice, "kind": kind})).status_code == 200
        refused = await client.post(url + "/notify", content=b"[1]")
        health = await client.get(url + "/healthz")
    assert refused.status_code == 400
    expected = {"banned": 1, "settlementStarted": 1, "somethingNew": 1, "success": 2}
    assert health.json()["notices"] == expected


async def test_the_event_loop_answers_while_python_computes() -> None:
    """A solver that never yields the interpreter voluntarily does not keep health waiting for its end."""
    begun, done = threading.Event(), threading.Event()

    @dataclass
    class Busy:
        name: str = "busy"

        def solve(self, world: Auction, deadline: Deadline) -> list[Solution]:
            begun.set()
            while not done.is_set() and not deadline.passed:
                sum(range(1000))
            return []

    replies: list[httpx.Response] = []
    async with serving("busy", make=Busy) as url, httpx.AsyncClient(timeout=60) as client:

        async def solve() -> None:
            replies.append(await client.post(url + "/solve", json=request_for(small_world(), 60.0)))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(solve)
            await trio.to_thread.run_sync(begun.wait)
            health = [await client.get(url + "/healthz") for _ in range(3)]
            assert replies == []
            done.set()
    assert [reply.status_code for reply in (*health, *replies)] == [200] * 4
