"""``walras ledger prices``, ``report-prices`` and ``set-trading``: the agreed prices, and the words of oracles and
guardians that they and the trading state are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from intents.amounts import MAX_PRICE
from intents.errors import UsageError
from node.cli.command import Command, Settings, emit, warn
from node.cli.nodes import NodeChoice, node_options
from node.cli.signers import BLOCK_TIMEOUT, Signer, signer_options
from node.cli.text import table

if TYPE_CHECKING:
    from intents.fields import Fields
    from intents.intent import Leg
    from intents.signing import SigningKey
    from node.client.market import Market
    from node.client.node_client import NodeClient


@click.command(cls=Command)
@node_options
def prices(settings: Settings, node: NodeChoice) -> None:
    """Show the agreed prices at a node, both ways round, and the auction each is as old as."""
    from node.client.market import market_of

    with node.client() as client:
        _tell(settings, client, market_of(client))


@click.command(cls=Command)
@click.argument("said", nargs=-1, required=True, metavar="PAIR=PRICE...")
@BLOCK_TIMEOUT
@signer_options
@node_options
def report_prices(
    settings: Settings, said: tuple[str, ...], timeout: float, node: NodeChoice, signer: Signer
) -> None:
    """Report prices as an oracle of the network: `walras ledger report-prices ETH/USDC=2900 BTC=20.5 --dev alice`.

    PAIR is BASE/QUOTE, one of them the numeraire, or ASSET alone for its price in the numeraire. The agreed price
    is the median of what enough oracles report, and moves no further in one auction than the rules let it.
    """
    from node.client.acting import act_and_wait
    from node.client.market import market_of
    from settlement.ledger.transactions import ReportPrices

    with node.client() as client:
        market = market_of(client)
        legs = _reported(said, market)
        key = signer.key(node, market.network)
        _check_named(client, "oracles", "an oracle", key)
        act_and_wait(client, key, market.network, ReportPrices(legs), timeout_s=timeout)
        _warn_of_others(settings, client, legs)
        _tell(settings, client, market)


@click.command(cls=Command)
@click.argument("trading", type=click.Choice(["active", "reducing", "halted"]))
@BLOCK_TIMEOUT
@signer_options
@node_options
def set_trading(settings: Settings, trading: str, timeout: float, node: NodeChoice, signer: Signer) -> None:
    """Ask, as a guardian of the network, that trading be active, reducing (into the numeraire alone) or halted.

    It is as strict as enough guardians ask, each until it asks otherwise.
    """
    from node.client.acting import act_and_wait
    from node.client.market import market_of
    from settlement.ledger.trading import TradingState
    from settlement.ledger.transactions import SetTrading

    with node.client() as client:
        market = market_of(client)
        key = signer.key(node, market.network)
        _check_named(client, "guardians", "a guardian", key)
        act_and_wait(client, key, market.network, SetTrading(TradingState(trading)), timeout_s=timeout)
        network = client.get("/v1/network")
    now = network.text("trading", limit=16)
    if now != trading:
        least = network.child("rules").integer("least_guardians")
        warn(settings, "trading.others", f"trading is {now}: it is as strict as {least} of its guardians ask")
    emit(settings, {"asked": trading, "trading": now}, lambda: now)


def _reported(said: tuple[str, ...], market: Market) -> tuple[Leg, ...]:
    """In the ledger's terms, rounded to its next unit. Raises ``UsageError``."""
    from intents.amounts import MAX_AMOUNT
    from intents.intent import Leg
    from node.pair_prices import number_in, pair_in
    from settlement.ledger.transactions import MAX_REPORTED

    where, known, legs = "PAIR=PRICE", market.denomination, list[Leg]()
    for text in said:
        name, equals, price = text.partition("=")
        if not equals:
            raise UsageError(where, f"say it as ETH/USDC=2900, not {text[:60]!r}")
        pair = pair_in(name, where, known, market.asset)
        units = round(known.ledger_price(pair, number_in(price, where)))
        if not 0 < units <= MAX_AMOUNT:
            raise UsageError(where, f"{text[:60]}: beyond what a price on the ledger can be")
        if any(leg.asset == pair.asset for leg in legs):
            raise UsageError(where, f"the price of {pair.asset} twice")
        legs.append(Leg(pair.asset, units))
    if len(legs) > MAX_REPORTED:
        raise UsageError(where, f"at most {MAX_REPORTED} of them at once")
    return tuple(legs)


def _check_named(client: NodeClient, rule: str, what: str, key: SigningKey) -> None:
    """Blocks would refuse it without a word. Raises ``UsageError``."""
    named = client.get("/v1/network").child("rules").raw(rule)
    if not isinstance(named, list) or not named:
        raise UsageError(
            "signer", f"this network has no {rule}: they are named when it is made (walras init --help)"
        )
    if "0x" + key.public.hex() not in named:
        raise UsageError("signer", f"ed25519:{key.public.hex()} is not {what} of this network")


def _warn_of_others(settings: Settings, client: NodeClient, legs: tuple[Leg, ...]) -> None:
    """Where what was agreed is not what was reported: it takes others, or more auctions."""
    rows = client.get("/v1/assets").objects("assets", limit=100_000)
    agreed = {row.text("id", limit=64): row.integer("price", high=MAX_PRICE) for row in rows if row.has("price")}
    open_still = [leg.asset for leg in legs if agreed.get(leg.asset) != leg.amount]
    if open_still:
        rules = client.get("/v1/network").child("rules")
        least, most = rules.integer_or("least_reports", 1), rules.integer_or("max_move_bps", 5_000)
        why = f"it is the median of {least} reports or more, and moves by at most {most} bps an auction"
        warn(settings, "prices.others", f"not agreed as reported, {', '.join(open_still)}: {why}")


def _tell(settings: Settings, client: NodeClient, market: Market) -> None:
    found, oracles = client.get("/v1/assets"), client.get("/v1/network").child("rules").raw("oracles")
    count = len(oracles) if isinstance(oracles, list) else 0
    rows = [_row(row, market) for row in found.objects("assets", limit=100_000)]
    shown = [row for row in rows if row["asset"] != market.numeraire]
    if count == 0:
        warn(settings, "prices.fixed", "this network has no oracles: prices stay as they began")
    columns = [{name: "–" if value is None else value for name, value in row.items()} for row in shown]
    document = {"numeraire": market.numeraire, "oracles": count, "prices": rows}
    emit(settings, document, lambda: table([{k: v for k, v in row.items() if k != "price"} for row in columns]))


def _row(row: Fields, market: Market) -> dict[str, Any]:
    """``price`` as the ledger has it, and in whole units both ways round; ``None`` where there is none."""
    from intents.assets import AssetId
    from node.pair_prices import Pair, digits

    asset = AssetId(row.text("id", limit=64))
    price = row.integer("price", high=MAX_PRICE) if row.has("price") else 0
    known = market.denomination
    whole = None if price == 0 else digits(known.price_in(Pair(asset, False), price))
    other = None if price == 0 else digits(known.price_in(Pair(asset, True), price))
    return {
        "asset": asset,
        "price": str(price) if price else None,
        "in_numeraire": whole,
        "per_numeraire": other,
        "auction": row.integer("price_at") if row.has("price_at") else None,
    }
