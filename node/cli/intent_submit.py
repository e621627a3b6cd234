"""``walras intent submit``: from words or a file to a signed intent that a node has on its disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from intents.errors import UsageError
from intents.intent import Intent
from node.cli.command import Settings, emit, note, warn
from node.cli.intent_text import terms_lines
from node.cli.intent_waiting import wait_for
from node.cli.nodes import NodeChoice
from node.cli.said import refuse
from node.cli.signers import Signer
from node.cli.writing import check_target
from node.client.acting import submit
from node.client.asking import Terms, ask_in, group_in, intent_in, intent_of, schedule_in
from node.client.market import Market, market_of
from node.client.node_client import NodeClient
from node.client.quoting import filled_in, quote
from node.client.readiness import await_ready
from node.client.when import condition_in
from node.inputs import read_json


@dataclass(frozen=True, slots=True)
class Request:
    """The options of the command."""

    words: tuple[str, ...]
    file: Path | None
    raw: bool
    exact_out: bool
    whole: bool
    min_fill: str | None
    slippage_bps: int
    when: str | None
    twap: str | None
    oco: str | None
    valid_batches: int | None
    nonce: int | None
    wait: bool
    timeout: float
    receipt: Path | None
    node: NodeChoice
    signer: Signer


def submitted(settings: Settings, request: Request) -> int:
    """The exit code. Raises a ``WalrasError``; nothing is signed before everything else is in order."""
    _check(request)
    with request.node.client() as client:
        _await(settings, client)
        market = market_of(client)
        key = request.signer.key(request.node, market.network)
        intent = _intent(settings, request, client, market, key.public)
        _say_terms(settings, intent, market)
        number, state = submit(client, key, intent)
        note(settings, f"intent 0x{number.hex()}: {state}, durable at {client.url}")
        if request.wait:
            return wait_for(settings, client, number, market, request.timeout, request.receipt)
        emit(settings, {"id": "0x" + number.hex(), "state": state}, lambda: "0x" + number.hex())
        return 0


def _await(settings: Settings, client: NodeClient) -> None:
    """A node behind its network names auctions that are over: what is signed for them expires unseen."""
    why = await_ready(client, lambda trouble: note(settings, f"waiting until the node is ready: {trouble}"))
    if why:
        warn(settings, "node.not-ready", f"{why}: the intent may be for auctions that are over, or wait long")


def _check(request: Request) -> None:
    if request.whole and request.twap is not None:
        raise UsageError("--twap", "does not go with --fok: it trades in parts")
    if request.file is None:
        ask_in(request.words)
    elif request.words or request.raw or request.exact_out or request.whole or _terms_said(request):
        raise UsageError("--file", "says all of it: amounts and their options do not go with it")
    if request.file is not None or ask_in(request.words).complete:
        refuse("is of a quote: here both amounts are said", "slippage_bps")
    if not request.wait:
        refuse("needs --wait: nothing is waited for", "timeout")
        if request.receipt is not None:
            raise UsageError("--receipt", "needs --wait: there is none before it has traded")
    if request.receipt is not None:
        check_target(request.receipt)


def _say_terms(settings: Settings, intent: Intent, market: Market) -> None:
    """As it was understood, before it is handed in."""
    for line in terms_lines(intent.when, intent.schedule, intent.group, market):
        note(settings, line)


def _terms_said(request: Request) -> bool:
    return any(said is not None for said in (request.min_fill, request.when, request.twap, request.oco))


def _terms(request: Request, market: Market, owner: bytes) -> Terms:
    return Terms(
        owner,
        request.valid_batches,
        request.nonce,
        None if request.when is None else condition_in(request.when, market),
        None if request.twap is None else schedule_in(request.twap),
        b"" if request.oco is None else group_in(request.oco),
    )


def _intent(settings: Settings, request: Request, client: NodeClient, market: Market, owner: bytes) -> Intent:
    terms = _terms(request, market, owner)
    if request.file is not None:
        return intent_in(read_json(str(request.file)), str(request.file), terms, market)
    ask = replace(ask_in(request.words), raw=request.raw, whole=request.whole, min_fill=request.min_fill)
    if request.exact_out:
        ask = replace(ask, exact_out=True)
    if ask.complete:
        return intent_of(ask, terms, market)
    if terms.when is not None:
        raise UsageError("--when", "say both amounts: a quote is of now, not of when the condition will hold")
    if request.min_fill is not None and not request.raw:
        exact = market.asset(ask.want if ask.exact_out else ask.give)
        ask = replace(ask, min_fill=str(market.units(request.min_fill, exact)))
    found, _ = quote(client, ask, market, request.slippage_bps)
    intent = intent_of(filled_in(ask, found), terms, market)
    give, want = intent.give[0], intent.want[0]
    note(
        settings,
        f"by its quote: at most {market.shown(give.amount, give.asset)} for at least "
        f"{market.shown(want.amount, want.asset)}",
    )
    return intent
