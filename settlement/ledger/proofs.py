"""Proofs as files: one entry of the state, or the place where it would be, and the hashes up to the root."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from settlement.ledger.errors import LedgerError
from settlement.ledger.state import State, Table

FORMAT = "walras-proof/1"
FORMAT_ABSENT = "walras-absence/1"


@dataclass(eq=False)
class NoSuchEntry(LedgerError):
    code: ClassVar[str] = "ledger.no-such-entry"
    text: ClassVar[str] = "the ledger holds no {entry}"

    entry: str


@dataclass(eq=False)
class EntryThere(LedgerError):
    code: ClassVar[str] = "ledger.entry-there"
    text: ClassVar[str] = "the ledger does hold {entry}"

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


def absence_to_json(state: State, table: Table[Any, Any], key: object, where: str) -> dict[str, Any]:
    """The entries between which ``key`` would be are there in canonical bytes, each with its path."""
    key_bytes = table.key_bytes(key)
    proof = state.tree.prove_absent(key_bytes)
    if proof is None:
        raise EntryThere(where, where)
    return {
        "format": FORMAT_ABSENT,
        "entry": {"table": table.name, "key": table.key.to_json(key), "value": None},
        "root": state.root.hex(),
        "key": key_bytes.hex(),
        "place": proof.place,
        "size": proof.size,
        "neighbours": [
            {
                "key": near.key.hex(),
                "value": state.value_bytes(near.key).hex(),
                "index": near.index,
                "in_bucket": [sibling.hex() for sibling in near.in_bucket],
            }
            for near in proof.near
        ],
        "to_root": [sibling.hex() for sibling in proof.to_root],
    }
