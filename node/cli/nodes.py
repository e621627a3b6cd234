"""Which node a command asks: the options that say it, and how its home helps, with its URL, token and network."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

import click

from intents.errors import UsageError, WrongValue
from node.cli.homes import HOME, home_of

if TYPE_CHECKING:
    from node.client.node_client import NodeClient
    from node.home.paths import Home

T = TypeVar("T")
_ID = re.compile(r"(0x)?([0-9a-fA-F]{2}){32,64}")
_DEFAULT_URL: Final = "http://127.0.0.1:8645"
_URL = click.option("--node", "url", metavar="URL", help="The node to ask (default: that of the home).")
_TOKEN = click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File with that node's api.token (default: the home's, for its own node).",
)


@dataclass(frozen=True, slots=True)
class NodeChoice:
    """The node that is asked, as --node, --token-file and --home name it."""

    url: str | None
    token_file: Path | None
    folder: Path | None

    @property
    def home(self) -> Home:
        return home_of(self.folder)

    def client(self) -> NodeClient:
        """Its client. The home's token is shown to the home's own node alone: it is nobody else's to know."""
        from node.client.node_client import NodeClient
        from node.home.errors import NoHome
        from node.home.secrets import read_secret

        home = self.home
        if self.folder is not None and self.url is None and not home.path.exists():
            raise NoHome(str(self.folder), "there is no such home")
        own = url_of(home)
        file = self.token_file
        if file is None and home.api_token.exists() and (self.url is None or _same(self.url, own)):
            file = home.api_token
        return NodeClient(self.url or own, None if file is None else read_secret(file).hex())

    def check_network(self, network: bytes) -> None:
        """Where the home has a genesis, only its network is signed for: a node might lie about which it is."""
        from intents.fields import Fields
        from intents.strict_json import parse_json
        from node.inputs import read_file

        genesis = self.home.genesis
        if not genesis.exists():
            return
        fields = Fields(parse_json(read_file(genesis), str(genesis)), str(genesis))
        expected = fields.hex("network", length=32) if fields.has("network") else network
        if expected != network:
            raise WrongValue("the node's network", f"that of {genesis}, 0x{expected.hex()}", f"0x{network.hex()}")


def node_options(command: Callable[..., T]) -> Callable[..., T]:
    """--node, --token-file and --home, handed to the command as its argument ``node``."""

    @wraps(command)
    def choosing(*given: Any, url: str | None, token_file: Path | None, folder: Path | None, **options: Any) -> T:
        return command(*given, node=NodeChoice(url, token_file, folder), **options)

    return HOME(_TOKEN(_URL(choosing)))


def url_of(home: Home) -> str:
    """Where the home's node listens: as it said when it started, else as it is configured."""
    from node.home.config_file import read_config
    from node.home.running import running_url

    told = running_url(home)
    if told is not None:
        return told
    if not home.config.exists():
        return _DEFAULT_URL
    api = read_config(home.config, {}, {}).api
    host = "127.0.0.1" if api.host in ("0.0.0.0", "::") else api.host
    return f"http://{f'[{host}]' if ':' in host else host}:{api.port}"


def id_of(text: str) -> bytes:
    """An intent's id, of 32 to 64 bytes in hex. Raises ``UsageError``."""
    if not _ID.fullmatch(text):
        raise UsageError("ID", f"an intent's id is 0x and 64 hex digits, not {text[:80]!r}")
    return bytes.fromhex(text.removeprefix("0x"))


def _same(one: str, other: str) -> bool:
    try:
        first, second = urlsplit(one), urlsplit(other)
        return (first.scheme, first.hostname, first.port) == (second.scheme, second.hostname, second.port)
    except ValueError:  # no URL at all; the client says so
        return False
