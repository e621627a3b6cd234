"""Bad input of every kind is answered by a problem that says what and where, and by nothing worse."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from typing import Any

import pytest
import trio

from intents.errors import WrongValue
from node.api.errors import MEDIA_TYPE, BadRequest, headers_of, problem_of
from node.api.settings import Limits
from node.embedded.errors import Stopped, TooBusy
from node.history.errors import HistoryFailed
from tests.unit.node.api.desk import TOKEN, Desk, opened

JSON = {"content-type": "application/json"}
QUERIES = [
    ("/v1/blocks?limit=0", "query.limit"),
    ("/v1/blocks?limit=201", "query.limit"),
    ("/v1/blocks?limit=x", "query.limit"),
    ("/v1/blocks?limit=1&limit=2", "query.limit"),
    ("/v1/blocks?before=-1", "query.before"),
    ("/v1/blocks?before=9" + "9" * 400, "query.before"),
    ("/v1/blocks?strange=1", "query.strange"),
    ("/v1/auctions/-1", "path.number"),
    ("/v1/auctions/1.5", "path.number"),
    ("/v1/auctions/NaN/receipt", "path.number"),
    ("/v1/intents", "query.owner"),
    ("/v1/intents?owner=me", "query.owner"),
    ("/v1/intents/batched", "path.id"),
    ("/v1/intents/0x0/explain", "path.id"),
    ("/v1/accounts/0xzz", "path.owner"),
    ("/v1/accounts/rsa:00", "path.owner"),
    ("/v1/leaderboard?auctions=0", "query.auctions"),
    ("/v1/proofs?table=balances", "query.key"),
    ("/v1/proofs?table=balances&key=x", "query.key"),
    ("/v1/proofs?table=balances&key=owner:zz/AAA", "query.key"),
    ("/v1/proofs?table=orders&key=0x0", "query.key"),
    ("/v1/proofs?table=balances&key=%5B%5B%5B", "query.key"),
]
BODIES: list[tuple[bytes, str]] = [
    (b"", "body"),
    (b"{", "body"),
    (b"[]", "body"),
    (b"null", "body"),
    (b'{"item": 7}', "body"),
    (b'{"item": "0x"}', "body"),
    (b'{"item": "0xzz"}', "body"),
    (b'{"item": "00"}', "body"),
    (b'{"items": []}', "body"),
    (b'{"item": "0x00", "item": "0x01"}', "body"),
    (b'{"item": "0x00", "more": 1}', "body"),
    (b'{"item": "\xff"}', "body"),
    (b'{"item": NaN}', "body"),
    (b'{"a":' * 50 + b"1" + b"}" * 50, "body"),
    (b'{"item": "0x00"}', "item"),
    (b'{"item": "0x123"}', "item"),
    (b'{"item": "0x' + b"91" * 400 + b'"}', "item"),
]


def is_problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    found: dict[str, Any] = answer.json()
    assert set(found) == {"type", "title", "status", "detail", "code", "where"}
    assert found["status"] == status
    assert found["code"]
    return found


async def test_wrong_parameters_and_bodies() -> None:
    """422 with the place of the fault; the node takes nothing."""
    async with opened() as desk:
        for path, where in QUERIES:
            assert is_problem(await desk.client.get(path), 422)["where"].startswith(where), path
        for body, where in BODIES:
            for path in ("/v1/intents", "/v1/transactions"):
                answer = await desk.writer.post(path, content=body, headers=JSON)
                assert is_problem(answer, 422)["where"].startswith(where), (path, body[:40])
        assert desk.node.status().acknowledged == 0


async def test_an_intent_and_its_signature_go_together() -> None:
    """Either an item or both of the others, and the signature is the owner's."""
    async with opened() as desk:
        item = "0x" + desk.item().hex()
        intent = {"network": "0x" + bytes(32).hex()}
        bodies: list[dict[str, Any]] = [
            {},
            {"intent": intent},
            {"signature": "0x" + "00" * 64},
            {"item": item, "signature": "0x" + "00" * 64},
            {"item": item, "intent": intent},
            {"intent": intent, "signature": "0x" + "00" * 64},
        ]
        for body in bodies:
            is_problem(await desk.writer.post("/v1/intents", json=body), 422)
        is_problem(await desk.writer.post("/v1/transactions", json={"item": item}), 422)
        spoilt = item[:-2] + ("00" if item[-2:] != "00" else "01")
        found = is_problem(await desk.writer.post("/v1/intents", json={"item": spoilt}), 422)
        assert found["code"].startswith("crypto.")


async def test_nothing_there_wrong_method_wrong_type_too_much() -> None:
    """404, 405 with what is allowed, 415, 413 though the client is still sending, 414."""
    async with opened(limits=Limits(body_bytes=2_000)) as desk:
        for path in (
            "/nowhere",
            "/v1",
            "/v1/status/",
            "/v1/auctions/7",
            "/v1/auctions/7/receipt",
            "/%00",
            "/v1/%ff",
        ):
            is_problem(await desk.client.get(path), 404)
        is_problem(await desk.client.get("/v1/intents/0x" + "ab" * 32), 404)
        is_problem(await desk.client.get("/v1/intents/0x" + "ab" * 32 + "/explain"), 404)
        is_problem(await desk.client.get("/v1/proofs?table=secrets&key=1"), 404)
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "POST", "BREW"):
            answer = await desk.writer.request(method, "/v1/status")
            is_problem(answer, 405)
            assert "GET" in answer.headers["allow"]
        for media in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
            headers = {"content-type": media}
            is_problem(await desk.writer.post("/v1/intents", content=b"{}", headers=headers), 415)
        for size in (1_000, 1_000_000):
            is_problem(await desk.writer.post("/v1/intents", json={"item": "0x" + "00" * size}), 413)
        is_problem(await desk.client.get("/v1/blocks?before=" + "1" * 5_000), 414)


async def raw(desk: Desk, data: bytes, *, wait_s: float = 5) -> bytes:
    """What the node answers to these bytes, until it closes or is silent for a while."""
    port = int(desk.url.rpartition(":")[2])
    found = b""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        with trio.move_on_after(wait_s), suppress(trio.BrokenResourceError):
            await stream.send_all(data)
            while part := await stream.receive_some(65_536):
                found += part
                if b"\r\n\r\n" in found:
                    break
    return found


async def test_bytes_that_are_no_request() -> None:
    """Nonsense, HTTP/2, no or two Host headers, a body that never ends: refused, and the node goes on."""
    async with opened(limits=Limits(body_bytes=2_000, body_s=0.3, idle_s=0.5)) as desk:
        assert b" 400 " in await raw(desk, b"\x00\xff\xfe nonsense\r\n\r\n")
        assert b" 400 " in await raw(desk, b"GET /v1/status HTTP/1.1\r\n\r\n")
        two = b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"
        assert b" 400 " in await raw(desk, two)
        assert b" 404 " in await raw(desk, b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head = f"POST /v1/intents HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n".encode()
        head += b"Content-Type: application/json\r\n"
        assert b" 408 " in await raw(desk, head + b"Content-Length: 100\r\n\r\n{")
        assert b" 413 " in await raw(desk, head + b"Content-Length: 99999999999999999999\r\n\r\n" + b" " * 3_000)
        chunks = b"Transfer-Encoding: chunked\r\n\r\n" + (b"400\r\n" + b" " * 1024 + b"\r\n") * 3
        assert b" 413 " in await raw(desk, head + chunks)
        assert await raw(desk, b"GET /v1/sta") == b""
        assert (await desk.client.get("/v1/status")).status_code == 200


async def test_http_2_is_not_spoken() -> None:
    """Neither to who begins with it nor to who asks for it: that is answered as if it had not."""
    async with opened() as desk:
        assert b" 505 " in await raw(desk, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        asked = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        found = await raw(desk, asked + b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
        assert found.startswith(b"HTTP/1.1 200 ")


def test_statuses_of_errors() -> None:
    """Busy is 429 with a time to wait, ending and a failed disk 503, what the caller wrote 422."""
    cases = [
        (TooBusy("", 3), 429, True),
        (Stopped(""), 503, True),
        (HistoryFailed("", "disk"), 503, True),
        (WrongValue("a", "b", "c"), 422, False),
        (BadRequest("a", "b"), 400, False),
    ]
    for error, status, waits in cases:
        assert problem_of(error).status == status
        assert ("retry-after" in headers_of(error)) is waits
    assert json.loads(json.dumps(problem_of(WrongValue("a", "b", "c" * 5_000)).detail))[:3] == "a: "
    assert len(problem_of(WrongValue("a", "b", "c" * 5_000)).detail) <= 1_000


async def test_a_failing_history_is_the_nodes_trouble_not_the_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """503 with its code; a bug is a 500 that tells nothing of the inside."""
    async with opened() as desk:

        def fails(*_: object) -> None:
            raise HistoryFailed("history.sqlite", "disk full")

        def breaks(*_: object) -> None:
            raise RuntimeError("secret inside")

        monkeypatch.setattr(desk.node.history, "blocks", fails)
        assert is_problem(await desk.client.get("/v1/blocks"), 503)["code"] == "history.disk"
        monkeypatch.setattr(desk.node.history, "blocks", breaks)
        found = await desk.client.get("/v1/blocks")
        assert is_problem(found, 500)["code"] == "api.internal"
        assert "secret" not in found.text


async def test_too_many_connections_are_turned_away() -> None:
    """Those there are go on; one more is closed at once; when one leaves there is room again."""
    async with opened(limits=Limits(connections=3)) as desk:
        await desk.client.get("/v1/status")
        port = int(desk.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)):
            await trio.sleep(0.05)
            assert await raw(desk, b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n") == b""
            assert (await desk.client.get("/v1/status")).status_code == 200


async def test_connections_that_are_gone_make_room_at_once() -> None:
    """However they went: answered and closed, in the middle of a request, or without a word."""
    async with opened(limits=Limits(connections=3, idle_s=60)) as desk:
        port = int(desk.url.rpartition(":")[2])
        asked = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for _ in range(6):
            for words in (asked, asked[:20], b"", b"\0\r\n\r\n"):
                async with await trio.open_tcp_stream("127.0.0.1", port) as tcp:
                    await tcp.send_all(words)
                await trio.sleep(0.02)
            with trio.fail_after(20):
                while not (await raw(desk, asked)).startswith(b"HTTP/1.1 200"):
                    await trio.sleep(0.05)
