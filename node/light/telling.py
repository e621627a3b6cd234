"""A checked answer as it is told on: what was checked of it, in its form, and none of the node's other words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from node.catchup.messages import Checkpoint
from settlement.ledger.proofs import FORMAT, FORMAT_ABSENT
from settlement.ledger.state import Table
from settlement.ledger.tree import Absence, Proof


def told(
    table: Table[Any, Any],
    key: object,
    value: Any,
    root: bytes,
    proof: Proof | Absence,
    values: Sequence[bytes],
    checkpoint: Checkpoint,
) -> dict[str, Any]:
    """As ``proof_to_json`` or ``absence_to_json`` and ``certified`` have it. ``values`` are of an absence's
    neighbours, in their order."""
    shown = None if value is None else table.value.to_json(value)
    return {
        "format": FORMAT if isinstance(proof, Proof) else FORMAT_ABSENT,
        "entry": {"table": table.name, "key": table.key.to_json(key), "value": shown},
        "root": root.hex(),
        **(_present(proof) if isinstance(proof, Proof) else _absent(proof, values)),
        "to_root": _hexes(proof.to_root),
        "certified": _certified(checkpoint),
    }


def _present(proof: Proof) -> dict[str, Any]:
    return {
        "key": proof.key.hex(),
        "value": proof.value.hex(),
        "index": proof.index,
        "size": proof.size,
        "in_bucket": _hexes(proof.in_bucket),
    }


def _absent(proof: Absence, values: Sequence[bytes]) -> dict[str, Any]:
    neighbours = [
        {"key": near.key.hex(), "value": of.hex(), "index": near.index, "in_bucket": _hexes(near.in_bucket)}
        for near, of in zip(proof.near, values, strict=True)
    ]
    return {"key": proof.key.hex(), "place": proof.place, "size": proof.size, "neighbours": neighbours}


def _certified(checkpoint: Checkpoint) -> dict[str, Any]:
    certificate = checkpoint.certificate
    return {
        "height": certificate.height,
        "round": certificate.round,
        "block": f"0x{certificate.block.hex()}",
        "header": f"0x{checkpoint.header.hex()}",
        "body_hash": f"0x{checkpoint.body_hash.hex()}",
        "votes": [[place, f"0x{signature.hex()}"] for place, signature in certificate.votes],
        "validators": [[f"0x{member.key.hex()}", member.power] for member in checkpoint.validators],
    }


def _hexes(parts: Sequence[bytes]) -> list[str]:
    return [part.hex() for part in parts]
