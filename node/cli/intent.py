"""``walras intent``: sign what you want, hand it to a node, and follow it to its settlement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from intents.errors import UsageError
from node.cli.command import Command, Settings, emit, global_options, note, plain, remember
from node.cli.nodes import NodeChoice, id_of, node_options
from node.cli.said import refuse
from node.cli.signers import Signer, signer_options
from node.cli.table import Group

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(cls=Group)
@global_options
@click.pass_context
def intent(context: click.Context, /, **options: object) -> None:
    """Intents at a node: what you give at most for what you want at least."""
    remember(context, options)


_SLIPPAGE = click.option(
    "--slippage-bps", type=click.IntRange(0, 9_999), default=50, show_default=True, help="How far below a quote."
)


@intent.command(cls=Command)
@click.argument("words", nargs=-1, metavar="AMOUNT ASSET for [AMOUNT] ASSET")
@click.option("--file", type=_FILE, help="An intent as JSON instead (docs/intents.md).")
@click.option("--raw", is_flag=True, help="Amounts are base units.")
@click.option("--exact-out", is_flag=True, help="Exactly what is wanted for at most what is given.")
@click.option("--fok/--partial", "whole", default=False, help="Whole or not at all; or in parts (default).")
@click.option("--min-fill", metavar="AMOUNT", help="Least part that may trade at a time.")
@_SLIPPAGE
@click.option("--when", metavar="CONDITION", help="Rest until it holds; see above.")
@click.option("--twap", metavar="PARTS/EVERY", help="In so many parts, one every so many auctions.")
@click.option(
    "--oco", metavar="NAME", help="One cancels the others: of your intents of that name the first to trade."
)
@click.option(
    "--valid-batches",
    type=click.IntRange(0, 10**9),
    help="Auctions (default: 10; with --when 10000; and a schedule's).",
)
@click.option("--nonce", type=click.IntRange(0, 2**63 - 1), help="A number not used before (default: any).")
@click.option("--wait", is_flag=True, help="Follow it until it is settled, expired or cancelled.")
@click.option("--timeout", type=click.FloatRange(0.1, 86_400), default=120.0, show_default=True, help="Seconds.")
@click.option("--receipt", type=_FILE, help="With --wait: write the receipt of its last trade's auction.")
@signer_options
@node_options
def submit(settings: Settings, **options: Any) -> int:
    """Sign an intent and hand it in: `walras intent submit 1 ETH for 2990 USDC --dev alice --wait`.

    Amounts are decimal numbers of whole units. "1 ETH for USDC" asks for what a quote says, less --slippage-bps;
    "ETH for 2990 USDC" for exactly that. Exit code 1 if it ended, or the time did, before it was filled.

    --when looks at the agreed prices of `walras ledger prices`, once per auction, until it holds:

    \b
      "ETH/USDC <= 2800"              a stop, when you hold ETH
      "ETH/USDC >= 3200"              a take-profit
      "BTC falls 500 bps"             trailing its best since; or rises, or 5%
      "auction >= +20"                not before 20 auctions from now
      "filled ID"                     once another intent of yours was filled whole
      "… and …", "… or …", "( … )"    several
    """
    from node.cli.intent_submit import Request, submitted

    return submitted(settings, Request(**options))


@intent.command(cls=Command)
@click.argument("words", nargs=-1, metavar="AMOUNT ASSET for ASSET")
@click.option("--raw", is_flag=True, help="Amounts are base units.")
@_SLIPPAGE
@node_options
def quote(settings: Settings, words: tuple[str, ...], raw: bool, slippage_bps: int, node: NodeChoice) -> None:
    """Ask what a trade would get alone, now: `1 ETH for USDC`, or `ETH for 2990 USDC` for exactly so much."""
    from dataclasses import replace

    from node.cli.intent_text import quote_text
    from node.client.asking import ask_in
    from node.client.market import market_of
    from node.client.quoting import quote as ask_for

    ask = replace(ask_in(words), raw=raw)
    with node.client() as client:
        market = market_of(client)
        found, document = ask_for(client, ask, market, slippage_bps)
    emit(settings, plain(document.document), lambda: quote_text(found, market, slippage_bps))


@intent.command(cls=Command)
@click.argument("number", metavar="ID")
@click.option("--receipt", type=_FILE, help="Write the receipt of its last trade's auction.")
@node_options
def show(settings: Settings, number: str, receipt: Path | None, node: NodeChoice) -> None:
    """Show the life of the intent ID: its states, its trades, and why it is not filled."""
    from node.cli.intent_text import life_document, life_text
    from node.cli.intent_waiting import write_receipt
    from node.client.following import life_of
    from node.client.market import market_of

    with node.client() as client:
        life, market = life_of(client, id_of(number)), market_of(client)
        if receipt is not None:
            write_receipt(settings, client, life, receipt)
    emit(settings, life_document(life), lambda: life_text(life, market))


@intent.command(cls=Command)
@click.argument("number", metavar="ID")
@click.option("--wait/--no-wait", default=True, help="Wait until a block says so (default).")
@click.option("--timeout", type=click.FloatRange(0.1, 86_400), default=30.0, show_default=True, help="Seconds.")
@signer_options
@node_options
def cancel(settings: Settings, number: str, wait: bool, timeout: float, node: NodeChoice, signer: Signer) -> int:
    """Cancel the intent ID: from the next block that takes it in, it trades no more.

    Exit code 1 if it ended otherwise first, or is not cancelled within the time.
    """
    from intents.intent import IntentId
    from node.cli.intent_text import life_document, step_line
    from node.client.acting import cancel as hand_in
    from node.client.following import follow, life_of
    from node.home.development import holder_of

    wanted = id_of(number)
    if not wait:
        refuse("does not go with --no-wait", "timeout")
    with node.client() as client:
        life = life_of(client, wanted)
        if life.ended:
            emit(settings, life_document(life), lambda: f"it was {life.state} already")
            return 0 if life.state == "cancelled" else 1
        network = client.get("/v1/status").hex("network", length=32)
        key = signer.key(node, network)
        if life.owner != holder_of(key.public):
            raise UsageError("signer", f"only its owner may cancel it: 0x{life.owner.hex()}")
        hand_in(client, key, network, (IntentId(wanted),))
        if not wait:
            emit(settings, life_document(life), lambda: "asked for; the next block decides")
            return 0
        found = follow(client, wanted, lambda step: note(settings, step_line(step)), timeout_s=timeout) or life
    emit(settings, life_document(found), lambda: found.state)
    return 0 if found.state == "cancelled" else 1


@intent.command(cls=Command)
@click.argument("number", metavar="ID")
@node_options
def explain(settings: Settings, number: str, node: NodeChoice) -> None:
    """Say why the intent ID is not filled: the rule that blocked it, and how far its limit is from a fill."""
    from node.cli.intent_text import explained_text

    with node.client() as client:
        found = client.get(f"/v1/intents/0x{id_of(number).hex()}/explain")
    emit(settings, plain(found.document), lambda: explained_text(found))
