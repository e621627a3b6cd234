"""What ``auction solve`` reports: the run, every bid as verified, every order of the bids that settle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from node.cli.text import percent, table, units, whole

if TYPE_CHECKING:
    from settlement.settle import Refused, Settlement
    from settlement.verified import Verified
    from solver.outcome import SolverRun


def report_json(run: SolverRun, settlement: Settlement) -> dict[str, Any]:
    """Plain JSON values; amounts and scores (numeraire base units) are decimal text."""
    from intents.auction_codec import auction_hash
    from node.competition.bounds import best_bound

    auction, settled = settlement.auction, settlement.settled
    score = settlement.score
    best = max([score, *(item.score.net for item in settlement.verified)])
    bound = best_bound(settlement, run.solutions, at_least=best)
    kind = run.kind.value
    return {
        "auction": auction.name,
        "auction_hash": "0x" + auction_hash(auction).hex(),
        "solver": run.solver,
        "outcome": "invalid" if kind == "ok" and not settlement.verified else kind,
        "detail": run.detail,
        "stopped": run.stopped,
        "seconds": round(run.seconds, 3),
        "first_answer_seconds": None if run.first_s is None else round(run.first_s, 3),
        "peak_memory_mb": run.peak_memory_mb,
        "score": str(score),
        "surplus": str(sum(item.score.surplus for item in settled)),
        "cost": str(sum(item.score.cost for item in settled)),
        "collected": str(sum(item.score.collected for item in settled)),
        "uncovered_cost": str(sum(item.score.uncovered for item in settled)),
        "orders_filled": sum(len(item.trades) for item in settled),
        "orders": len(auction.orders),
        "unsigned": sum(item.unsigned for item in settled),
        "bound": None if bound is None else str(bound),
        "share_of_bound": None if not bound else round(score / bound, 6),
        "fills": _fills(settlement),
        "bids": _bids(settlement),
        "refused": [_refused(item) for item in settlement.refused],
    }


def _fills(settlement: Settlement) -> list[dict[str, Any]]:
    from settlement.best_route import RouteBook
    from settlement.fairness import MAX_ROUTED, over_limit_bps, over_route_bps

    auction = settlement.auction
    routes = RouteBook(auction)
    fills: list[dict[str, Any]] = []
    for item in settlement.settled:
        for trade in item.trades:
            order = auction.order[trade.order]
            alone = over_route_bps(auction, order, trade, routes) if len(fills) < MAX_ROUTED else None
            fills.append(
                {
                    "order": "0x" + trade.order.hex(),
                    "bid": item.solution.id,
                    "gives": _legs(trade.gives),
                    "wants": _legs(trade.wants),
                    "shown": " + ".join(units(auction, leg.asset, leg.amount) for leg in trade.gives)
                    + " → "
                    + " + ".join(units(auction, leg.asset, leg.amount) for leg in trade.wants),
                    "filled": str(trade.filled),
                    "of": str(order.remaining),
                    "fee": str(trade.fee),
                    "surplus": _legs(trade.surplus),
                    "score": str(trade.score),
                    "over_limit_bps": over_limit_bps(auction, order, trade),
                    "over_route_bps": alone,
                }
            )
    return fills


def _legs(legs: Any) -> list[dict[str, str]]:
    return [{"asset": leg.asset, "amount": str(leg.amount)} for leg in legs]


def _bids(settlement: Settlement) -> list[dict[str, Any]]:
    winning = {item.solution.id for item in settlement.settled}
    ordered = sorted(settlement.verified, key=lambda item: (-item.score.net, item.solution.id))
    return [_bid(item, item.solution.id in winning) for item in ordered]


def _bid(item: Verified, wins: bool) -> dict[str, Any]:
    score = item.score
    return {
        "id": item.solution.id,
        "wins": wins,
        "score": str(score.net),
        "surplus": str(score.surplus),
        "cost": str(score.cost),
        "collected": str(score.collected),
        "orders": len(item.trades),
        "interactions": len(item.solution.interactions),
        "certificate": item.solution.certificate is not None,
    }


def _refused(item: Refused) -> dict[str, Any]:
    return {"id": item.solution.id, "code": item.error.code, "reason": str(item.error)}


def report_text(found: dict[str, Any], *, most: int = 25) -> str:
    """The report as a person reads it; at most ``most`` lines of bids and of orders each."""
    first = found["first_answer_seconds"]
    when = f", first answer after {first:.2f} s" if first is not None else ""
    lines = [
        f"{found['solver']} on {found['auction']}: {found['outcome']} in {found['seconds']:.2f} s{when}"
        + (", stopped at the deadline" if found["stopped"] else ""),
    ]
    if found["bids"]:
        lines += [
            f"score    {whole(int(found['score']))} in the numeraire, verified "
            f"(surplus {whole(int(found['surplus']))}, cost {whole(int(found['cost']))}, "
            f"collected for it {whole(int(found['collected']))})",
            f"fills    {found['orders_filled']} of {found['orders']} orders",
            f"bound    {_bound(found)}",
            "",
            table([_fill_row(fill) for fill in found["fills"][:most]], left=("order", "trade")),
            *_more(len(found["fills"]), most, "orders"),
        ]
    if len(found["bids"]) > 1:
        lines += ["", table([_bid_row(bid) for bid in found["bids"][:most]], left=("wins",))]
        lines += _more(len(found["bids"]), most, "bids")
    lines += [f"refused  bid {bid['id']}: {bid['code']}: {bid['reason']}" for bid in found["refused"][:most]]
    lines += _more(len(found["refused"]), most, "refused bids")
    if "written" in found:
        lines += ["", f"wrote {found['written']}"]
    return "\n".join(lines)


def _bound(found: dict[str, Any]) -> str:
    if found["bound"] is None:
        return "none proven"
    return f"{whole(int(found['bound']))} (score is {percent(found['share_of_bound'] or 0.0)} of it)"


def _more(count: int, most: int, what: str) -> list[str]:
    return [f"… and {count - most} more {what} (--json has all)"] if count > most else []


def _fill_row(fill: dict[str, Any]) -> dict[str, object]:
    alone = fill["over_route_bps"]
    return {
        "order": fill["order"][:14] + "…",
        "trade": fill["shown"],
        "filled": percent(int(fill["filled"]) / int(fill["of"])),
        "surplus": whole(int(fill["score"])),
        "bps over limit": fill["over_limit_bps"],
        "bps over best path": "-" if alone is None else alone,
        "bid": fill["bid"],
    }


def _bid_row(bid: dict[str, Any]) -> dict[str, object]:
    return {
        "bid": bid["id"],
        "wins": "yes" if bid["wins"] else "-",
        "score": whole(int(bid["score"])),
        "surplus": whole(int(bid["surplus"])),
        "cost": whole(int(bid["cost"])),
        "collected": whole(int(bid["collected"])),
        "orders": bid["orders"],
        "interactions": bid["interactions"],
    }
