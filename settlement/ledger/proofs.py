"""Inclusion proofs as files: one entry of the state, and the hashes that lead from it to the root."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from settlement.ledger.errors import LedgerError
from settlement.ledger.state import State, Table

FORMAT = "walras-proof/1"


@dataclass(eq=False)
class NoSuchEntry(LedgerError):
    code: ClassVar[str] = "ledger.no-such-entry"
    text: ClassVar[str] = "the ledger holds no {entry}"

    entry: str


def proof_to_json(state: State, table: Table[Any, Any], key: object, where: str) -> dict[str, Any]:
    """``key`` and ``value`` are the entry's canonical bytes; ``entry`` says the same for readers."""
    value = state.get(table, key)
    if value is None:
        raise NoSuchEntry(where, where)
    key_bytes, value_bytes = table.key_bytes(key), table.value_bytes(value)
    proof = state.tree.prove(key_bytes, value_bytes)
    assert proof is not None
    return {
        "format": FORMAT,
        "entry": {"table": table.name, "key": table.key.to_json(key), "value": table.value.to_json(value)},
        "root": state.root.hex(),
        "key": key_bytes.hex(),
        "value": value_bytes.hex(),
        "index": proof.index,
        "size": proof.size,
        "in_bucket": [sibling.hex() for sibling in proof.in_bucket],
        "to_root": [sibling.hex() for sibling in proof.to_root],
    }
