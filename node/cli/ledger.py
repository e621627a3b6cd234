"""``walras ledger``: a node's ledger, read from its store or asked of the node."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import click

from node.cli.command import Command, Settings, emit, global_options, remember
from node.cli.ledger_accounts import account, transfer
from node.cli.ledger_feed import prices, report_prices, set_trading
from node.cli.nodes import NodeChoice, node_options
from node.cli.table import Group
from node.cli.text import table

_STORE = click.argument("store", type=click.Path(path_type=Path, dir_okay=False))


@click.group(cls=Group)
@global_options
@click.pass_context
def ledger(context: click.Context, /, **options: object) -> None:
    """Balances, prices, proofs, transfers and the journal of a ledger: of a node's store, or of one that runs.

    STORE is the file node.sqlite in a node's home; the node may run meanwhile.
    """
    remember(context, options)


@ledger.command(cls=Command)
@_STORE
@click.option("--asset", help="This asset alone.")
@click.option("--holder", help="Accounts whose holder begins with these hex digits.")
def show(settings: Settings, store: Path, asset: str | None, holder: str | None) -> None:
    """Every account's balances; they sum to zero per asset."""
    from node.storage.store import Store
    from settlement.ledger.books import BALANCES, check_all

    with Store(store, None) as opened:
        state, height = opened.load(), opened.height()
    check_all(state)
    rows = [
        {"account": account.kind.value, "holder": account.holder.hex(), "asset": name, "amount": str(amount)}
        for (account, name), amount in sorted(state.rows(BALANCES).items())
        if (asset is None or name == asset) and account.holder.hex().startswith(holder or "")
    ]
    found = {"height": height, "root": state.root.hex(), "balances": rows}
    emit(
        settings,
        found,
        lambda: f"height {height}, root {state.root.hex()}\n{table(rows, left=('account', 'holder', 'asset'))}",
    )


@ledger.command(cls=Command)
@_STORE
@click.argument("name")
def rows(settings: Settings, store: Path, name: str) -> None:
    """Every entry of a table: orders, venues, positions, prices … see docs/ledger.md."""
    from intents.errors import UsageError
    from node.chain.tables import TABLES
    from node.storage.store import Store

    known = {kind.name: kind for kind in TABLES}
    if name not in known:
        raise UsageError("NAME", f"one of {', '.join(sorted(known))}, not {name[:40]!r}")
    kind = known[name]
    with Store(store, None) as opened:
        state, height = opened.load(), opened.height()
    entries = sorted(state.rows(kind).items(), key=lambda entry: kind.key_bytes(entry[0]))
    found = [{"key": kind.key.to_json(key), "value": kind.value.to_json(value)} for key, value in entries]
    emit(
        settings,
        {"height": height, "root": state.root.hex(), "table": name, "rows": found},
        lambda: "\n".join(json.dumps(row, ensure_ascii=False) for row in found) or "nothing",
    )


@ledger.command(cls=Command)
@click.argument("arguments", nargs=-1, metavar="[STORE] ACCOUNT ASSET")
@click.option("--absent", is_flag=True, help="Prove that the account holds nothing of the asset.")
@click.option("--table", "name", metavar="TABLE", help="Prove an entry of this table, named by one KEY.")
@node_options
def prove(
    settings: Settings, arguments: tuple[str, ...], absent: bool, name: str | None, node: NodeChoice
) -> None:
    """A proof that ACCOUNT (kind:holder, the holder in hex) holds what it holds of ASSET, as JSON.

    From the running node, which adds the block that the root is in, or from a node's STORE. It can be checked
    against a state root with nothing but SHA-256: see docs/check_proof.py.
    """
    from intents.errors import UsageError
    from node.cli.ledger_proof import from_node, from_store

    if node.url is None and name is None and len(arguments) == 3:
        document = from_store(Path(arguments[0]), arguments[1], arguments[2], absent)
    elif len(arguments) == (2 if name is None else 1):
        with node.client() as client:
            document = from_node(client, name or "balances", "/".join(arguments), absent)
    else:
        raise UsageError("prove", "takes ACCOUNT ASSET, with --table one KEY, or STORE ACCOUNT ASSET")
    emit(settings, document, lambda: json.dumps(document, indent=1))


@ledger.command(cls=Command)
@_STORE
def reconcile(settings: Settings, store: Path) -> None:
    """Rebuild the state from the journal and compare: every difference by name. Exit code 5 if there is one."""
    from node.chain.tables import TABLES
    from node.storage.store import Store
    from settlement.ledger.reconcile import reconcile as compare
    from settlement.ledger.state import State

    with Store(store, None) as opened, closing(opened.journal()) as journal:
        faults = list(compare(State(TABLES), journal, opened.entries()))
        height = opened.height()
    rows = [{"where": fault.where, "journal": fault.journal, "kept": fault.kept} for fault in faults]
    emit(
        settings,
        {"height": height, "faults": rows},
        lambda: table(rows, left=("where", "journal", "kept")) if rows else f"{height + 1} blocks, no difference",
    )
    if faults:
        raise click.exceptions.Exit(5)


ledger.add_command(account)
ledger.add_command(transfer)
ledger.add_command(prices)
ledger.add_command(report_prices)
ledger.add_command(set_trading)
