"""Every key of ``walras.toml``: how its value is read, from whatever source, and what it is, for people."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from intents.errors import WrongType, WrongValue
from intents.fields import integer, kind_of, text
from node.home.config import RoleName

_ADDRESS = re.compile(
    r"/(ip4|ip6|dns|dns4|dns6)/[0-9A-Za-z.:_-]{1,253}/tcp/([0-9]{1,5})(/p2p/[1-9A-HJ-NP-Za-km-z]{1,128})?"
)
_PEER = re.compile(r"[1-9A-HJ-NP-Za-km-z]{32,128}")
HOST = re.compile(r"[0-9A-Za-z.:_-]{1,253}")
_NAME = re.compile(r"[0-9A-Za-z._-]{1,64}")


_FLAGS: Final = {
    ("api", "host"): "api-host",
    ("api", "port"): "api-port",
    ("solver", "spec"): "solver",
    ("solver", "seconds"): "solver-seconds",
    ("light", "full_nodes"): "full-node",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One setting. ``read`` takes a value and what to call it in errors; of ``many`` it reads each."""

    section: str
    name: str
    read: Callable[[object, str], Any]
    help: str
    many: bool = False

    @property
    def variable(self) -> str:
        return f"WALRAS_{self.section}_{self.name}".upper()

    @property
    def flag(self) -> str:
        """Of `walras node run`."""
        return "--" + _FLAGS.get((self.section, self.name), self.name.replace("_", "-"))


def _named(value: object, where: str) -> str:
    return _matching(value, where, _NAME, "1 to 64 letters, digits, dots, dashes and underscores")


def _role(value: object, where: str) -> RoleName:
    choices = [role.value for role in RoleName]
    if value not in choices:
        raise WrongValue(where, f"one of {', '.join(choices)}", kind_of(value))
    return RoleName(value)


def _address(value: object, where: str) -> str:
    found = _matching(value, where, _ADDRESS, "a multiaddr such as /ip4/127.0.0.1/tcp/8644")
    port = _ADDRESS.fullmatch(found)
    assert port is not None
    integer(port[2], f"{where}: port", high=65_535)
    return found


def dialled(value: object, where: str) -> str:
    found = _address(value, where)
    if "/p2p/" not in found:
        raise WrongValue(where, "an address that ends in /p2p/ and the peer's id", repr(found))
    return found


def _peer(value: object, where: str) -> str:
    return _matching(value, where, _PEER, "a peer id")


def _host(value: object, where: str) -> str:
    return _matching(value, where, HOST, "a host name or address")


def origin(value: object, where: str) -> str:
    found = text(value, where, limit=256)
    if not found.startswith(("http://", "https://")):
        raise WrongValue(where, "a URL such as https://example.org", repr(found[:80]))
    return found.rstrip("/")


def _port(value: object, where: str) -> int:
    return integer(value, where, high=65_535)


def _spec(value: object, where: str) -> str:
    return text(value, where, limit=1_024)


def _seconds(value: object, where: str) -> float:
    try:
        found = None if isinstance(value, bool | list | dict) else Decimal(str(value))
    except ArithmeticError:
        found = None
    if found is None or not found.is_finite():
        raise WrongType(where, "a number of seconds", kind_of(value))
    if not 0 <= found <= 600:
        raise WrongValue(where, "between 0 and 600 seconds", str(value)[:40])
    return float(found)


def _counting(low: int, high: int) -> Callable[[object, str], int]:
    return lambda value, where: integer(value, where, low=low, high=high)


def _matching(value: object, where: str, pattern: re.Pattern[str], what: str) -> str:
    found = text(value, where, limit=512)
    if not pattern.fullmatch(found):
        raise WrongValue(where, what, repr(found[:80]))
    return found


KEYS: Final = (
    Key("node", "name", _named, "what others call it"),
    Key("node", "role", _role, "validator, solver, full or light"),
    Key("network", "listen", _address, "addresses it listens on", many=True),
    Key("network", "bootstrap", dialled, "peers it dials first", many=True),
    Key("network", "announce", dialled, "addresses others dial, where not those it listens on", many=True),
    Key("network", "allow", _peer, "peer ids it talks to; empty: all", many=True),
    Key("network", "deny", _peer, "peer ids it never talks to", many=True),
    Key("api", "host", _host, "interface of the HTTP server"),
    Key("api", "port", _port, "its port; 0 picks a free one"),
    Key("api", "allowed_hosts", _host, "names it may be asked under, besides its own", many=True),
    Key("api", "allowed_origins", origin, "pages elsewhere that may use it", many=True),
    Key("solver", "spec", _spec, "what answers auctions: a built-in, FILE.py or URL"),
    Key("solver", "seconds", _seconds, "time for an answer; 0: seven tenths of the window"),
    Key("light", "full_nodes", origin, "URLs of the full nodes that a light client asks", many=True),
    Key("limits", "connections", _counting(1, 1_024), "connections with peers"),
    Key("limits", "requests_per_s", _counting(1, 1_000_000), "requests from one address to its interface"),
    Key("limits", "owner_items_per_s", _counting(1, 1_000_000), "intents and transactions from one owner"),
    Key("limits", "peer_items_per_s", _counting(1, 1_000_000), "intents and transactions through one peer"),
    Key("limits", "peer_messages_per_s", _counting(1, 1_000_000), "messages read from one peer"),
    Key("limits", "peer_bytes_per_s", _counting(1_024, 1 << 32), "bytes read from one peer"),
)
