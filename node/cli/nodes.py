"""Options that name a node, and how its home helps: its URL, its token, its network, and who signs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

import click

from intents.errors import UsageError, WrongValue
from intents.near import did_you_mean
from node.cli.homes import HOME, home_of
from node.cli.passwords import PASSWORD_FILE, password

if TYPE_CHECKING:
    from intents.signing import SigningKey
    from node.client.node_client import NodeClient
    from node.home.paths import Home

F = TypeVar("F", bound=Callable[..., Any])
_ID = re.compile(r"(0x)?([0-9a-fA-F]{2}){32,64}")
_DEFAULT_URL: Final = "http://127.0.0.1:8645"
_URL = click.option("--node", "url", metavar="URL", help="The node to ask (default: that of the home).")
_TOKEN = click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File with that node's api.token (default: the home's, for its own node).",
)


def node_options(command: F) -> F:
    """--node, --token-file and --home."""
    return HOME(_TOKEN(_URL(command)))


def signer_options(command: F) -> F:
    """--from, --dev and --password-file."""
    wallet = click.option("--from", "wallet", metavar="WALLET", help="Sign with this wallet (walras keys).")
    dev = click.option("--dev", metavar="NAME", help="Sign as a development account: alice, bob, …")
    return wallet(dev(PASSWORD_FILE(command)))


def client_of(folder: Path | None, url: str | None, token_file: Path | None) -> NodeClient:
    """The node's client. The home's token is shown to the home's own node alone: it is nobody else's to know."""
    from node.client.node_client import NodeClient
    from node.home.errors import NoHome
    from node.home.secrets import read_secret

    home = home_of(folder)
    if folder is not None and url is None and not home.path.exists():
        raise NoHome(str(folder), "there is no such home")
    own = url_of(home)
    file = token_file
    if file is None and home.api_token.exists() and (url is None or _same(url, own)):
        file = home.api_token
    return NodeClient(url or own, None if file is None else read_secret(file).hex())


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


def signer_of(folder: Path | None, wallet: str | None, dev: str | None, password_file: Path | None) -> SigningKey:
    """The key that signs: a wallet's, or that of a development account."""
    from intents.signing import SigningKey

    if (wallet is None) == (dev is None):
        raise UsageError("signer", "say who signs: one of --from WALLET and --dev NAME")
    if wallet is not None:
        from node.keystore import wallets

        closed = wallets.read(home_of(folder).wallets, wallet)
        return wallets.unlock(closed, password(password_file, f"wallet {wallet}"))
    from node.home.development import MAKER, NAMES, account

    assert dev is not None
    if dev not in (*NAMES, MAKER):
        raise UsageError("--dev", f'no development account "{dev[:40]}"{did_you_mean(dev, (*NAMES, MAKER))}')
    return SigningKey.from_seed(account(dev).seed)


def check_network(folder: Path | None, network: bytes) -> None:
    """Where there is a genesis at home, only its network is signed for: a node might lie about which it is."""
    from intents.fields import Fields
    from intents.strict_json import parse_json
    from node.inputs import read_file

    genesis = home_of(folder).genesis
    if not genesis.exists():
        return
    fields = Fields(parse_json(read_file(genesis), str(genesis)), str(genesis))
    expected = fields.hex("network", length=32) if fields.has("network") else network
    if expected != network:
        raise WrongValue("the node's network", f"that of {genesis}, 0x{expected.hex()}", f"0x{network.hex()}")


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
