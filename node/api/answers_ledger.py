"""Answers from the ledger's state: assets, venues, accounts, and proofs of any entry."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from intents.errors import Malformed, WrongValue
from intents.strict_json import parse_json
from intents.venue_codec import VENUE
from node.agreement.messages import Decision
from node.api.context import Context
from node.api.converting import to_hex
from node.api.errors import NotFound
from node.api.forms_ledger import (
    AccountForm,
    AssetForm,
    AssetsForm,
    BalanceForm,
    CertifiedForm,
    ProofForm,
    VenuesForm,
)
from node.api.operation import Call, Reply
from node.api.reading import account_in, holder_of
from node.chain.blocks import decode_header, light_of
from node.chain.tables import TABLES, chain_of, validators_of
from settlement.ledger.accounts import Account, AccountKind, bond_of
from settlement.ledger.admission import OPEN
from settlement.ledger.books import BALANCES
from settlement.ledger.execute import NONCES
from settlement.ledger.feeds import AGREED, ASSETS, price_of
from settlement.ledger.proofs import absence_to_json, proof_to_json
from settlement.ledger.rules import rules_of
from settlement.ledger.stakes import stake_of
from settlement.ledger.state import State, Table
from settlement.ledger.venues import VENUES

_MAX_KEY_BYTES: Final = 2_048
_BY_NAME: Final = {table.name: table for table in TABLES}


async def assets(context: Context, call: Call) -> Reply:
    state = context.node.state
    rules, now = rules_of(state), chain_of(state).auction
    found = []
    for asset, info in sorted(state.rows(ASSETS).items()):
        price, agreed = price_of(state, rules, asset, now), state.get(AGREED, asset)
        at = agreed.at if price is not None and agreed is not None else None
        found.append(AssetForm(asset, info.symbol, info.decimals, _text(info.reference_price), _text(price), at))
    return Reply(AssetsForm(rules.numeraire, found))


async def venues(context: Context, call: Call) -> Reply:
    rows = context.node.state.rows(VENUES)
    names = sorted(name for name in rows if call["after"] is None or name > call["after"])
    page = names[: call["limit"]]
    return Reply(
        VenuesForm([VENUE.to_json(rows[name]) for name in page], page[-1] if len(names) > len(page) else None)
    )


async def account(context: Context, call: Call) -> Reply:
    """An account nobody has used is empty, not missing."""
    state, holder = context.node.state, holder_of(call["owner"])
    numeraire = rules_of(state).numeraire
    owner = Account(AccountKind.OWNER, holder)
    rows = state.rows(BALANCES)
    held = [(asset, rows.get((owner, asset))) for asset in sorted(state.rows(ASSETS))]
    return Reply(
        AccountForm(
            owner=to_hex(holder),
            balances=[BalanceForm(asset, str(amount)) for asset, amount in held if amount],
            bond=str(rows.get((bond_of(holder), numeraire), 0)),
            stake=str(rows.get((stake_of(holder), numeraire), 0)),
            nonce=state.get(NONCES, holder) or 0,
            open=state.get(OPEN, holder) or 0,
        )
    )


async def proofs(context: Context, call: Call) -> Reply:
    """An entry is proven to be there, or not to be."""
    table = _BY_NAME.get(call["table"])
    if table is None:
        raise NotFound("query.table", f"no table {call['table'][:40]!r}; there are {', '.join(sorted(_BY_NAME))}")
    state, key = context.node.state, key_of(table, call["key"])
    made = absence_to_json if state.get(table, key) is None else proof_to_json
    document: dict[str, Any] = made(state, table, key, call["key"])
    proof = msgspec.convert(document, ProofForm)
    proof.certified = certified(context.node.decision(), state)
    return Reply(proof)


def certified(decision: Decision | None, state: State) -> CertifiedForm | None:
    """The last block as it makes the state's root believable; ``None`` where it is not at hand."""
    if decision is None:
        return None
    data, body_hash = light_of(decision.block)
    header, following = decode_header(data), validators_of(state)
    if header.state_root != state.root:
        return None
    same = header.validators == following.digest()
    return CertifiedForm(
        height=decision.height,
        round=decision.certificate.round,
        block=to_hex(decision.certificate.block),
        header=to_hex(data),
        body_hash=to_hex(body_hash),
        votes=[(place, to_hex(signature)) for place, signature in decision.certificate.votes],
        validators=[(to_hex(member.key), member.power) for member in following.members] if same else None,
    )


def _text(amount: int | None) -> str | None:
    return None if amount is None else str(amount)


def key_of(table: Table[Any, Any], text: str) -> Any:
    """A key in the JSON form of its table, bare where it is text; of ``balances`` also ``kind:holder/ASSET``."""
    where = "query.key"
    if table is BALANCES and not text.startswith("["):
        account, slash, asset = text.partition("/")
        if not slash:
            raise WrongValue(where, "an account, a slash and an asset", repr(text[:80]))
        return (account_in(account, where), asset)
    try:
        value = parse_json(text.encode(), where, max_bytes=_MAX_KEY_BYTES)
    except Malformed:
        value = text
    return table.key.from_json(value, where)
