"""Proofs of entries of a ledger, from a store on this disk or from a node that runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from intents.assets import AssetId
from settlement.ledger.proofs import FORMAT_ABSENT, EntryThere, NoSuchEntry, absence_to_json, proof_to_json

if TYPE_CHECKING:
    from node.client.node_client import NodeClient


def from_store(store: Path, account: str, asset: str, absent: bool) -> dict[str, Any]:
    """What an account holds of an asset, or that it holds nothing. Raises a ``WalrasError``."""
    from node.storage.store import Store
    from settlement.ledger.accounts import account_named
    from settlement.ledger.books import BALANCES

    with Store(store, None) as opened:
        state = opened.load()
    key = (account_named(account, "account"), AssetId(asset))
    return (absence_to_json if absent else proof_to_json)(state, BALANCES, key, f"{account}/{asset}")


def from_node(client: NodeClient, table: str, key: str, absent: bool) -> dict[str, Any]:
    """The node's proof of an entry; of one that is not there where ``absent``. Raises as ``from_store`` does."""
    document = dict(client.get("/v1/proofs", table=table, key=key).document)
    nothing = document.get("format") == FORMAT_ABSENT
    if nothing and not absent:
        raise NoSuchEntry(key, key)
    if absent and not nothing:
        raise EntryThere(key, key)
    return document
