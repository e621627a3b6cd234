"""Reconciling a whole market's journal: nothing to find, and then one unit, anywhere, found by name."""

from __future__ import annotations

from fractions import Fraction

import pytest

from intents.canonical import pack, unpack
from intents.conditions import Below, Trailing
from intents.errors import WrongValue
from intents.intent import Leg
from intents.records import replace
from intents.signing import sign_intent
from intents.venue_states import ConcentratedState, OrderBookState, VenueId
from liquidity.book import Side
from liquidity.tick_math import Q96
from node.chain.items import Submission
from node.chain.tables import TABLES
from settlement.ledger.books import BALANCES
from settlement.ledger.journal import chained, decode_line, encode_line
from settlement.ledger.reconcile import Fault, reconcile
from settlement.ledger.state import State
from settlement.ledger.trading import TradingState
from settlement.ledger.transactions import (
    AddLiquidity,
    AddPosition,
    OpenVenue,
    PlaceQuote,
    SetTrading,
    Transfer,
    Withdraw,
)
from settlement.ledger.venues import FIRST_SHARES
from tests.ledgers import GATEWAY, OWNERS, POOL, WHOLE, A, B, genesis, holder
from tests.markets import Market

ANN, BOB, CAT, DAN = OWNERS
TICKED = ConcentratedState(VenueId("ticked"), (A, B), 0, "", Q96, 0, 0, (), Fraction(1, 400))
BOOK = OrderBookState(VenueId("book"), (A, B), 0, "", WHOLE // 100, WHOLE, (), ())


@pytest.fixture(scope="module")
def market() -> Market:
    """Four auctions with something in every table that one validator's chain can fill."""
    rules = replace(genesis().rules, guardians=(GATEWAY.public,), least_guardians=1)
    made = Market(replace(genesis(), rules=rules))
    for action in (
        OpenVenue(TICKED, ()),
        AddPosition(TICKED.id, -100, 100, WHOLE, ()),
        AddLiquidity(POOL, FIRST_SHARES // 1_000, ()),
        OpenVenue(BOOK, ()),
        PlaceQuote(BOOK.id, Side.SELL, 45, 5),
        Transfer(holder(BOB), A, 7),
    ):
        made.act(CAT, action)
    made.act(GATEWAY, SetTrading(TradingState.REDUCING))
    made.auction(price=100)
    made.act(GATEWAY, SetTrading(TradingState.ACTIVE))
    made.act(DAN, Withdraw(A, 11, b"out"))
    stop = made.minter.intent(DAN, 9, Leg(B, 10 * WHOLE), Leg(A, 18 * WHOLE)).intent
    stop = replace(stop, when=Trailing(B, 9_000))
    late = replace(stop, nonce=10, when=Below(B, 1))
    made.auction(
        made.minter.intent(ANN, 1, Leg(A, 20 * WHOLE), Leg(B, 9 * WHOLE)),
        made.minter.intent(BOB, 1, Leg(B, 10 * WHOLE), Leg(A, 18 * WHOLE)),
        Submission(stop, sign_intent(DAN, stop)),
        Submission(late, sign_intent(DAN, late)),
    )
    made.act(GATEWAY, SetTrading(TradingState.REDUCING))
    made.auction(made.minter.intent(BOB, 2, Leg(B, 5 * WHOLE), Leg(A, 8 * WHOLE)), price=101)
    made.add(made.minter.intent(BOB, 3, Leg(B, 5 * WHOLE), Leg(A, 8 * WHOLE)))
    made.step()
    return made


def found(journal: list[tuple[bytes, bytes]], kept: dict[bytes, bytes]) -> list[Fault]:
    return list(reconcile(State(TABLES), journal, kept))


def one_off(value: object) -> object:
    """The same with one unit, byte or letter changed: the last there is."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1 if value < 2**62 else value - 1
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1]) if value else value
    if isinstance(value, str):
        return value[:-1] + chr(ord(value[-1]) ^ 1) if value else value
    if isinstance(value, list):
        for place in reversed(range(len(value))):
            changed = one_off(value[place])
            if changed != value[place]:
                return [*value[:place], changed, *value[place + 1 :]]
    return value


def test_nothing_to_find(market: Market) -> None:
    """The journal leads to the state; every balance is explained by its entries."""
    kept = dict(market.chain.state.dump())
    assert found(market.journal, kept) == []
    tables = {unpack(key, "key", limit=1 << 20)[0] for key in kept}  # type: ignore[index]
    empty = {table.name for table in TABLES if table.number not in tables}
    # Seals are opened, and solvers keep up.
    assert empty == {"seals", "room", "gone"}


def test_one_unit_in_any_entry_that_is_kept_is_named_with_both_values(market: Market) -> None:
    """Every row of every table: exactly one fault, in that table."""
    kept = dict(market.chain.state.dump())
    for key, value in kept.items():
        spoiled = pack(one_off(unpack(value, "value", limit=1 << 20)))  # type: ignore[arg-type]
        if spoiled == value:
            assert value == pack([])
            continue
        (fault,) = found(market.journal, {**kept, key: spoiled})
        number = unpack(key, "key", limit=1 << 20)[0]  # type: ignore[index]
        table = market.chain.state.tables[number]  # type: ignore[index]
        assert fault.where.startswith(f"{table.name}.")
        assert fault.journal != fault.kept


def test_entries_lost_or_invented_are_named(market: Market) -> None:
    """One side has nothing there."""
    kept = dict(market.chain.state.dump())
    key = next(iter(kept))
    (fault,) = found(market.journal, {k: v for k, v in kept.items() if k != key})
    assert (fault.where.split(".")[0], fault.kept) == ("balances", "nothing")
    (fault,) = found(market.journal, {**kept, b"junk": b"junk"})
    assert (fault.where, fault.journal) == ("unknown.6a756e6b", "nothing")


def test_one_unit_in_a_journals_balance_is_found_at_its_height(market: Market) -> None:
    """At any height: the line's hash, the balance by name with both values, and the root, whatever came later."""
    kept = dict(market.chain.state.dump())
    checked = 0
    for place, (data, claimed) in enumerate(market.journal):
        line = decode_line(data)
        for key, value in line.delta.items():
            if unpack(key, "key", limit=1 << 20)[0] != BALANCES.number or value is None:  # type: ignore[index]
                continue
            wire = unpack(value, "value", limit=1 << 20)
            was = BALANCES.value.from_wire(wire, "value")
            delta = {**line.delta, key: BALANCES.value_bytes(was + 1)}
            spoiled = encode_line(replace(line, delta=delta))
            faults = found([*market.journal[:place], (spoiled, claimed), *market.journal[place + 1 :]], kept)
            assert faults[0].where == f"journal.{line.height}.hash"
            assert any(fault.where == f"journal.{line.height}.root" for fault in faults)
            named = [fault for fault in faults if fault.where.startswith(f"journal.{line.height}.balances.")]
            if line.height >= 0:
                assert [(fault.journal, fault.kept) for fault in named] == [(str(was), str(was + 1))]
                checked += 1
            else:
                assert any(fault.where.startswith("balances.") or "balances." in fault.where for fault in faults)
    assert checked >= 10


def test_one_unit_in_any_other_table_of_a_line_is_found_at_its_height(market: Market) -> None:
    """The line's hash and root; with hashes made good again the root alone tells."""
    kept = dict(market.chain.state.dump())
    for place, (data, claimed) in enumerate(market.journal[1:], 1):
        line = decode_line(data)
        key, value = next(((k, v) for k, v in reversed(list(line.delta.items())) if v is not None), (b"", b""))
        if not key:
            continue
        spoiled = pack(one_off(unpack(value, "value", limit=1 << 20)))  # type: ignore[arg-type]
        forged = encode_line(replace(line, delta={**line.delta, key: spoiled}))
        faults = found([*market.journal[:place], (forged, claimed), *market.journal[place + 1 :]], kept)
        at = f"journal.{line.height}"
        assert [fault.where for fault in faults[:2]] == [f"{at}.hash", f"{at}.root"]
        rest, previous = [], market.journal[place - 1][1]
        for other in (forged, *(data for data, _ in market.journal[place + 1 :])):
            previous = chained(previous, other)
            rest.append((other, previous))
        assert found([*market.journal[:place], *rest], kept)[0].where == f"{at}.root"


def test_a_line_that_cannot_be_read_ends_the_search(market: Market) -> None:
    """It is named by the height it should have had; no traceback."""
    data, claimed = market.journal[4]
    for bad in (
        b"",
        data[:-1],
        pack([3, [[b"\x92\xccF\x01", b"\xc0"]], [], bytes(32)]),
    ):
        faults = found([*market.journal[:4], (bad, claimed)], {})
        assert faults[-1].where == "journal.3"
        assert faults[-1].kept == "a line that can be read"


def test_a_line_changes_an_entry_once() -> None:
    """Of two changes of one entry the second would stand, and the line would be written otherwise than read."""
    with pytest.raises(WrongValue, match="1 of them twice"):
        decode_line(pack([3, [[b"key", None], [b"key", b"\xc0"]], [], bytes(32)]))


def test_what_no_entry_explains_is_named(market: Market) -> None:
    """A line that credits somebody with nothing behind it, its hash and root made good."""
    fresh = State(TABLES)
    for data, _ in market.journal:
        fresh.absorb(dict(decode_line(data).delta))
    key = next(key for key in fresh.rows(BALANCES) if key[0].holder == holder(ANN))
    had = fresh.rows(BALANCES)[key]
    delta = {BALANCES.key_bytes(key): BALANCES.value_bytes(had + 1)}
    last = decode_line(market.journal[-1][0])
    line = replace(last, height=99, delta=delta, entries=(), root=fresh.absorb(dict(delta)))
    data = encode_line(line)
    journal = [*market.journal, (data, chained(market.journal[-1][1], data))]
    faults = found(journal, dict(fresh.dump()))
    assert [(fault.journal, fault.kept) for fault in faults] == [(str(had), str(had + 1)), ("1", "0")]
    assert faults[0].where.startswith("journal.99.balances.")
    assert faults[1].where == f"sum.{key[1]}"
