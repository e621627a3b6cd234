"""The page on the ledger says what the code says: every table of codes is compared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from node.chain.tables import TABLES
from settlement.ledger import proofs, stakes
from settlement.ledger.accounts import AccountKind
from settlement.ledger.admission import Denial
from settlement.ledger.errors import LedgerError
from settlement.ledger.orders import STEPS, OrderState
from settlement.ledger.trading import TradingState
from settlement.ledger.transactions import ACTION

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "ledger.md").read_text(encoding="utf-8")
#: Errors that are no transaction's: of the books, of proofs, of blocks.
OTHERS = {"ledger", "ledger.nonce", "ledger.not-positive", "ledger.unbalanced", "ledger.no-such-entry"}


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table after a heading, without its head."""
    part = PAGE.split(f"# {heading}\n", 1)[1]
    lines = re.search(r"(?:^\|.*\n)+", part, re.MULTILINE)
    assert lines is not None
    return [[cell.strip() for cell in line.strip("|\n").split(" | ")] for line in lines[0].splitlines()[2:]]


def codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def first(heading: str) -> list[str]:
    return [code for row in rows(heading) for code in codes(row[0])]


@pytest.mark.parametrize(
    ("heading", "kinds"),
    [("Accounts", AccountKind), ("Denials", Denial), ("The trading state", TradingState), ("Intents", OrderState)],
)
def test_every_code_has_its_row(heading: str, kinds: type) -> None:
    """Each once, and none that the code does not know."""
    found = first(heading)
    assert sorted(found) == sorted(kind.value for kind in kinds)  # type: ignore[attr-defined]


def test_steps_are_those_of_the_code() -> None:
    """What may follow each state."""
    for row in rows("Intents"):
        assert {OrderState(code) for code in codes(row[1])} == STEPS[OrderState(codes(row[0])[0])]


def test_tables_are_those_of_the_chain() -> None:
    """Number and name."""
    assert [(int(row[0]), codes(row[1])[0]) for row in rows("Tables")] == sorted(
        (table.number, table.name) for table in TABLES
    )


def test_transactions_have_their_fields() -> None:
    """In the order of their numbers, fields in the order of their bytes."""
    found = {codes(row[0])[0]: codes(row[1]) for row in rows("Transactions")}
    assert found == {name: list(record.parts) for name, record in ACTION.records.items()}
    assert list(found) == list(ACTION.names)


def test_refusals_are_errors_there_are_and_all_of_them() -> None:
    """Every error of the ledger that a transaction can meet stands in some row."""
    assert proofs.NoSuchEntry in LedgerError.__subclasses__()
    assert stakes.__doc__
    known = {error.code for error in LedgerError.__subclasses__()}
    named = {code for row in rows("Transactions") for code in codes(row[2])}
    assert {code for code in named if code.startswith("ledger.")} <= known
    assert known - OTHERS - {"ledger.entry-there"} <= named
