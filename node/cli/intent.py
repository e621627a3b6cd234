"""``walras intent``: sign what you want, hand it to a node, and follow it to its settlement."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from intents.errors import UsageError
from node.cli.command import Command, Settings, emit, global_options, note, remember
from node.cli.nodes import check_network, client_of, id_of, node_options, signer_of, signer_options

if TYPE_CHECKING:
    from intents.intent import Intent
    from node.client.asking import Ask, Terms
    from node.client.market import Market

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
@global_options
@click.pass_context
def intent(context: click.Context, /, **options: object) -> None:
    """Intents at a node: what you give at most for what you want at least."""
    remember(context, options)


@intent.command(cls=Command)
@click.argument("terms", nargs=-1, metavar="GIVE ASSET for WANT ASSET")
@click.option("--file", type=_FILE, help="An intent as JSON instead (docs/formats.md).")
@click.option("--raw", is_flag=True, help="Amounts are base units.")
@click.option("--exact-out", is_flag=True, help="Exactly WANT for at most GIVE (default: exactly GIVE).")
@click.option("--fok/--partial", "whole", default=False, help="Whole or not at all; or in parts (default).")
@click.option("--min-fill", metavar="AMOUNT", help="Least part that may trade at a time.")
@click.option(
    "--valid-batches", type=click.IntRange(0, 10**9), default=10, show_default=True, help="Auctions open."
)
@click.option("--nonce", type=click.IntRange(0, 2**63 - 1), help="A number not used before (default: any).")
@click.option("--wait", is_flag=True, help="Follow it until it is settled, expired or cancelled.")
@click.option("--timeout", type=click.FloatRange(0.1, 86_400), default=120.0, show_default=True, help="Seconds.")
@click.option("--receipt", type=_FILE, help="With --wait: write the receipt of its last trade's auction.")
@signer_options
@node_options
def submit(
    settings: Settings,
    terms: tuple[str, ...],
    file: Path | None,
    raw: bool,
    exact_out: bool,
    whole: bool,
    min_fill: str | None,
    valid_batches: int,
    nonce: int | None,
    wait: bool,
    timeout: float,
    receipt: Path | None,
    wallet: str | None,
    dev: str | None,
    password_file: Path | None,
    url: str | None,
    token_file: Path | None,
    folder: Path | None,
) -> int:
    """Sign an intent and hand it in: `walras intent submit 1 ETH for 2990 USDC --dev alice --wait`.

    Amounts are decimal numbers of whole units. Exit code 1 if it ended, or the time did, before it was filled.
    """
    from node.cli.writing import check_target
    from node.client.acting import submit as hand_in
    from node.client.asking import Terms
    from node.client.market import market_of

    ask = _ask(terms, file, raw, exact_out, whole, min_fill)
    if receipt is not None:
        if not wait:
            raise UsageError("--receipt", "needs --wait: there is none before it has traded")
        check_target(receipt)
    with client_of(folder, url, token_file) as client:
        market = market_of(client)
        check_network(folder, market.network)
        key = signer_of(folder, wallet, dev, password_file)
        made = _made(ask, file, Terms(key.public, valid_batches, nonce), market)
        number, state = hand_in(client, key, made)
        note(settings, f"intent 0x{number.hex()}: {state}, durable at {client.url}")
        if not wait:
            emit(settings, {"id": "0x" + number.hex(), "state": state}, lambda: "0x" + number.hex())
            return 0
        from node.cli.intent_waiting import wait_for

        return wait_for(settings, client, number, market, timeout, receipt)


def _ask(
    terms: tuple[str, ...], file: Path | None, raw: bool, exact_out: bool, whole: bool, min_fill: str | None
) -> Ask | None:
    from node.client.asking import Ask

    if file is not None:
        if terms or raw or exact_out or whole or min_fill is not None:
            raise UsageError("--file", "says all of it: amounts and their options do not go with it")
        return None
    if len(terms) != 5 or terms[2].lower() != "for":
        raise UsageError("submit", "say it as: GIVE ASSET for WANT ASSET, such as 1 ETH for 2990 USDC")
    return Ask(terms[0], terms[1], terms[3], terms[4], raw, exact_out, whole, min_fill)


def _made(ask: Ask | None, file: Path | None, terms: Terms, market: Market) -> Intent:
    from node.client.asking import intent_in, intent_of
    from node.inputs import read_json

    if ask is not None:
        return intent_of(ask, terms, market)
    assert file is not None
    return intent_in(read_json(str(file)), str(file), terms, market)


@intent.command(cls=Command)
@click.argument("number", metavar="ID")
@click.option("--receipt", type=_FILE, help="Write the receipt of its last trade's auction.")
@node_options
def show(
    settings: Settings,
    number: str,
    receipt: Path | None,
    url: str | None,
    token_file: Path | None,
    folder: Path | None,
) -> None:
    """Show the life of the intent ID: its states, its trades, and why it is not filled."""
    from node.cli.intent_text import life_document, life_text
    from node.cli.intent_waiting import write_receipt
    from node.client.following import life_of
    from node.client.market import market_of

    with client_of(folder, url, token_file) as client:
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
def cancel(
    settings: Settings,
    number: str,
    wait: bool,
    timeout: float,
    wallet: str | None,
    dev: str | None,
    password_file: Path | None,
    url: str | None,
    token_file: Path | None,
    folder: Path | None,
) -> int:
    """Cancel the intent ID: from the next block that takes it in, it trades no more.

    Exit code 1 if it ended otherwise first, or is not cancelled within the time.
    """
    from intents.intent import IntentId
    from node.cli.intent_text import life_document, step_line
    from node.client.acting import cancel as hand_in
    from node.client.following import follow, life_of

    wanted = id_of(number)
    with client_of(folder, url, token_file) as client:
        life = life_of(client, wanted)
        if life.ended:
            emit(settings, life_document(life), lambda: f"it was {life.state} already")
            return 0 if life.state == "cancelled" else 1
        network = client.get("/v1/status").hex("network", length=32)
        check_network(folder, network)
        key = signer_of(folder, wallet, dev, password_file)
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
def explain(
    settings: Settings, number: str, url: str | None, token_file: Path | None, folder: Path | None
) -> None:
    """Say why the intent ID is not filled: the rule that blocked it, and how far its limit is from a fill."""
    with client_of(folder, url, token_file) as client:
        found = client.get(f"/v1/intents/0x{id_of(number).hex()}/explain")
    emit(settings, dict(found.document), lambda: _explained(found.document))


def _explained(document: object) -> str:
    assert isinstance(document, dict)
    lines = [f"{document.get('state')}: {document.get('why')}"]
    if document.get("auction") is not None:
        code = document.get("code")
        lines.append(f"in auction {document['auction']}{f' ({code})' if code else ''}")
    distance = document.get("distance_bps")
    if distance is not None:
        lines.append(f"its limit is {float(distance):.2f} bps from a fill")
    return "\n".join(lines)
