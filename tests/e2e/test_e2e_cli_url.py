"""Auctions fetched from URLs: bounded in size and time, and each failure told apart."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pytest

from tests.e2e.command_line import cow_auction, refused, walras


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    stopped = threading.Event()


class _Handler(http.server.BaseHTTPRequestHandler):
    """A web server with one good file and every way of misbehaving."""

    auction: ClassVar[bytes] = json.dumps(cow_auction()).encode()

    def do_GET(self) -> None:
        try:
            getattr(self, "answer_" + self.path.strip("/").replace("-", "_"), self.answer_missing)()
        except OSError:
            return  # the client had enough, as it should

    def _head(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def answer_good(self) -> None:
        self._head(200, Content_Length=str(len(self.auction)))
        self.wfile.write(self.auction)

    def answer_moved(self) -> None:
        self._head(302, Location="/good", Content_Length="0")

    def answer_circle(self) -> None:
        self._head(302, Location="/circle", Content_Length="0")

    def answer_missing(self) -> None:
        self._head(404, Content_Length="0")

    def answer_announced(self) -> None:
        self._head(200, Content_Length=str(2**40))

    def answer_endless(self) -> None:
        self._head(200)
        while not _Server.stopped.is_set():
            self.wfile.write(b" " * (1 << 20))

    def answer_silent(self) -> None:
        _Server.stopped.wait(60)

    def answer_dripping(self) -> None:
        self._head(200, Content_Length="1000")
        while not _Server.stopped.wait(0.05):
            self.wfile.write(b" ")
            self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Nothing: test output is for failures."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with _serving() as url:
        yield url


@contextmanager
def _serving() -> Iterator[str]:
    _Server.stopped.clear()
    served = _Server(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{served.server_address[1]}"
    finally:
        _Server.stopped.set()
        served.shutdown()
        served.server_close()
        thread.join()


def test_an_auction_is_imported_from_a_url(server: str, tmp_path: Path) -> None:
    """A URL is as good as a file, also after a redirect, and the copy reads as what was fetched."""
    out = tmp_path / "auction.json"
    ended = walras("auction", "import", f"{server}/moved", "-o", out, "--json")
    assert (ended.code, ended.document["orders"], ended.document["format"]) == (0, 3, "cow")
    direct = walras("--json", "auction", "import", f"{server}/good")
    assert direct.document == json.loads(out.read_bytes())


@pytest.mark.parametrize(
    ("path", "words"),
    [("nowhere", "answered 404"), ("circle", "TooManyRedirects"), ("silent", "1 s"), ("dripping", "1 s")],
)
def test_a_server_that_does_not_deliver_is_exit_code_4(server: str, path: str, words: str) -> None:
    """Not found, redirected in circles, and too slow from the start or by the byte: the peer failed."""
    ended = walras("auction", "import", f"{server}/{path}", "--timeout", "1")
    message = refused(ended, "peer.unreachable", 4)
    assert message.startswith(f"{server}/{path}: ")
    assert words in message


@pytest.mark.parametrize("path", ["announced", "endless"])
def test_too_much_is_refused_whether_announced_or_not(server: str, path: str) -> None:
    """More bytes than are read from files are not read from servers either."""
    assert str(64 << 20) in refused(walras("auction", "import", f"{server}/{path}"), "input.unreadable")


def test_nobody_listening_is_exit_code_4() -> None:
    """A refused connection is one line."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: nobody else can listen there meanwhile
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/x.json"
        assert refused(walras("auction", "import", url), "peer.unreachable", 4).startswith(url)
