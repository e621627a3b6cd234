"""A node's interface as its user meets it: answers, refusals, and things that are no node."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from intents.errors import UsageError, WalrasError
from node.client.errors import NodeBusy, NodeRefused, NotKnown, StrangeAnswer, Unreachable
from node.client.following import POLL_S, Step, follow, life_of
from node.client.node_client import NodeClient
from node.client.readiness import await_ready

Answer = Callable[[httpx.Request], httpx.Response]
NUMBER = b"i" * 32


def client(answer: Answer, token: str | None = None) -> NodeClient:
    return NodeClient("http://node.example", token, transport=httpx.MockTransport(answer))


def problem(status: int, code: str = "x.y") -> httpx.Response:
    body = {"type": "about:blank", "title": "T", "status": status, "detail": "because", "code": code, "where": "w"}
    return httpx.Response(status, json=body, headers={"content-type": "application/problem+json"})


@pytest.mark.parametrize(
    ("status", "kind", "exit_code"),
    [(404, NotKnown, 1), (409, NodeRefused, 3), (422, NodeRefused, 3), (429, NodeBusy, 4), (503, NodeBusy, 4)],
)
def test_client_refusals(status: int, kind: type[WalrasError], exit_code: int) -> None:
    """A problem document becomes a typed error with the node's own words, and the exit code that fits."""
    with client(lambda request: problem(status)) as asked, pytest.raises(kind) as refused:
        asked.get("/v1/status")
    assert type(refused.value) is kind
    assert refused.value.exit_code == exit_code
    assert "because (x.y)" in str(refused.value)


def test_client_wants_a_token() -> None:
    """Without its token the node says no, and the user is told where the token is."""
    with client(lambda request: problem(401)) as asked, pytest.raises(NodeRefused, match=r"api\.token"):
        asked.post("/v1/intents", {})


def test_client_shows_its_token_only_to_act() -> None:
    """Reading shows no token; writing does."""
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("authorization"))
        return httpx.Response(200, json={})

    with client(answer, "secret") as asked:
        asked.get("/v1/status")
        asked.post("/v1/intents", {})
    assert seen == [None, "Bearer secret"]


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, text="[]"),
        httpx.Response(200, content=b"[" * 100_000),
        httpx.Response(404, text="not here"),
        httpx.Response(405, text="not so"),
        httpx.Response(500, text="{", headers={"content-type": "application/problem+json"}),
    ],
)
def test_client_strangers(response: httpx.Response) -> None:
    """What is no node's answer is called that."""
    with client(lambda request: response) as asked, pytest.raises(StrangeAnswer):
        asked.get("/v1/status")


def test_client_node_away() -> None:
    """A node that is away is named by its URL, exit code 4."""

    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with client(answer) as asked, pytest.raises(Unreachable, match=r"http://node\.example") as away:
        asked.get("/v1/status")
    assert away.value.exit_code == 4


@pytest.mark.parametrize("url", ["node.example", "ftp://x", "http://", "http://[::", "http://a:b"])
def test_client_urls(url: str) -> None:
    """What is no URL is refused before anything is sent."""
    with pytest.raises(UsageError):
        NodeClient(url)


def life(state: str, steps: int) -> dict[str, object]:
    trade = {
        "intent": "0x00",
        "owner": "0x00",
        "give": "A",
        "want": "B",
        "gave": "5",
        "got": "7",
        "solver": "s",
        "over_limit_bps": 1.5,
        "over_route_bps": None,
    }
    return {
        "intent": "0x" + NUMBER.hex(),
        "owner": "0x00",
        "state": state,
        "give": "A",
        "want": "B",
        "give_max": "10",
        "want_min": "9",
        "gave": "5",
        "got": "7",
        "valid_from": 0,
        "valid_to": 9,
        "steps": [{"state": f"s{i}", "auction": i, "height": i, "at_ms": 0, "note": ""} for i in range(steps)],
        "trades": [{"auction": 3, "trade": trade}] if state == "settled" else [],
        "missed": None,
    }


def test_client_follows_to_the_end() -> None:
    """Each step is told once, a node that is away for a moment is asked again, and the end is the answer."""
    answers = iter([life("checked", 1), None, life("checked", 1), life("settled", 3)])
    told: list[Step] = []

    def answer(request: httpx.Request) -> httpx.Response:
        found = next(answers)
        if found is None:
            raise httpx.ConnectError("restarting")
        return httpx.Response(200, content=json.dumps(found))

    with client(answer) as asked:
        ended = follow(asked, NUMBER, told.append, timeout_s=30)
    assert ended is not None
    assert ended.ended
    assert [step.state for step in told] == ["s0", "s1", "s2"]
    assert (ended.trades[0].auction, ended.trades[0].got, ended.trades[0].over_limit_bps) == (3, 7, 1.5)


def test_client_follows_for_a_time() -> None:
    """After its time it says how the intent stands; one that a block refused is gone."""
    with client(lambda request: httpx.Response(200, json=life("checked", 1))) as asked:
        waiting = follow(asked, NUMBER, lambda step: None, timeout_s=0)
    assert waiting is not None
    assert not waiting.ended
    with client(lambda request: problem(404)) as asked:
        assert follow(asked, NUMBER, lambda step: None, timeout_s=0) is None


def test_client_reads_lives_strictly() -> None:
    """A life without its fields is no life."""
    with client(lambda request: httpx.Response(200, json={"intent": "0x00"})) as asked, pytest.raises(WalrasError):
        life_of(asked, NUMBER)


def test_client_waits_for_a_node_that_catches_up() -> None:
    """As long as it gets on, and the first reason is told; one that gets no further is told of at the end."""
    trouble = "catching up: 9 heights behind"
    answers = iter([(height, False, trouble) for height in range(3)] + [(3, True, "")])
    told: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        height, ready, trouble = next(answers)
        return httpx.Response(200, json={"height": height, "ready": ready, "trouble": trouble})

    with client(answer) as asked:
        assert await_ready(asked, told.append, timeout_s=POLL_S * 0.9) == ""
    assert told == [trouble]
    halted = {"height": -1, "ready": False, "trouble": "cut off"}
    with client(lambda request: httpx.Response(200, json=halted)) as asked:
        assert await_ready(asked, told.append, timeout_s=POLL_S * 0.9) == "cut off"
