"""An outside CoW solver engine as a competitor: one ``POST /solve`` per auction, bounded in every way.

Redirects and proxies of the environment are not followed, compressed answers are not asked for, and
size and time of the exchange are limited as a whole, not per read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import trio

from intents.auction import Auction
from intents.errors import InputError
from intents.formats.cow_export import auction_to_cow
from intents.strict_json import parse_json
from settlement.cow_solution import solution_from_cow, solutions_from_cow
from settlement.solution import MAX_SOLUTIONS_PER_SOLVER, Solution
from solver.engine_errors import EngineAnswerInvalid, EngineRefused, EngineTimedOut, EngineUnreachable
from solver.protocol import Deadline

#: Orders of the batch are live whatever clock their validity was recorded on: the engine is told so.
_ALWAYS_VALID: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """``answer_bytes`` of a body, ``reason_bytes`` of a refusal are read, then no more."""

    answer_bytes: int = 32 << 20
    reason_bytes: int = 4096


class EngineSolver:
    """A ``Solver`` that asks the engine at ``url``. What it answers is judged like anybody's solution."""

    def __init__(self, url: str, *, name: str = "engine", limits: EngineLimits | None = None) -> None:
        self.url = url.rstrip("/")
        self.name = name
        self.limits = limits or EngineLimits()

    def solve(self, auction: Auction, deadline: Deadline) -> Iterable[Solution]:
        """Its solutions. Raises an ``EngineError``; must not be called from inside an event loop."""
        body = json.dumps(request_body(auction, deadline)).encode()
        seconds = deadline.remaining_s
        answer = trio.run(self._within, "/solve", body, seconds)
        return read_answer(answer, auction, self.name, self.url)

    def notify(self, kind: str, auction_id: str, solution_id: int | None, seconds: float) -> None:
        """Tell the engine how a solution of its fared (``POST /notify``). Raises an ``EngineError``."""
        notice: dict[str, Any] = {"auctionId": auction_id, "kind": kind}
        if solution_id is not None:
            notice["solutionId"] = solution_id
        trio.run(self._within, "/notify", json.dumps(notice).encode(), seconds)

    async def _within(self, path: str, body: bytes, seconds: float) -> bytes:
        with trio.move_on_after(seconds):
            return await self._post(path, body)
        raise EngineTimedOut(self.url, seconds)

    async def _post(self, path: str, body: bytes) -> bytes:
        headers = {"content-type": "application/json", "accept-encoding": "identity"}
        # The scope around us is the one clock; httpx must not start its own.
        async with httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=None) as client:
            try:
                request = client.build_request("POST", self.url + path, content=body, headers=headers)
                response = await client.send(request, stream=True)
                try:
                    return await self._read(response)
                finally:
                    await response.aclose()
            except (httpx.ConnectError, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
                raise EngineUnreachable(self.url, str(error) or type(error).__name__) from error
            except httpx.HTTPError as error:
                raise EngineAnswerInvalid(self.url, f"broke off: {error or type(error).__name__}") from error

    async def _read(self, response: httpx.Response) -> bytes:
        good = response.status_code == 200
        limit = self.limits.answer_bytes if good else self.limits.reason_bytes
        data = bytearray()
        with trio.CancelScope() as enough:
            async for chunk in response.aiter_raw():
                if len(data) > limit:
                    # Leaving the loop would leave its generators open; cancelling unwinds them.
                    enough.cancel()
                    continue
                data += chunk
        if not good:
            raise EngineRefused(self.url, response.status_code, reason_of(response, bytes(data[:limit])))
        if len(data) > limit:
            raise EngineAnswerInvalid(self.url, f"more than {limit} bytes of answer")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise EngineAnswerInvalid(self.url, "compressed, which was not asked for")
        return bytes(data)


def request_body(auction: Auction, deadline: Deadline) -> dict[str, Any]:
    """The ``/solve`` request for ``auction``, to be answered by ``deadline``."""
    ends = datetime.now(UTC) + timedelta(seconds=deadline.remaining_s)
    document = auction_to_cow(auction, deadline=ends)
    # Without an id a request asks for a quote; ours is about an auction, numbered or not.
    document["id"] = document["id"] or str(auction.number)
    for order in document["orders"]:
        order["validTo"] = _ALWAYS_VALID
    return document


def read_answer(body: bytes, auction: Auction, solver: str, where: str) -> tuple[Solution, ...]:
    """The usable solutions of an answer; if there are none because all are unusable, the first's error."""
    try:
        document = parse_json(body, where)
        if not isinstance(document, dict) or not isinstance(document.get("solutions"), list):
            raise EngineAnswerInvalid(where, 'not an object with a list of "solutions"')
        items = document["solutions"]
        if len(items) > MAX_SOLUTIONS_PER_SOLVER:
            raise EngineAnswerInvalid(
                where, f"{len(items)} solutions, at most {MAX_SOLUTIONS_PER_SOLVER} are read"
            )
        return _solutions(document, items, auction, solver, where)
    except InputError as error:
        raise EngineAnswerInvalid(where, str(error)) from error


def _solutions(
    document: dict[str, Any], items: list[object], auction: Auction, solver: str, where: str
) -> tuple[Solution, ...]:
    try:
        return solutions_from_cow(document, auction, solver, where)
    except InputError as first:
        usable = []
        for place, item in enumerate(items):
            try:
                usable.append(solution_from_cow(item, auction, solver, f"{where}: solutions[{place}]"))
            except InputError:
                continue
        if not usable:
            raise first
        return tuple(usable)


def reason_of(response: httpx.Response, data: bytes) -> str:
    """The envelope's message, else the start of the text, else what the status says."""
    location = response.headers.get("location")
    if location:
        return f"redirects to {location[:200]}, which is not followed"
    try:
        document = parse_json(data, "")
    except InputError:
        document = None
    if isinstance(document, dict):
        error = document.get("error", document)
        message = error.get("message") if isinstance(error, dict) else error
        if isinstance(message, str):
            return message[:500]
    shown = " ".join(data.decode("utf-8", "replace").split())[:200]
    return shown or response.reason_phrase
