"""Who signs what a command hands in: the options that say it, and the key they lead to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from intents.errors import UsageError
from intents.near import did_you_mean
from node.cli.nodes import NodeChoice
from node.cli.passwords import PASSWORD_FILE, password

if TYPE_CHECKING:
    from intents.signing import SigningKey

T = TypeVar("T")
_ONE: Final = "say who signs: one of --from WALLET and --dev NAME"
_WALLET = click.option("--from", "wallet", metavar="WALLET", help="Sign with this wallet (walras keys).")
_DEV = click.option("--dev", metavar="NAME", help="Sign as a development account: alice, bob, …")
#: How long a command waits for a block with what it handed in.
BLOCK_TIMEOUT = click.option(
    "--timeout", type=click.FloatRange(1, 3_600), default=60.0, show_default=True, help="Seconds."
)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs, as --from, --dev and --password-file say."""

    wallet: str | None
    dev: str | None
    password_file: Path | None

    def key(self, node: NodeChoice, network: bytes) -> SigningKey:
        """The wallet's or the development account's, to sign for the node's network. Raises a ``WalrasError``."""
        from intents.signing import SigningKey

        if (self.wallet is None) == (self.dev is None):
            raise UsageError("signer", _ONE)
        node.check_network(network)
        if self.wallet is not None:
            from node.keystore import wallets

            closed = wallets.read(node.home.wallets, self.wallet)
            return wallets.unlock(closed, password(self.password_file, f"wallet {self.wallet}"))
        from node.home.development import MAKER, NAMES, account

        assert self.dev is not None
        if self.dev not in (*NAMES, MAKER):
            near = did_you_mean(self.dev, (*NAMES, MAKER))
            raise UsageError("--dev", f'no development account "{self.dev[:40]}"{near}')
        return SigningKey.from_seed(account(self.dev).seed)


def signer_options(command: Callable[..., T]) -> Callable[..., T]:
    """--from, --dev and --password-file, handed to the command as its argument ``signer``."""

    @wraps(command)
    def choosing(
        *given: Any, wallet: str | None, dev: str | None, password_file: Path | None, **options: Any
    ) -> T:
        if wallet is not None and dev is not None:
            raise UsageError("signer", _ONE)
        return command(*given, signer=Signer(wallet, dev, password_file), **options)

    return _WALLET(_DEV(PASSWORD_FILE(choosing)))
