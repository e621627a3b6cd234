"""Serving a solver over CoW's solver-engine API: ``POST /solve``, ``POST /notify``, ``GET /healthz``.

The event loop only reads and answers; parsing and solving happen in worker threads, a bounded number
at a time, and what was found by the request's deadline is the answer. Errors come in the envelope
``{"error": {"code", "message"}}``: 400 for a request that cannot be read, 413 for one too large, 429
when busy. Reference: cowprotocol/services, crates/solvers/src/api.
"""

from __future__ import annotations

import json
import signal
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import trio
from hypercorn.config import Config
from hypercorn.trio import serve as hypercorn_serve
from quart import Response, request
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from intents.auction import Auction
from intents.errors import InputError, Malformed, Unreadable, WalrasError
from intents.strict_json import parse_json
from settlement.solution import MAX_SOLUTIONS_PER_SOLVER, Solution
from solver.config import MAX_CONFIG_BYTES
from solver.engine_errors import CannotListen
from solver.engine_format import answer, read_request
from solver.protocol import Deadline, Solver
from solver.registry import built_in

#: How long an answer already on its way out may take after we are told to stop.
SHUTDOWN_S: Final = 3.0
#: How much later than its deadline a solver may still hand over what it has in hand.
GRACE_S: Final = 0.05
#: Solutions taken from one run, improvements of the same id included.
MAX_FOUND: Final = 100 * MAX_SOLUTIONS_PER_SOLVER
#: Kinds of notices counted apart; the rest is counted together.
MAX_KINDS: Final = 32


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """``concurrent`` auctions are solved at a time and ``reading`` requests read; more get 429.

    ``longest_s`` caps a request's deadline. ``slack_s``, or a fifth of the time left where that is
    less, is kept back for the way home.
    """

    body_bytes: int = 64 << 20
    notice_bytes: int = 1 << 20
    body_s: float = 30.0
    concurrent: int = 2
    reading: int = 8
    longest_s: float = 30.0
    slack_s: float = 0.5


@dataclass
class _Job:
    """One auction being solved in a thread that may outlive its request."""

    solver: Solver
    auction: Auction
    deadline: Deadline
    slot: threading.Semaphore
    found: list[Solution] = field(default_factory=list)
    started: bool = False
    abandoned: bool = False

    def run(self) -> None:
        self.started = True
        try:
            for solution in self.solver.solve(self.auction, self.deadline):
                self.found.append(solution)
                if self.abandoned or self.deadline.passed or len(self.found) >= MAX_FOUND:
                    return
        finally:
            self.slot.release()


class EngineServer:
    """The handlers for one solver; ``make`` gives a fresh one per auction."""

    def __init__(self, name: str, make: Callable[[], Solver], limits: ServerLimits | None = None) -> None:
        self.name, self.make, self.limits = name, make, limits or ServerLimits()
        self.solved = 0
        self.refused = 0
        self.notices: Counter[str] = Counter()
        self._slots = threading.Semaphore(self.limits.concurrent)
        self._reading = trio.Semaphore(self.limits.reading, max_value=self.limits.reading)

    def app(self) -> QuartTrio:
        """The ASGI application."""
        app = QuartTrio(__name__)
        app.config["MAX_CONTENT_LENGTH"] = self.limits.body_bytes
        app.config["BODY_TIMEOUT"] = self.limits.body_s
        app.add_url_rule("/solve", "solve", self.solve, methods=["POST"])
        app.add_url_rule("/notify", "notify", self.notify, methods=["POST"])
        app.add_url_rule("/healthz", "healthz", self.healthz, methods=["GET"])
        app.register_error_handler(HTTPException, _http_error)
        app.register_error_handler(WalrasError, _our_error)
        app.register_error_handler(Exception, _bug)
        return app

    async def solve(self) -> Response:
        """Answer one auction with everything found in time."""
        try:
            self._reading.acquire_nowait()
        except trio.WouldBlock:
            return self._busy()
        try:
            body = await _body()
            asked = await trio.to_thread.run_sync(read_request, body, "request")
        finally:
            self._reading.release()
        seconds = self._seconds(asked.auction.deadline_ms)
        if seconds <= 0:
            return _reply(200, {"solutions": []})
        if not self._slots.acquire(blocking=False):
            return self._busy()
        job = self._job(asked.auction, seconds)
        try:
            with trio.move_on_after(seconds + GRACE_S):
                await trio.to_thread.run_sync(job.run, abandon_on_cancel=True)
        finally:
            job.abandoned = True
            if not job.started:  # cancelled on the way into the thread
                self._slots.release()
        self.solved += 1
        found = list(job.found)
        return _reply(200, await trio.to_thread.run_sync(answer, asked, found))

    def _job(self, auction: Auction, seconds: float) -> _Job:
        try:
            return _Job(self.make(), auction, Deadline.after(seconds), self._slots)
        except BaseException:
            self._slots.release()
            raise

    def _seconds(self, deadline_ms: int) -> float:
        """How long to solve: until the deadline less the slack, and never longer than the cap."""
        if not deadline_ms:
            return self.limits.longest_s
        left = deadline_ms / 1000 - time.time()
        return min(self.limits.longest_s, left - min(self.limits.slack_s, left / 5))

    def _busy(self) -> Response:
        self.refused += 1
        reply = _error(429, "busy", f"solving {self.limits.concurrent} auctions already; try again")
        reply.headers["Retry-After"] = "1"
        return reply

    async def notify(self) -> Response:
        """Take note of how a solution fared. Kinds are not checked: description and code differ on them."""
        body = await _body()
        if len(body) > self.limits.notice_bytes:
            raise RequestEntityTooLarge
        notice = parse_json(body, "notice")
        if not isinstance(notice, dict):
            raise Malformed("notice", "not an object")
        kind = str(notice.get("kind", "unnamed"))[:64]
        self.notices[kind if kind in self.notices or len(self.notices) < MAX_KINDS else "other"] += 1
        return Response(b"", 200)

    async def healthz(self) -> Response:
        """That it runs, and what it did so far."""
        counts = {"solved": self.solved, "refused": self.refused, "notices": dict(sorted(self.notices.items()))}
        return _reply(200, {"status": "ok", "solver": self.name, **counts})


async def _body() -> bytes:
    data = await request.get_data()
    return data if isinstance(data, bytes) else data.encode()


def _reply(status: int, document: dict[str, Any]) -> Response:
    return Response(json.dumps(document), status, content_type="application/json")


def _error(status: int, code: str, message: str) -> Response:
    return _reply(status, {"error": {"code": code, "message": message}})


async def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    return _error(status, f"http.{status}", error.description or error.name)


async def _our_error(error: WalrasError) -> Response:
    return _error(400 if isinstance(error, InputError) else 500, error.code, str(error))


async def _bug(error: Exception) -> Response:
    sys.stderr.write(f"solve failed: {type(error).__name__}: {error}\n")
    return _error(500, "internal", f"the solver failed: {type(error).__name__}")


def listen(bind: str, port: int) -> socket.socket:
    """A listening socket on ``bind``; port 0 takes a free one. Raises ``CannotListen``."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    try:
        return socket.create_server((bind, port), family=family, backlog=128)
    except OSError as error:
        # The interpreter appends the address to the system's words; it stands before them already.
        reason = (error.strerror or str(error)).split(" (while ")[0]
        raise CannotListen(f"{bind}:{port}", reason.lower()) from error


async def serve(server: EngineServer, sock: socket.socket, stopped: Callable[[], Awaitable[None]]) -> None:
    """Serve on ``sock`` (taken over) until ``stopped`` returns; requests in flight get ``SHUTDOWN_S``."""
    config = Config()
    config.bind = [f"fd://{sock.detach()}"]
    config.graceful_timeout = SHUTDOWN_S
    config.shutdown_timeout = SHUTDOWN_S + 2
    config.errorlog = None
    config.h11_max_incomplete_size = 64 * 1024
    await hypercorn_serve(server.app(), config, shutdown_trigger=stopped, mode="asgi")


def serve_engine(
    name: str, bind: str, port: int, engine_config: Path | None, announce: Callable[[str], None]
) -> None:
    """Serve the built-in ``name`` until interrupted. ``announce`` is told its address when it can be used."""
    config = _read(engine_config) if engine_config is not None else None
    where = str(engine_config)

    def make() -> Solver:
        return built_in(name, config, where, as_engine=True)

    make()  # a wrong name or configuration is told before the socket opens
    sock = listen(bind, port)
    host = f"[{bind}]" if ":" in bind else bind
    announce(f"http://{host}:{sock.getsockname()[1]}")
    trio.run(_until_signal, EngineServer(name, make), sock)


async def _until_signal(server: EngineServer, sock: socket.socket) -> None:
    async def stopped() -> None:
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for _ in signals:
                return

    await serve(server, sock, stopped)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_CONFIG_BYTES + 1)
    except OSError as error:
        raise Unreadable(str(path), (error.strerror or "cannot be read").lower()) from error
