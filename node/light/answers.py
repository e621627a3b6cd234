"""What a light client's interface answers: the node's own forms, filled with nothing but what is proven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
import trio
from msgspec import Meta

from intents.assets import AssetId
from intents.errors import WalrasError
from intents.intent import IntentId
from node.api.answers_ledger import key_of
from node.api.answers_node import live, metrics, peers, ready, status
from node.api.converting import to_form, to_hex
from node.api.errors import NotFound
from node.api.forms import LiveForm, PeersForm, ReadyForm, StatusForm
from node.api.forms_intents import IntentForm
from node.api.forms_ledger import AccountForm, BalanceForm, ProofForm
from node.api.metrics import Metrics
from node.api.operation import Call, Operation, Parameter, Reply
from node.api.operations import PROMETHEUS
from node.api.reading import IdText, OwnerText, holder_of
from node.api.settings import ApiSettings
from node.chain.tables import TABLES
from node.history.lives import life_on_ledger
from node.light.node import LightNode
from node.light.proofs import Proven
from settlement.ledger.accounts import Account, AccountKind, bond_of
from settlement.ledger.admission import OPEN
from settlement.ledger.books import BALANCES
from settlement.ledger.execute import NONCES
from settlement.ledger.feeds import ASSETS
from settlement.ledger.orders import ORDERS
from settlement.ledger.rules import rules_of
from settlement.ledger.stakes import stake_of
from settlement.ledger.state import Table

_BY_NAME: Final = {table.name: table for table in TABLES}


@dataclass(frozen=True, slots=True)
class LightContext:
    node: LightNode
    settings: ApiSettings
    metrics: Metrics


class ProvenAccountForm(AccountForm):
    """``proven_height``: the oldest block among those under whose roots the parts were proven."""

    proven_height: int


class ProvenIntentForm(IntentForm):
    """The intent as it was on the ledger after the block ``proven_height``; its history a light client has not."""

    proven_height: int


async def account(context: LightContext, call: Call) -> Reply:
    """Every part is proven by itself; blocks may pass meanwhile."""
    holder, rules = holder_of(call["owner"]), rules_of(context.node.first)
    owner = Account(AccountKind.OWNER, holder)
    assets = sorted(context.node.first.rows(ASSETS))
    wanted: list[tuple[Table[Any, Any], Any]] = [(BALANCES, (owner, asset)) for asset in assets]
    wanted += [(BALANCES, (bond_of(holder), rules.numeraire)), (BALANCES, (stake_of(holder), rules.numeraire))]
    wanted += [(NONCES, holder), (OPEN, holder)]
    found = await _all(context.node, wanted)
    *held, bond, stake, nonce, rests = (one.value or 0 for one in found)
    return Reply(
        ProvenAccountForm(
            owner=to_hex(holder),
            balances=[_balance(asset, amount) for asset, amount in zip(assets, held, strict=True) if amount],
            bond=str(bond),
            stake=str(stake),
            nonce=nonce,
            open=rests,
            proven_height=min(one.height for one in found),
        )
    )


async def intent(context: LightContext, call: Call) -> Reply:
    number = IntentId(bytes.fromhex(call["id"][2:]))
    found = await context.node.entry(ORDERS, number)
    if found.value is None:
        raise NotFound(
            "path.id", f"proven not to be on the ledger at height {found.height}: new, or ended long ago"
        )
    form: IntentForm = to_form(IntentForm, life_on_ledger(number, found.value))
    return Reply(ProvenIntentForm(**msgspec.structs.asdict(form), proven_height=found.height))


async def proofs(context: LightContext, call: Call) -> Reply:
    """The full node's answer, checked here."""
    table = _BY_NAME.get(call["table"])
    if table is None:
        raise NotFound("query.table", f"no table {call['table'][:40]!r}; there are {', '.join(sorted(_BY_NAME))}")
    found = await context.node.entry(table, key_of(table, call["key"]))
    return Reply(msgspec.convert(found.document, ProofForm))


async def _all(node: LightNode, wanted: list[tuple[Table[Any, Any], Any]]) -> list[Proven]:
    """All entries at once, in their order. Raises the first error alone."""
    found: dict[int, Proven] = {}
    failed: list[WalrasError] = []

    async def one(place: int, table: Table[Any, Any], key: Any) -> None:
        try:
            found[place] = await node.entry(table, key)
        except WalrasError as error:
            failed.append(error)

    async with trio.open_nursery() as nursery:
        for place, (table, key) in enumerate(wanted):
            nursery.start_soon(one, place, table, key)
    if failed:
        raise failed[0]
    return [found[place] for place in range(len(wanted))]


def _balance(asset: AssetId, amount: int) -> BalanceForm:
    return BalanceForm(asset, str(amount))


OPERATIONS: Final = (
    Operation(
        "live", "GET", "/health/live", "Whether the process runs", live, {200: (LiveForm, "it does")},
    ),
    Operation(
        "ready", "GET", "/health/ready", "Whether headers are at the head",
        ready, {200: (ReadyForm, "they are"), 503: (ReadyForm, "they are not: trouble says why")},
    ),
    Operation(
        "metrics", "GET", "/metrics", "Figures for Prometheus",
        metrics, {200: (bytes, "text exposition format")}, media=PROMETHEUS,
    ),
    Operation(
        "status", "GET", "/v1/status", "Where the newest header is", status, {200: (StatusForm, "the status")},
    ),
    Operation(
        "peers", "GET", "/v1/peers", "The full nodes it asks", peers, {200: (PeersForm, "this client first")},
    ),
    Operation(
        "account", "GET", "/v1/accounts/{owner}", "What an account holds, proven",
        account, {200: (ProvenAccountForm, "the account; empty where nobody has used it")},
        (Parameter("owner", "path", OwnerText, "an account"),), errors=(503,),
    ),
    Operation(
        "intent", "GET", "/v1/intents/{id}", "An intent on the ledger, proven",
        intent, {200: (ProvenIntentForm, "the intent")}, (Parameter("id", "path", IdText, "the intent's id"),),
        errors=(404, 503),
    ),
    Operation(
        "proofs", "GET", "/v1/proofs", "A proof of any entry, or that it is not there, checked here",
        proofs, {200: (ProofForm, "the proof")},
        (
            Parameter("table", "query", Annotated[str, Meta(max_length=64)], "a table's name"),
            Parameter("key", "query", Annotated[str, Meta(min_length=1, max_length=1024)], "the key"),
        ),
        errors=(404, 503),
    ),
)  # fmt: skip
