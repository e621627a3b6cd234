"""Intents for terminals and documents: lives, trades, and what a refusal means."""

from __future__ import annotations

from typing import Any

from intents.assets import AssetId
from intents.conditions import CONDITION, SCHEDULE, Condition, Schedule
from intents.fields import Fields
from node.client.following import Life, Step, Trade
from node.client.market import Market
from node.client.quoting import Quoted
from node.condition_words import condition_words, group_name, schedule_words
from node.pair_prices import Denomination


def step_line(step: Step) -> str:
    """One line of a life as it happens."""
    return f"auction {step.auction}: {step.state}{f' ({step.note})' if step.note else ''}"


def trade_line(trade: Trade, life: Life, market: Market) -> str:
    """What an auction executed of the intent, at what price, and how much better than asked."""
    gave, got = market.shown(trade.gave, life.give), market.shown(trade.got, life.want)
    better = [
        f"{figure:+.6g} bps against {what}"
        for figure, what in ((trade.over_limit_bps, "its limit"), (trade.over_route_bps, "the best single route"))
        if figure is not None
    ]
    price = price_of(trade.gave, life.give, trade.got, life.want, market)
    figures = ", ".join([price, *better])
    return f"auction {trade.auction}: gave {gave}, got {got} ({figures}), by {trade.solver}"


def price_of(gave: int, give: AssetId, got: int, want: AssetId, market: Market) -> str:
    """How much of one asset was paid per unit of the other, six significant digits."""
    sold = gave / 10 ** market.decimals.get(give, 0)
    bought = got / 10 ** market.decimals.get(want, 0)
    return f"{bought / sold:.6g} {want} per {give}" if sold else "–"


def life_text(life: Life, market: Market) -> str:
    lines = [
        f"intent  0x{life.intent.hex()}",
        f"state   {life.state}",
        f"gives   at most {market.shown(life.give_max, life.give)}, gave {market.shown(life.gave, life.give)}",
        f"wants   at least {market.shown(life.want_min, life.want)}, got {market.shown(life.got, life.want)}",
        f"valid   to auction {life.valid_to}",
        *terms_lines(life.when, life.schedule, life.group, market),
    ]
    lines += [f"  {step_line(step)}" for step in life.steps]
    lines += [f"  traded in {trade_line(trade, life, market)}" for trade in life.trades]
    if life.missed is not None and not life.ended:
        lines.append(f"not filled in auction {life.missed[0]}: {life.missed[2]} ({life.missed[1]})")
    return "\n".join(lines)


def terms_lines(when: Condition | None, schedule: Schedule | None, group: bytes, market: Market) -> list[str]:
    """What it waits for, how it is spread over time, and what ends with it: a line of each that is so."""
    known = Denomination(market.numeraire, market.decimals, market.prices)
    lines = [] if when is None else [f"waits   until {condition_words(when, known)}"]
    lines += [] if schedule is None else [f"trades  {schedule_words(schedule)}"]
    return [*lines, f"group   {group_name(group)}: the first to trade cancels the others"] if group else lines


def quote_text(found: Quoted, market: Market, slippage_bps: int) -> str:
    """The trade, its price and route, and what to ask for."""
    gives, gets = market.shown(found.amount_in, found.give), market.shown(found.amount_out, found.want)
    price = price_of(found.amount_in, found.give, found.amount_out, found.want, market)
    impact = "" if found.impact_bps is None else f", {found.impact_bps:.2f} bps worse than for a tiny amount"
    asset, most = (found.give, "at most") if found.exact_out else (found.want, "at least")
    lines = [f"{gives} for {gets} ({price}{impact})"]
    lines += [
        f"  {hop.venue}: {market.shown(hop.amount_in, hop.sold)} to {market.shown(hop.amount_out, hop.bought)}"
        for hop in found.route
    ]
    return "\n".join(
        [*lines, f"ask for {most} {market.shown(found.limit, asset)} ({slippage_bps} bps of slippage)"]
    )


def explained_text(found: Fields) -> str:
    """Why it is where it is: in its last batch, and on the ledger as it stands."""
    lines = [f"{found.text('state', limit=32)}: {found.text('why')}"]
    if found.has("auction"):
        lines.append(f"in auction {found.integer('auction')}{_code(found)}{_distance(found)}")
    if found.has("now"):
        now = found.child("now")
        lines.append(f"now: {now.text('why')}{_code(now)}")
    return "\n".join(lines)


def _code(found: Fields) -> str:
    code = found.text_or("code", "", limit=64)
    return f" ({code})" if code else ""


def _distance(found: Fields) -> str:
    if not found.has("distance_bps"):
        return ""
    return f", its limit {float(found.fraction('distance_bps')):.2f} bps from a fill"


def life_document(life: Life) -> dict[str, Any]:
    """Amounts are decimal text in base units, ids 0x-prefixed, as in the node's own answers."""
    return {
        "intent": "0x" + life.intent.hex(),
        "owner": "0x" + life.owner.hex(),
        "state": life.state,
        "give": life.give,
        "want": life.want,
        "give_max": str(life.give_max),
        "want_min": str(life.want_min),
        "gave": str(life.gave),
        "got": str(life.got),
        "valid_to": life.valid_to,
        "when": None if life.when is None else CONDITION.to_json(life.when),
        "schedule": None if life.schedule is None else SCHEDULE.to_json(life.schedule),
        "group": "0x" + life.group.hex(),
        "steps": [{"state": step.state, "auction": step.auction, "note": step.note} for step in life.steps],
        "trades": [
            {
                "auction": trade.auction,
                "gave": str(trade.gave),
                "got": str(trade.got),
                "solver": trade.solver,
                "over_limit_bps": trade.over_limit_bps,
                "over_route_bps": trade.over_route_bps,
            }
            for trade in life.trades
        ],
        "missed": None
        if life.missed is None
        else {"auction": life.missed[0], "code": life.missed[1], "why": life.missed[2]},
    }
