"""What ``auction verify`` says about certificates: the bound each proves, and how far from it the score is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from node.cli.text import exactly

if TYPE_CHECKING:
    from settlement.certificate.kinds import Verdict


def proof_json(found: Verdict | None, score: int | None) -> dict[str, Any] | None:
    """One solution's certificate, ``score`` being its net score where it is lawful. ``None`` where it has none.

    A certificate that proves nothing does not void the solution: the reason stands in ``error``.
    """
    from node.cli.auction_files import error_to_json
    from settlement.certificate.kinds import Proof
    from settlement.proof import gap_bps

    if found is None:
        return None
    if not isinstance(found, Proof):
        return {"ok": False, "error": error_to_json(found)}
    return {
        "ok": found.claim is None,
        "kind": found.kind,
        "bound": str(found.bound),
        "gap_bps": None if score is None else gap_bps(score, found.bound),
        **({} if found.claim is None else {"error": error_to_json(found.claim)}),
    }


def proof_text(found: dict[str, Any] | None) -> str:
    """As the end of a line about the solution."""
    if found is None:
        return "no certificate"
    if "bound" not in found:
        return f"its certificate proves nothing: {found['error']['code']}: {found['error']['message']}"
    gap = "" if found["gap_bps"] is None else f", gap {found['gap_bps']} bps"
    claim = "" if found["ok"] else f" (it claims too much: {found['error']['message']})"
    return f"bound {exactly(found['bound'])} proven{gap}{claim}"


def batch_text(found: dict[str, Any] | None) -> str:
    """The line about the whole batch; ``found`` as in a receipt."""
    if found is None:
        return "batch: no certificate bounds it"
    return (
        f"batch: score {exactly(found['score'])}, bound {exactly(found['bound'])} proven by the certificate of "
        f"{found['by']} ({found['kind']}), gap {found['gap_bps']} bps"
    )
