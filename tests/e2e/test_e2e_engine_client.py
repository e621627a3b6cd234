"""Outside engines as competitors: whatever they do, the outcome is solutions or one typed error."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import trio

from intents.auction import Auction
from settlement.solution import Fill, Solution
from solver.engine_client import EngineLimits, EngineSolver, request_body
from solver.engine_errors import (
    CannotListen,
    EngineAnswerInvalid,
    EngineError,
    EngineRefused,
    EngineTimedOut,
    EngineUnreachable,
)
from solver.engine_server import listen
from solver.protocol import Deadline
from tests.e2e.serving import answering, http, serving, solutions
from tests.solver_worlds import ONE, auction, pool, swap

WORLD = auction([swap(1, "A", ONE, "B", ONE // 2)], [pool("ab", "A", 1000 * ONE, "B", 1000 * ONE)])


async def ask(url: str, seconds: float = 10.0, limits: EngineLimits | None = None) -> list[Solution]:
    engine = EngineSolver(url, name="rival", limits=limits)
    return await trio.to_thread.run_sync(lambda: list(engine.solve(WORLD, Deadline.after(seconds))))


def entry(world: Auction = WORLD, **change: Any) -> dict[str, Any]:
    """A well-formed solution object, not necessarily a good one."""
    document = request_body(world, Deadline.after(1))
    a, b = sorted(document["tokens"])
    trade = {"kind": "fulfillment", "order": document["orders"][0]["uid"], "executedAmount": str(ONE), "fee": "0"}
    return {"id": 3, "prices": {a: "1", b: "1"}, "trades": [trade], "interactions": []} | change


def send(data: bytes) -> Callable[[trio.SocketStream], Awaitable[None]]:
    async def reply(stream: trio.SocketStream) -> None:
        await stream.send_all(data)

    return reply


async def test_an_answer_becomes_solutions_under_our_label() -> None:
    """Names map back to the auction's own orders and assets."""
    async with answering(send(http("200 OK", solutions(entry())))) as url:
        (bid,) = await ask(url)
    assert bid.solver == "rival"
    assert bid.id == 3
    assert bid.fills == (Fill(WORLD.orders[0].id, ONE),)
    assert set(bid.prices) == {"A", "B"}


async def test_orders_are_told_as_live() -> None:
    """Validity was recorded on another clock; what is in the batch is live."""
    assert {order["validTo"] for order in request_body(WORLD, Deadline.after(1))["orders"]} == {2**32 - 1}


@pytest.mark.parametrize(
    ("reply", "error", "says"),
    [
        (
            http("500 Oops", b'{"error": {"code": "x", "message": "out of luck"}}'),
            EngineRefused,
            "500: out of luck",
        ),
        (http("400 Bad", b'{"message": "older envelope"}'), EngineRefused, "400: older envelope"),
        (http("429 Busy", b""), EngineRefused, "429"),
        (http("302 Found", b"", "Location: http://127.0.0.1:1/x"), EngineRefused, "not followed"),
        (http("204 Nothing", b""), EngineRefused, "204"),
        (http("200 OK", b"surprise"), EngineAnswerInvalid, "not JSON"),
        (http("200 OK", b'{"solutions": [NaN]}'), EngineAnswerInvalid, "NaN"),
        (http("200 OK", b"[]"), EngineAnswerInvalid, '"solutions"'),
        (http("200 OK", b'{"solutions": 3}'), EngineAnswerInvalid, '"solutions"'),
        (http("200 OK", solutions(*[entry()] * 257)), EngineAnswerInvalid, "257 solutions"),
        (http("200 OK", solutions({"id": 1})), EngineAnswerInvalid, "missing"),
        (http("200 OK", b"x" * 3000), EngineAnswerInvalid, "more than 2000 bytes"),
        (http("200 OK", b"{}", "Content-Encoding: gzip"), EngineAnswerInvalid, "compressed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", EngineAnswerInvalid, "broke off"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", EngineAnswerInvalid, "broke off"),
        (b"", EngineAnswerInvalid, "broke off"),
    ],
)
async def test_each_misbehaviour_is_its_own_error(reply: bytes, error: type[EngineError], says: str) -> None:
    """Refusals carry the reason, answers that are none say what is wrong with them."""
    limits = EngineLimits(answer_bytes=200_000 if b"solutions" in reply else 2000)
    async with answering(send(reply)) as url:
        with pytest.raises(error) as caught:
            await ask(url, limits=limits)
    assert says in str(caught.value)
    assert str(caught.value).startswith(url)


async def test_silence_and_trickle_end_at_the_deadline() -> None:
    """The clock is one for the whole exchange, not for each read."""

    async def trickle(stream: trio.SocketStream) -> None:
        await stream.send_all(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            await stream.send_all(b"x")
            await trio.sleep(0.02)

    async def silence(stream: trio.SocketStream) -> None:
        await trio.sleep_forever()

    for reply in (trickle, silence):
        async with answering(reply) as url:
            with pytest.raises(EngineTimedOut):
                await ask(url, seconds=0.5)


async def test_nobody_there() -> None:
    """A closed port and a name that is no address are unreachable, exit code 4."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "http://[::1", "ftp://127.0.0.1"):
        with pytest.raises(EngineUnreachable) as caught:
            await ask(url)
        assert caught.value.exit_code == 4


async def test_custom_interactions_are_refused_and_the_rest_kept() -> None:
    """What cannot be re-executed is dropped; if nothing else is there, that is the error."""
    custom = entry(id=4, interactions=[{"kind": "custom", "target": "0x" + "00" * 20}])
    jit = entry(id=5, trades=[{"kind": "jit"}])
    async with answering(send(http("200 OK", solutions(custom, entry(), jit)))) as url:
        assert [bid.id for bid in await ask(url)] == [3]
    async with answering(send(http("200 OK", solutions(custom)))) as url:
        with pytest.raises(EngineAnswerInvalid, match="cannot be re-executed"):
            await ask(url)


async def test_notices_reach_the_engine() -> None:
    """``POST /notify`` against one of our own engines."""
    async with serving("rings") as url, httpx.AsyncClient() as client:
        engine = EngineSolver(url)
        await trio.to_thread.run_sync(engine.notify, "success", "1", 0, 5.0)
        assert (await client.get(url + "/healthz")).json()["notices"] == {"success": 1}


def test_a_port_in_use_is_named() -> None:
    """Listening where somebody listens already is one clear line."""
    with listen("127.0.0.1", 0) as sock:
        port = sock.getsockname()[1]
        with pytest.raises(CannotListen, match=f"127.0.0.1:{port}"):
            listen("127.0.0.1", port)
    with pytest.raises(CannotListen):
        listen("192.0.2.1", 0)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_served_from_the_command_line_until_told_to_stop(stop: signal.Signals) -> None:
    """The address is printed when it is ready, an auction is solved, and the end is clean."""
    run = "import sys; from node.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", run, "solver", "serve", "baseline"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"NO_COLOR": "1"}
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        try:
            with httpx.Client(timeout=30) as client:
                reply = client.post(url + "/solve", json=request_body(WORLD, Deadline.after(20)))
        finally:
            process.send_signal(stop)
        _, errors = process.communicate(timeout=60)
    assert len(reply.json()["solutions"]) == 1
    assert process.returncode == 0
    assert errors == ""
