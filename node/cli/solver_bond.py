"""``walras solver bond`` and ``leave``: how a node's solver takes part in auctions, and stops."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from intents.errors import UsageError
from node.cli.command import Command, Settings, emit, note
from node.cli.nodes import NodeChoice, node_options
from node.cli.signers import BLOCK_TIMEOUT, Signer, signer_options
from node.cli.text import table

if TYPE_CHECKING:
    from intents.fields import Fields
    from intents.signing import SigningKey
    from node.client.node_client import NodeClient
    from node.home.paths import Home


@click.command(cls=Command)
@click.argument("amount")
@click.option("--name", required=True, help="What the ledger calls the solver; nobody else's there.")
@BLOCK_TIMEOUT
@signer_options
@node_options
def bond(settings: Settings, amount: str, name: str, timeout: float, node: NodeChoice, signer: Signer) -> None:
    """Bond AMOUNT of the numeraire for the solver key of the home, from a wallet's or development account.

    From then on its answers count, where `walras node run --solver SPEC` gives some. Parts of the bond are lost
    by not opening what was sealed.
    """
    from node.client.acting import act_and_wait, check_funds
    from node.client.market import market_of
    from settlement.ledger.transactions import PostBond, Transfer

    solver = _solver_key(node.home)
    with node.client() as client:
        market = market_of(client)
        network = client.get("/v1/network")
        _check_name(network, name, solver)
        numeraire = market.asset(network.text("numeraire", limit=64))
        units = market.units(amount, numeraire)
        payer = signer.key(node, market.network)
        check_funds(client, payer, numeraire, units, market)
        transfer = Transfer(_holder(solver.public), numeraire, units)
        act_and_wait(client, payer, market.network, transfer, timeout_s=timeout)
        note(settings, f"{market.shown(units, numeraire)} moved to the solver's account")
        act_and_wait(client, solver, market.network, PostBond(name, units), timeout_s=timeout)
        _tell(settings, client, solver, lambda held: market.shown(held, numeraire))


@click.command(cls=Command)
@click.option("--release", is_flag=True, help="Take the bond back, once it is free.")
@BLOCK_TIMEOUT
@node_options
def leave(settings: Settings, release: bool, timeout: float, node: NodeChoice) -> None:
    """Stop solving; the bond is free some auctions later, for --release."""
    from node.client.acting import act_and_wait
    from node.client.market import market_of
    from settlement.ledger.transactions import LeaveBond, ReleaseBond

    solver = _solver_key(node.home)
    with node.client() as client:
        market = market_of(client)
        node.check_network(market.network)
        numeraire = market.asset(client.get("/v1/network").text("numeraire", limit=64))
        action = ReleaseBond() if release else LeaveBond()
        act_and_wait(client, solver, market.network, action, timeout_s=timeout)
        _tell(settings, client, solver, lambda held: market.shown(held, numeraire))


def _check_name(network: Fields, name: str, solver: SigningKey) -> None:
    """Before anything is moved: the ledger would refuse the bond. Raises ``UsageError``."""
    own = "0x" + _holder(solver.public).hex()
    for row in network.objects("solvers", limit=100_000):
        if row.text("name", limit=64) == name and row.text("account", limit=300) != own:
            raise UsageError("--name", f'another solver of this network is called "{name}"')


def _tell(settings: Settings, client: NodeClient, solver: SigningKey, shown: Callable[[int], str]) -> None:
    """The solver as the ledger has it now."""
    account = "0x" + _holder(solver.public).hex()
    rows = client.get("/v1/network").objects("solvers", limit=100_000)
    found = [row for row in rows if row.text("account", limit=300) == account]
    document = [
        {
            "name": row.text("name", limit=64),
            "bond": row.integer("bond"),
            "free_at": row.integer("leaving_at", high=2**63 - 1),
        }
        for row in found
    ]
    plain = [{**row, "bond": str(row["bond"])} for row in document]
    rows_shown = [{**row, "bond": shown(int(str(row["bond"])))} for row in document]
    emit(settings, {"account": account, "solvers": plain}, lambda: table(rows_shown) or f"{account} has no bond")


def _holder(key: bytes) -> bytes:
    """The ledger account of a key."""
    from node.home.development import holder_of

    return holder_of(key)


def _solver_key(home: Home) -> SigningKey:
    from intents.signing import SigningKey
    from node.home.secrets import read_secret

    path = home.solver_key
    if not path.exists():
        raise UsageError("--home", f"{path} is not there: this home has no solver")
    return SigningKey.from_seed(read_secret(path))
