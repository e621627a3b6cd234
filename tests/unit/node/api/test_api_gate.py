"""Who is let in: names, origins, tokens, rates; and what every answer carries."""

from __future__ import annotations

import pytest

from intents.errors import UsageError
from node.api.errors import MEDIA_TYPE
from node.api.gate import SECURITY_HEADERS, host_name
from node.api.operations import OPERATIONS
from node.api.settings import ApiSettings, Limits
from tests.unit.node.api.desk import TOKEN, opened

#: Every way a write may be without the right token.
NOT_SHOWN: tuple[dict[str, str], ...] = (
    {},
    {"authorization": ""},
    {"authorization": "Bearer"},
    {"authorization": "Bearer " + TOKEN[:-1]},
    {"authorization": "Bearer " + TOKEN + "x"},
    {"authorization": "Basic " + TOKEN},
    {"authorization": TOKEN},
    {"authorization": "Bearer " + TOKEN.upper()},
    {"cookie": f"token={TOKEN}"},
)
NAMES = ("127.0.0.1", "localhost", "LOCALHOST", "[::1]")
STRANGE_NAMES = ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "0.0.0.0", "[::2]", "a b")


def paths() -> list[tuple[str, str, bool]]:
    filled = {"number": "1", "id": "0x00", "owner": "0x0000"}
    return [(one.method, one.path.format(**filled), one.token) for one in OPERATIONS]


async def test_nothing_is_written_without_the_token() -> None:
    """Every operation that is not a GET asks for it, whatever else is right; nothing reaches the node."""
    async with opened() as desk:
        body = {"item": "0x" + desk.item().hex()}
        writes = [(method, path) for method, path, token in paths() if token]
        assert {one.name for one in OPERATIONS if one.method != "GET" and not one.token} == {"quote"}
        for method, path in writes:
            for headers in NOT_SHOWN:
                answer = await desk.client.request(method, path, json=body, headers=headers)
                assert answer.status_code == 401, (path, headers)
                assert answer.headers["www-authenticate"].startswith("Bearer")
            answer = await desk.client.request(method, path, json=body, params={"token": TOKEN})
            assert answer.status_code == 401
        assert desk.node.status().acknowledged == 0


async def test_the_node_answers_to_its_own_names_alone() -> None:
    """A strange Host header is a rebound name: nothing is told under it, not even health."""
    async with opened() as desk:
        port = desk.url.rpartition(":")[2]
        for method, path, _ in paths():
            for name in STRANGE_NAMES:
                answer = await desk.writer.request(method, path, json={}, headers={"host": f"{name}:{port}"})
                assert answer.status_code == 403, (path, name)
        for name in NAMES:
            for host in (name, f"{name}:{port}", f"{name}:1"):
                assert (await desk.client.get("/v1/status", headers={"host": host})).status_code == 200


async def test_pages_of_others_may_not_write() -> None:
    """With the right token too; the node's own page may, and no answer is shared with other origins."""
    async with opened() as desk:
        port = desk.url.rpartition(":")[2]
        own = (f"http://127.0.0.1:{port}", f"http://localhost:{port}", f"http://[::1]:{port}")
        others = (
            "null",
            "http://evil.example",
            f"https://localhost:{port}",
            "http://localhost:1",
            "http://localhost",
        )
        for method, path, _ in paths():
            if method == "GET":
                continue
            for origin in others:
                answer = await desk.writer.request(method, path, json={}, headers={"origin": origin})
                assert answer.status_code == 403, (path, origin)
            for origin in own:
                answer = await desk.writer.request(method, path, json={}, headers={"origin": origin})
                assert answer.status_code == 422, (path, origin)
        answer = await desk.client.get("/v1/status", headers={"origin": "http://evil.example"})
        assert not [name for name in answer.headers if name.startswith("access-control")]
        asked = {"origin": "http://evil.example", "access-control-request-method": "POST"}
        assert (await desk.client.options("/v1/intents", headers=asked)).status_code == 403


async def test_every_answer_has_the_headers_and_no_cookie() -> None:
    """Good answers and refusals alike."""
    async with opened() as desk:
        for method, path, _ in [*paths(), ("GET", "/nowhere", False), ("DELETE", "/v1/status", False)]:
            answer = await desk.client.request(method, path)
            assert "set-cookie" not in answer.headers
            for name in SECURITY_HEADERS:
                assert name in answer.headers, (path, name)
            if answer.status_code >= 400 and path != "/health/ready":
                assert answer.headers["content-type"] == MEDIA_TYPE


async def test_a_client_that_asks_too_often_waits_and_the_operator_does_not() -> None:
    """Its bucket empties; health and whoever shows the token are answered all the same."""
    limits = Limits(requests_per_s=1, requests_burst=5)
    async with opened(limits=limits) as desk:
        answers = [await desk.client.get("/v1/status") for _ in range(8)]
        assert [answer.status_code for answer in answers[:5]] == [200] * 5
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        assert int(refused[-1].headers["retry-after"]) >= 1
        assert refused[-1].json()["code"] == "api.too-many"
        assert (await desk.client.get("/health/ready")).status_code == 200
        assert (await desk.writer.get("/v1/status")).status_code == 200


@pytest.mark.parametrize("token", ["", "short", "with a newline in it\n....", "nicht-ASCII-überhaupt"])
def test_a_token_that_is_none_is_refused(token: str) -> None:
    """A node without a proper token does not start."""
    with pytest.raises(UsageError):
        ApiSettings(token)


def test_host_names() -> None:
    """The name without port and brackets."""
    found = [host_name(text) for text in ("a", "A:1", "[::1]", "[::1]:2", "", ":1", "1.2.3.4:5")]
    assert found == ["a", "a", "::1", "::1", "", "", "1.2.3.4"]
