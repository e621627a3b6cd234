"""Forms of the ledger: assets, venues, accounts, proofs."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from node.api.forms import Amount, Hex


class AssetForm(Struct):
    """``reference_price``: the genesis's. ``price``: agreed, null where there is none, or it is stale; both in
    numeraire base units per 10^18 base units. ``price_at`` is the auction it is as old as."""

    id: str
    symbol: str
    decimals: int
    reference_price: Amount | None
    price: Amount | None
    price_at: int | None


class AssetsForm(Struct):
    numeraire: str
    assets: list[AssetForm]


class VenuesForm(Struct):
    """Venues in the form auction files have them, by id; ``next`` goes into ``after`` for the page after."""

    venues: list[dict[str, Any]]
    next: str | None


class BalanceForm(Struct):
    asset: str
    amount: Amount


class AccountForm(Struct):
    """``nonce``: the number its next transaction has. ``open``: how many of its intents rest."""

    owner: Hex
    balances: list[BalanceForm]
    bond: Amount
    stake: Amount
    nonce: int
    open: int


class EntryForm(Struct):
    table: str
    key: Any
    value: Any


class NeighbourForm(Struct):
    key: str
    value: str
    index: int
    in_bucket: list[str]


class CertifiedForm(Struct):
    """What makes a root believable: the block's header (with the root), its body's hash and the precommits.

    ``header`` in canonical bytes. ``votes`` are (validator's place, signature). ``validators`` decided the block;
    null where they are not those of the next height and so not in the state any more.
    """

    height: int
    round: int
    block: Hex
    header: Hex
    body_hash: Hex
    votes: list[tuple[int, Hex]]
    validators: list[tuple[Hex, int]] | None


class ProofForm(Struct, omit_defaults=True):
    """As ``walras ledger prove`` writes it, for docs/check_proof.py, hex without 0x; and ``certified``."""

    format: Literal["walras-proof/1", "walras-absence/1"]
    entry: EntryForm
    root: str
    key: str
    size: int
    to_root: list[str]
    value: str | None = None
    index: int | None = None
    in_bucket: list[str] | None = None
    place: int | None = None
    neighbours: list[NeighbourForm] | None = None
    certified: CertifiedForm | None = None
