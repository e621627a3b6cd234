"""What ``compete`` says in the end of bids that fairness kept from winning."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from node.cli.command import Settings
from node.cli.competing import MOST_UNFAIR, _failed, _unfair
from node.competition.records import Entry, LeftOut, Results
from node.competition.store import RunDirectory


def entry(number: int, *left_out: LeftOut) -> Entry:
    return Entry(
        f"batch-{number}", "mine", "answered", 0, 0, 0, 0, 0, 1, 0, 0.1, 0.1, False, 100, (), "", left_out
    )


def of_worth(worth: float, message: str = "unfair (CIP-67): for A/B it scores 1, other/1 alone 2") -> LeftOut:
    return LeftOut(7, worth, message)


def said(capsys: pytest.CaptureFixture[str], settings: Settings, *entries: Entry) -> list[str]:
    """The lines on stderr; nothing else is said."""
    _unfair(settings, RunDirectory(Path("runs/one")), Results((), entries))
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


def test_nothing_is_said_where_fairness_left_nothing_out(capsys: pytest.CaptureFixture[str]) -> None:
    """Nor to somebody who wants no remarks at all."""
    assert said(capsys, Settings(verbose=True), entry(1), entry(2)) == []
    assert said(capsys, Settings(quiet=True), entry(1, of_worth(3))) == []
    assert said(capsys, Settings(quiet=True, verbose=True), entry(1, of_worth(3))) == []


@pytest.mark.parametrize(("count", "bids"), [(1, "1 higher bid"), (12, "12 higher bids")])
def test_one_line_counts_the_best_bids_that_could_not_win(
    count: int, bids: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One of each solver and auction, however many of its bids were left out."""
    entries = [entry(number, of_worth(3), of_worth(2)) for number in range(count)]
    (line,) = said(capsys, Settings(), entry(99), *entries)
    lost = "lost as unfair: some pair got more from another bid (-v and the report say which)"
    assert line == f"{bids} {lost}"


def test_asked_for_more_it_names_the_best_bid_of_each_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    """Which auction, solver and bid, what it was worth, and the pair that was the reason."""
    lines = said(capsys, Settings(verbose=True), entry(1, of_worth(1234.5678, "because"), of_worth(2)), entry(2))
    assert lines == ["batch-1: mine's bid 7, worth 1234.57, could not win: because"]


def test_what_strangers_call_assets_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A symbol of a recorded auction may hold anything: it neither starts a line nor moves a cursor."""
    (line,) = said(capsys, Settings(verbose=True), entry(1, of_worth(3, "for A\x1b[2J\nerror[x] y/B")))
    assert line == "batch-1: mine's bid 7, worth 3, could not win: for A\ufffd[2J error[x] y/B"


def test_of_very_many_it_names_some_and_says_how_many_more(capsys: pytest.CaptureFixture[str]) -> None:
    """And where they are to be found."""
    lines = said(
        capsys, Settings(verbose=True), *(entry(number, of_worth(3)) for number in range(MOST_UNFAIR + 3))
    )
    assert [line.split(":")[0] for line in lines[:-1]] == [f"batch-{number}" for number in range(MOST_UNFAIR)]
    assert lines[-1] == "and 3 more: see left_out in runs/one"


def test_solvers_that_failed_are_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    """Each once: how often, and what the first failure was."""
    rows = [
        replace(entry(1), solver="good"),
        replace(entry(1), detail="EngineUnreachable: nobody\nthere"),
        replace(entry(2), detail="other"),
        entry(3),
    ]
    _failed(Settings(), Results((), tuple(rows)))
    told = "mine failed in 2 of 3 auctions, first on batch-1: EngineUnreachable: nobody there"
    assert capsys.readouterr().err == f"warning[solver.failed] {told}\n"
