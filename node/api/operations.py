"""The interface's table of contents: every operation once. Routes, checks and OpenAPI come from it."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from node.api import (
    answers_auctions,
    answers_intents,
    answers_ledger,
    answers_light,
    answers_many,
    answers_node,
    answers_quotes,
)
from node.api.answers_light import CheckpointsForm
from node.api.forms import BlocksForm, LiveForm, NetworkForm, PeersForm, ReadyForm, StatusForm
from node.api.forms_auctions import AuctionDetailForm, AuctionsForm, LeaderboardForm
from node.api.forms_intents import (
    ExplainForm,
    IntentForm,
    IntentsForm,
    OutcomesForm,
    SubmitIntent,
    SubmitIntents,
    SubmittedForm,
    SubmitTransaction,
)
from node.api.forms_ledger import AccountForm, AssetsForm, ProofForm, VenuesForm
from node.api.forms_quotes import AskQuote, QuoteForm
from node.api.operation import Operation, Parameter
from node.api.reading import Height, IdText, OwnerText
from node.api.settings import MAX_PAGE

PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"
_LIMIT = Parameter("limit", "query", Annotated[int, Meta(ge=1, le=MAX_PAGE)], "most rows of the page", False, 50)


def _before(what: str) -> Parameter:
    return Parameter("before", "query", Height, f"only {what} below this one", False)


_NUMBER = Parameter("number", "path", Height, "the auction's number")
_ID = Parameter("id", "path", IdText, "the intent's id, or that of the item it waits in")
_OWNER = "an account: 0x with its scheme byte, or ed25519: or eip712: and the key, in hex"

OPERATIONS: Final = (
    Operation(
        "live", "GET", "/health/live", "Whether the process runs",
        answers_node.live, {200: (LiveForm, "it does")},
    ),
    Operation(
        "ready", "GET", "/health/ready", "Whether the node takes items and is at the head",
        answers_node.ready, {200: (ReadyForm, "it is"), 503: (ReadyForm, "it is not: trouble says why")},
    ),
    Operation(
        "metrics", "GET", "/metrics", "Figures for Prometheus",
        answers_node.metrics, {200: (bytes, "text exposition format")}, media=PROMETHEUS,
    ),
    Operation(
        "openapi", "GET", "/openapi.json", "This document",
        answers_node.openapi, {200: (bytes, "OpenAPI 3.1")},
    ),
    Operation(
        "grafana", "GET", "/v1/grafana.json", "A dashboard of these figures, to be imported into Grafana",
        answers_node.grafana, {200: (bytes, "the dashboard")},
    ),
    Operation(
        "status", "GET", "/v1/status", "Who this node is and where it stands",
        answers_node.status, {200: (StatusForm, "the status")},
    ),
    Operation(
        "peers", "GET", "/v1/peers", "This node and all it knows of",
        answers_node.peers, {200: (PeersForm, "peers, this node first")},
    ),
    Operation(
        "network", "GET", "/v1/network", "What the network agreed on: rules, validators, solvers",
        answers_node.network, {200: (NetworkForm, "the network")},
    ),
    Operation(
        "blocks", "GET", "/v1/blocks", "Decided blocks, newest first",
        answers_node.blocks, {200: (BlocksForm, "a page")}, (_before("heights"), _LIMIT), tag="chain",
    ),
    Operation(
        "checkpoints", "GET", "/v1/checkpoints", "Headers certified: where validators change, and the last",
        answers_light.checkpoints, {200: (CheckpointsForm, "a page, in order")},
        (Parameter("after", "query", Height, "only of heights above this one", False),), tag="chain",
    ),
    Operation(
        "assets", "GET", "/v1/assets", "Assets and their agreed prices",
        answers_ledger.assets, {200: (AssetsForm, "assets by id")}, tag="ledger",
    ),
    Operation(
        "venues", "GET", "/v1/venues", "Venues as they stand",
        answers_ledger.venues, {200: (VenuesForm, "a page")},
        (
            Parameter("after", "query", Annotated[str, Meta(max_length=128)], "only venues with later ids", False),
            _LIMIT,
        ),
        tag="ledger",
    ),
    Operation(
        "account", "GET", "/v1/accounts/{owner}", "What an account holds, and the nonce of its next transaction",
        answers_ledger.account, {200: (AccountForm, "the account; empty where nobody has used it")},
        (Parameter("owner", "path", OwnerText, _OWNER),), tag="ledger",
    ),
    Operation(
        "proofs", "GET", "/v1/proofs", "A proof that an entry of the ledger is there, or that it is not",
        answers_ledger.proofs, {200: (ProofForm, "the proof, with what makes its root believable")},
        (
            Parameter("table", "query", Annotated[str, Meta(max_length=64)], "a table's name (docs/ledger.md)"),
            Parameter(
                "key", "query", Annotated[str, Meta(min_length=1, max_length=1024)],
                "the key as `walras ledger rows` shows it (JSON; text may be bare); balances: kind:holder/ASSET",
            ),
        ),
        errors=(404,), tag="ledger",
    ),
    Operation(
        "auctions", "GET", "/v1/auctions", "Settled auctions, newest first",
        answers_auctions.auctions, {200: (AuctionsForm, "a page")}, (_before("auctions"), _LIMIT), tag="auctions",
    ),
    Operation(
        "auction", "GET", "/v1/auctions/{number}", "A settled auction: trades, venues, every solution, who missed",
        answers_auctions.auction, {200: (AuctionDetailForm, "the auction")}, (_NUMBER,), errors=(404,),
        tag="auctions",
    ),
    Operation(
        "receipt", "GET", "/v1/auctions/{number}/receipt", "The file that `walras auction verify` checks",
        answers_auctions.receipt, {200: (bytes, "the receipt")}, (_NUMBER,), errors=(404,), tag="auctions",
    ),
    Operation(
        "leaderboard", "GET", "/v1/leaderboard", "Solvers by what they did, with intervals",
        answers_auctions.leaderboard, {200: (LeaderboardForm, "solvers by rank")},
        (
            Parameter(
                "auctions", "query", Annotated[int, Meta(ge=1, le=1_000_000)], "over the last so many", False
            ),
        ),
        tag="auctions",
    ),
    Operation(
        "intents", "GET", "/v1/intents", "An owner's intents, newest first",
        answers_intents.intents, {200: (IntentsForm, "a page")},
        (
            Parameter("owner", "query", OwnerText, _OWNER),
            Parameter("cursor", "query", Height, "the page before's next", False),
            _LIMIT,
        ),
        tag="intents",
    ),
    Operation(
        "submit_intent", "POST", "/v1/intents", "Hand in a signed intent",
        answers_intents.submit_intent,
        {202: (SubmittedForm, "it is durable here and on its way"), 200: (SubmittedForm, "it is known already")},
        body=SubmitIntent, token=True, errors=(409, 503), tag="intents",
        about="Idempotent: the id is a hash of what was signed, so no idempotency key is needed.",
    ),
    Operation(
        "submit_intents", "POST", "/v1/intents/batch", "Hand in up to 256 signed intents at once",
        answers_many.submit_intents, {202: (OutcomesForm, "what became of each, in order")},
        body=SubmitIntents, token=True, errors=(503,), tag="intents",
        about="Each is taken or refused by itself; those taken are durable here and on their way.",
    ),
    Operation(
        "intent", "GET", "/v1/intents/{id}", "An intent's life",
        answers_intents.intent, {200: (IntentForm, "its life")}, (_ID,), errors=(404,), tag="intents",
    ),
    Operation(
        "explain", "GET", "/v1/intents/{id}/explain", "Why an intent is not filled",
        answers_intents.explain, {200: (ExplainForm, "the reason")}, (_ID,), errors=(404,), tag="intents",
    ),
    Operation(
        "quote", "POST", "/v1/quotes", "What a trade would get now, alone, and what to ask for",
        answers_quotes.quote, {200: (QuoteForm, "the quote")}, body=AskQuote, errors=(409, 503), tag="intents",
        about="Changes nothing, so it asks for no token. 409 where no venues take so much.",
    ),
    Operation(
        "submit_transaction", "POST", "/v1/transactions", "Hand in a signed transaction, such as a cancel",
        answers_intents.submit_transaction,
        {202: (SubmittedForm, "it is durable here and on its way"), 200: (SubmittedForm, "known, or past")},
        body=SubmitTransaction, token=True, errors=(409, 503), tag="intents",
        about="Idempotent, as the id is a hash of the item.",
    ),
)  # fmt: skip
