"""Checking a certificate of any kind: the bound it proves, whatever bound it states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from intents.auction import Auction
from settlement.certificate import price_cells
from settlement.certificate.bound import evaluate
from settlement.certificate.dual import KIND as PAY_AS_BID
from settlement.certificate.dual import dual_from_json, stated_bound
from settlement.certificate.errors import (
    CertificateError,
    MalformedCertificate,
    NotForThisAuction,
    Overclaimed,
    TooMuchWork,
    UnknownCertificate,
)
from settlement.solution import Solution

#: Cells times orders that a certificate may ask to have looked at: half a minute.
MAX_WORK: Final = 20_000_000
#: Different certificates evaluated per auction: each costs a pass over all orders and venues.
MAX_CHECKED: Final = 64


@dataclass(frozen=True, slots=True)
class Proof:
    """No solution scores more than ``bound``, in the numeraire's base units.

    ``joint`` says that it holds for the sum of any solutions settled together, too. ``claim`` is set where
    the certificate states less than it proves: its bound counts as recomputed.
    """

    kind: str
    bound: int
    joint: bool
    claim: Overclaimed | None = None


#: What a certificate comes to: a proof, or why it is none.
Verdict = Proof | CertificateError


def prove(auction: Auction, certificate: Mapping[str, object], where: str = "certificate") -> Proof:
    """What ``certificate`` proves about ``auction``. Raises ``CertificateError`` where that is nothing."""
    stated = stated_bound(certificate, where)
    kind = certificate.get("kind")
    if kind == PAY_AS_BID:
        bound, joint = evaluate(auction, dual_from_json(auction, certificate, where), where), True
    elif kind == price_cells.KIND:
        bound, joint = _cells(auction, certificate, where), False
    else:
        raise UnknownCertificate(f"{where}.kind", repr(kind)[:80])
    claim = None if stated is None or stated >= bound else Overclaimed(where, stated, bound)
    return Proof(str(kind), bound, joint, claim)


def verdict(auction: Auction, certificate: Mapping[str, object], where: str = "certificate") -> Verdict:
    """As ``prove``, with the error as a value."""
    try:
        return prove(auction, certificate, where)
    except CertificateError as error:
        return error


def verdicts(auction: Auction, solutions: Iterable[Solution]) -> dict[tuple[str, int], Verdict]:
    """Per solution that carries a certificate, by solver and id. Equal certificates are evaluated once.

    At most ``MAX_CHECKED`` different ones are looked at; those beyond have no verdict.
    """
    seen: list[tuple[Mapping[str, object], Verdict]] = []
    found: dict[tuple[str, int], Verdict] = {}
    for solution in solutions:
        claim = solution.certificate
        if claim is None:
            continue
        known = next((value for other, value in reversed(seen) if other is claim or other == claim), None)
        if known is None:
            if len(seen) == MAX_CHECKED:
                continue
            known = verdict(auction, claim, "certificate")
            seen.append((claim, known))
        found[solution.solver, solution.id] = known
    return found


def check_bound(auction: Auction, certificate: Mapping[str, object]) -> int | None:
    """The bound that ``certificate`` proves, in the numeraire's base units; ``None`` where it proves nothing."""
    found = verdict(auction, certificate)
    return found.bound if isinstance(found, Proof) else None


def _cells(auction: Auction, certificate: Mapping[str, object], where: str) -> int:
    if not price_cells.applies(auction):
        reason = "it is about orders that sell, at most one fee each, without venues"
        raise NotForThisAuction(where, price_cells.KIND, reason)
    blocks = certificate.get("blocks")
    items = blocks if isinstance(blocks, list) else []
    listed = [item.get("cells") for item in items if isinstance(item, Mapping)]
    cells = sum(len(found) for found in listed if isinstance(found, list))
    if cells * len(auction.orders) > MAX_WORK:
        raise TooMuchWork(where, cells, len(auction.orders), MAX_WORK)
    bound = price_cells.check_cells(auction, certificate)
    if bound is None:
        raise MalformedCertificate(where, "cells that cover price space, with prices that bound each of them")
    return bound
