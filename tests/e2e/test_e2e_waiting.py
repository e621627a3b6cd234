"""Intents that wait, with the installed command and a real node: prices are reported, conditions are met, trades
settle; and who may not say a price or stop trading is told so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.command_line import Ended, refused, walras
from tests.e2e.running_node import RunningNode, running

MADE = "--windows 100,400,100 --solver baseline --oracle alice --guardian bob --rule band_bps=2000"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A development home with an oracle and a guardian, whose batches are short."""
    path = tmp_path_factory.mktemp("waiting") / "home"
    assert walras("init", "--home", path, *MADE.split()).code == 0
    return path


@pytest.fixture(scope="module")
def node(home: Path) -> Iterator[RunningNode]:
    with running(home) as started:
        yield started


def intent(home: Path, *arguments: object) -> Ended:
    return walras("intent", *arguments, "--home", home)


def reported(home: Path, price: str) -> None:
    done = walras("ledger", "report-prices", price, "--dev", "alice", "--home", home)
    assert done.code == 0, done.err


def test_a_stop_waits_for_the_agreed_price_and_settles(home: Path, node: RunningNode) -> None:
    """It says what it waits for and what stands now; once the oracle reports less, it trades."""
    reported(home, "ETH/USDC=2950")
    sale = ("submit", "1", "ETH", "for", "2700", "USDC", "--dev", "carol")
    handed = intent(home, *sale, "--when", "ETH/USDC <= 2800", "--oco", "mine")
    assert handed.code == 0, handed.err
    assert "waits   until ETH/USDC <= 2800" in handed.err
    number = handed.out.strip()
    other = intent(home, *sale, "--when", "auction >= +5000", "--oco", "mine").out.strip()
    resting = intent(home, *sale, "--when", f"filled {number}").out.strip()
    # Another trade settles meanwhile: what could trade would have.
    small = ("submit", "0.01", "ETH", "for", "25", "USDC", "--dev", "dave", "--wait")
    assert intent(home, *small).code == 0
    why = intent(home, "explain", number).out
    assert "it waits until ETH/USDC <= 2800 [agreed now 2950" in why
    reported(home, "ETH/USDC=2790")
    assert intent(home, *small).code == 0
    shown = intent(home, "show", number, "--json").document
    assert (shown["state"], shown["gave"]) == ("settled", str(10**18))
    assert shown["group"] == "0x" + b"mine".hex()
    assert shown["when"]["kind"] == "above"
    assert intent(home, "show", other, "--json").document["state"] == "cancelled"
    assert intent(home, *small).code == 0
    assert intent(home, "show", resting, "--json").document["state"] == "settled"


def test_a_twap_trades_in_parts(home: Path, node: RunningNode) -> None:
    """A third in each of three auctions."""
    sale = ("submit", "3", "ETH", "for", "7800", "USDC", "--dev", "erin", "--twap", "3/2", "--wait", "--json")
    done = intent(home, *sale)
    assert done.code == 0, done.err
    assert "trades  in 3 parts, one every 2 auctions" in done.err
    assert [trade["gave"] for trade in done.document["trades"]] == [str(10**18)] * 3
    first, second, third = (trade["auction"] for trade in done.document["trades"])
    assert (second - first, third - second) == (2, 2)


def test_a_guardian_stops_trading_and_lets_it_go_on(home: Path, node: RunningNode) -> None:
    """Meanwhile an intent is denied, in words; who is no guardian is told so."""
    stop = ("ledger", "set-trading", "--home", home)
    refused(walras(*stop, "halted", "--dev", "alice"), "usage", 2)
    assert walras(*stop, "halted", "--dev", "bob").out.strip() == "halted"
    denied = intent(home, "submit", "1", "ETH", "for", "2700", "USDC", "--dev", "frank", "--wait")
    assert denied.code == 1
    assert "denied.halted: trading is halted" in denied.out
    assert walras(*stop, "active", "--dev", "bob").out.strip() == "active"


def test_what_gives_too_much_away_is_denied_with_the_rule(home: Path, node: RunningNode) -> None:
    """At a fifth beyond the agreed price."""
    denied = intent(home, "submit", "1", "ETH", "for", "2000", "USDC", "--dev", "frank", "--wait", "--json")
    assert (denied.code, denied.document["state"]) == (1, "denied")
    why = intent(home, "explain", denied.document["intent"]).out
    assert "band_bps: at most 2000 bps beyond the agreed prices (denied.price_band)" in why


def test_what_cannot_wait_is_refused(home: Path, node: RunningNode) -> None:
    """By the option that was wrong, and nothing is handed in; a price is an oracle's to say."""
    sale = ("submit", "1", "ETH", "for", "USDC", "--dev", "carol")
    assert "say both amounts" in refused(intent(home, *sale, "--when", "ETH/USDC <= 2800"), "usage", 2)
    assert "does not go with --fok" in refused(intent(home, *sale, "--twap", "3/2", "--fok"), "usage", 2)
    report = ("ledger", "report-prices", "ETH/USDC=2900", "--home", home, "--dev")
    assert "is not an oracle of this network" in refused(walras(*report, "carol"), "usage", 2)
    far = walras("ledger", "report-prices", "UNI=0.03", "--home", home, "--dev", "alice")
    assert "not agreed as reported, UNI" in far.warnings[0]
    prices = walras("ledger", "prices", "--home", home, "--json").document
    assert prices["oracles"] == 1
    assert {row["asset"] for row in prices["prices"]} == {"BTC", "DAI", "ETH", "UNI", "USDC"}
