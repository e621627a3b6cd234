"""The links that other tests cut: they carry, hold without loss, slow down, break and mend."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.e2e.links import Links, Way, open_links


@pytest.fixture
def links() -> Iterator[Links]:
    with open_links() as opened:
        yield opened


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that sends everything back."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer(connection: socket.socket) -> None:
            with connection:
                while data := connection.recv(65_536):
                    connection.sendall(data)

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def said(connection: socket.socket, seconds: float = 10.0) -> bytes:
    """What arrives; nothing after ``seconds``."""
    connection.settimeout(seconds)
    try:
        return connection.recv(65_536)
    except TimeoutError:
        return b""


def test_held_bytes_come_later_and_none_are_lost(links: Links, echo: int) -> None:
    """Either direction can be held by itself, and what was said meanwhile arrives in order."""
    link = links.add(echo)
    with socket.create_connection(("127.0.0.1", link.port)) as connection:
        connection.sendall(b"one")
        assert said(connection) == b"one"
        for way in Way:
            links.hold(link, way)
            connection.sendall(b"two")
            assert said(connection, 0.2) == b""
            links.let_go(link)
            assert said(connection) == b"two"


def test_a_cut_link_breaks_and_refuses_until_mended(links: Links, echo: int) -> None:
    """Connections end, new ones end at once; afterwards a new one carries."""
    link = links.add(echo)
    with socket.create_connection(("127.0.0.1", link.port)) as connection:
        connection.sendall(b"one")
        assert said(connection) == b"one"
        links.cut(link)
        with pytest.raises((ConnectionResetError, AssertionError)):
            assert said(connection) != b""
    with (
        socket.create_connection(("127.0.0.1", link.port)) as connection,
        pytest.raises((ConnectionResetError, AssertionError)),
    ):
        assert said(connection) != b""
    links.mend(link)
    with socket.create_connection(("127.0.0.1", link.port)) as connection:
        connection.sendall(b"again")
        assert said(connection) == b"again"


def test_a_slow_link_is_late(links: Links, echo: int) -> None:
    """Never earlier than its delay, there and back."""
    link = links.add(echo)
    links.slow(link, 0.1)
    with socket.create_connection(("127.0.0.1", link.port)) as connection:
        began = time.monotonic()
        connection.sendall(b"one")
        assert said(connection) == b"one"
        assert time.monotonic() - began >= 0.2
