"""``walras ledger account`` and ``transfer``: what somebody holds at a node, and moving it to somebody else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import click

from intents.assets import AssetId
from intents.errors import UsageError
from node.cli.command import Command, Settings, emit
from node.cli.nodes import NodeChoice, node_options
from node.cli.signers import BLOCK_TIMEOUT, Signer, signer_options
from node.cli.text import table

if TYPE_CHECKING:
    from node.client.market import Market
    from node.client.node_client import NodeClient
    from node.home.paths import Home

_HOLDER = re.compile(r"0x([0-9a-fA-F]{2}){2,128}")
_KEY = re.compile(r"ed25519:(0x)?([0-9a-fA-F]{64})")
_ED25519: Final = "0x00"


@click.command(cls=Command)
@click.argument("owner")
@node_options
def account(settings: Settings, owner: str, node: NodeChoice) -> None:
    """Show what OWNER holds at a node: a wallet, a development account, ed25519:KEY, or an account in hex."""
    from node.client.market import market_of

    holder = holder_named(node.home, owner)
    with node.client() as client:
        _tell(settings, client, holder, market_of(client))


@click.command(cls=Command)
@click.argument("amount")
@click.argument("asset")
@click.argument("to", metavar="to")
@click.argument("owner")
@BLOCK_TIMEOUT
@signer_options
@node_options
def transfer(
    settings: Settings,
    amount: str,
    asset: str,
    to: str,
    owner: str,
    timeout: float,
    node: NodeChoice,
    signer: Signer,
) -> None:
    """Move AMOUNT of ASSET to OWNER (see `ledger account`): `walras ledger transfer 5 ETH to mine --dev alice`."""
    from node.client.acting import act_and_wait, check_funds
    from node.client.market import market_of
    from settlement.ledger.transactions import Transfer

    if to.lower() != "to":
        raise UsageError("transfer", f'say it as: 5 ETH to OWNER, not "{to[:40]}"')
    holder = holder_named(node.home, owner)
    with node.client() as client:
        market = market_of(client)
        found = market.asset(asset)
        units = market.units(amount, found)
        key = signer.key(node, market.network)
        check_funds(client, key, found, units, market)
        action = Transfer(bytes.fromhex(holder[2:]), found, units)
        act_and_wait(client, key, market.network, action, timeout_s=timeout)
        _tell(settings, client, holder, market)


def holder_named(home: Home, text: str) -> str:
    """The ledger account of what a user calls an owner, in hex. Raises a ``WalrasError``."""
    from intents.signing import SigningKey
    from node.home.development import MAKER, NAMES
    from node.home.development import account as development_account
    from node.keystore import wallets

    key = _KEY.fullmatch(text)
    if key is not None:
        return _ED25519 + key[2].lower()
    if _HOLDER.fullmatch(text):
        return text.lower()
    if text in wallets.names(home.wallets):
        return _ED25519 + wallets.read(home.wallets, text).public.hex()
    if text in (*NAMES, MAKER):
        return _ED25519 + SigningKey.from_seed(development_account(text).seed).public.hex()
    raise UsageError("OWNER", f'"{text[:60]}" is no wallet here, no development account, and no key')


def _tell(settings: Settings, client: NodeClient, holder: str, market: Market) -> None:
    found = client.get(f"/v1/accounts/{holder}")
    rows = [
        {"asset": row.text("asset", limit=64), "amount": row.integer("amount")}
        for row in found.objects("balances", limit=100_000)
    ]
    shown = [{"holds": market.shown(int(str(row["amount"])), AssetId(str(row["asset"])))} for row in rows]
    document = {"owner": holder, "balances": [{**row, "amount": str(row["amount"])} for row in rows]}
    emit(settings, document, lambda: f"{holder}\n{table(shown) or 'holds nothing'}")
