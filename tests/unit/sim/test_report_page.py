"""Pages of runs and comparisons: whole, self-contained, the same again, and safe with any text."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from matplotlib.figure import Figure

from node.report.ink import PALETTE
from node.report.numbers import number
from sim.metrics.compare import SAME, compare
from sim.metrics.registry import measure
from sim.metrics.tables import Tables
from sim.recording.events import EventKind
from sim.recording.record import Claim, RunRecord, VariantRecord
from sim.recording.rows import EventRow, PriceRow
from sim.report.canvas import draw, thinned
from sim.report.comparison import render_comparison
from sim.report.figures import difference, figure
from sim.report.gallery import GALLERY
from sim.report.page import render
from sim.report.plots_market import fate, prices
from sim.report.plots_network import fault_spans, timeline
from sim.report.plots_parties import solvers
from tests.synthetic_run import S, synthetic_rows, synthetic_run

VOID = {"meta", "br", "wbr", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """Collects tags, texts and ids; complains where elements are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("src", "href", "xlink:href") and value:
                self.links.append(value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())


@pytest.fixture(scope="module")
def page() -> str:
    return render(synthetic_run())


def test_a_page_is_whole_and_stands_alone(page: str) -> None:
    """Elements are closed, nothing is fetched, no script runs, every picture is there."""
    found = Page(page)
    assert not found.tags & {"script", "link", "iframe", "img", "object"}
    assert all(link.startswith("#") for link in found.links)
    assert {link[1:] for link in found.links} <= set(found.ids)
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    assert page.count("<svg") == len(GALLERY)


def test_a_page_says_what_was_run_and_what_came_of_it(page: str) -> None:
    """Seed, root, claims with verdicts and figures, metrics with definitions, scenario, versions."""
    text = Page(page).text
    for part in ("seed 1", f"{1:064x}", "TRUE", "FALSE", "UNDECIDED", "forks = 0", "lvr = –", "validators = 4"):
        assert part in text, part
    assert "Jain" in text, "definitions come along"
    assert "3.12.0" in text
    assert re.search(r"Undefined in this run: .*censored_delay_auctions, censored_fill_rate", text)


def test_the_same_run_is_the_same_page(page: str) -> None:
    """To the byte, pictures included."""
    assert render(synthetic_run()) == page


def test_pictures_take_their_colours_from_the_page(page: str) -> None:
    """No picture has a colour of its own, so light and dark both can be read."""
    pictures = "".join(re.findall(r"<svg.*?</svg>", page, re.DOTALL))
    assert not set(re.findall(r"#[0-9a-f]{6}\b", pictures)) - {"#000000"}
    assert "var(--c0)" in pictures
    assert all(f"--c{place}:" in page for place in range(len(PALETTE)))
    assert "prefers-color-scheme: dark" in page


def test_variants_stand_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with its name, pictures to one scale for up to four, figures of all."""
    monkeypatch.setattr("sim.report.page.GALLERY", GALLERY[:2])
    text = render(synthetic_run(variants=6, auctions=5))
    assert text.count("<svg") == 4 * 2
    assert "first 4 variants; the table below has all 6" in Page(text).text
    assert text.count("<th>variant-5</th>") == text.count("<th>base</th>") > 5


def test_text_of_a_scenario_cannot_change_the_page() -> None:
    """Markup in titles, names of agents and claims is shown, not obeyed."""
    evil = "<script>alert(1)</script><svg onload=x>"
    run = synthetic_run(auctions=4)
    rows = {name: list(found) for name, found in run.variants["base"].rows.items()}
    rows["wealth"] = [row._replace(agent=evil, kind=evil) for row in rows["wealth"]]  # type: ignore[call-arg]
    variant = VariantRecord(rows, "00", measure(rows))
    run = replace(run, title=evil, config=evil, variants={evil: variant}, claims=[Claim(evil, True, {evil: 1.0})])
    text = render(run)
    assert "<script" not in text
    assert "<svg onload" not in text
    Page(text)


def test_a_run_in_which_nothing_happened_has_a_page() -> None:
    """Without rows, and without variants: no picture, no failure."""
    nothing = RunRecord("quiet", 0, "", {"base": VariantRecord({}, "00", measure({}), {"fills": 7})})
    text = Page(render(nothing)).text
    assert "7 of fills in base" in text
    assert Page(render(RunRecord("none", 0, "", {}))).text


def test_a_picture_that_one_variant_lacks_says_why() -> None:
    """The others are drawn all the same."""
    first = GALLERY[0]
    tables = Tables.of(synthetic_rows(1, auctions=4).rows)
    drawn = draw(first, [tables, Tables()])
    assert drawn[0].startswith("<svg")
    assert drawn[1] == '<p class="nothing">No prices were recorded.</p>'
    assert draw(first, [Tables()]) == []


def test_an_asset_has_one_colour_in_all_variants() -> None:
    """Whichever is traded more, or shown at all, in each of them."""
    assets = ("AAA", "BBB", "CCC", "DDD")
    rows = synthetic_rows(1, auctions=4).rows
    moves = [PriceRow(1, asset, at, 2.0 + at, 0.0, 0.0) for asset in assets for at in (0, 1)]
    fill = Tables.of(rows).fills[0]

    def colours(traded: str) -> dict[str, str]:
        axes = Figure().add_subplot()
        fills = [fill._replace(give=asset, want="USD") for asset in traded.split()]
        prices(axes, Tables.of({**rows, "prices": moves, "fills": fills}))
        return {str(line.get_label()): str(line.get_color()) for line in axes.lines}

    first, second = colours("AAA BBB CCC CCC"), colours("DDD DDD BBB CCC")
    assert list(first)[:3] == ["CCC", "AAA", "BBB"]
    assert list(second)[:3] == ["DDD", "BBB", "CCC"]
    assert all(first[asset] == second[asset] for asset in ("BBB", "CCC"))
    assert len({first["AAA"], first["BBB"], first["CCC"], second["DDD"]}) == 4


def test_assets_of_one_picture_differ_in_colour() -> None:
    """Of more assets than there are colours, too."""
    assets = [f"A{place:02}" for place in range(2 * len(PALETTE))]
    moves = [PriceRow(1, asset, at, 2.0 + at, 0.0, 0.0) for asset in assets for at in (0, 1)]
    rows = synthetic_rows(1, auctions=4).rows
    fill = Tables.of(rows).fills[0]
    fills = [fill._replace(give=asset, want="USD") for asset in (assets[0], assets[1], assets[len(PALETTE)])]
    axes = Figure().add_subplot()
    prices(axes, Tables.of({**rows, "prices": moves, "fills": fills}))
    shown = {line.get_label(): line.get_color() for line in axes.lines if line.get_label() in assets}
    assert len(shown) == len(set(shown.values())) == 3


def test_long_runs_are_thinned_not_cut() -> None:
    """At most 2,001 points, the first and the last among them."""
    found = thinned(range(100_001))
    assert len(found) <= 2_001
    assert (found[0], found[-1]) == (0, 100_000)
    assert thinned([1, 2]) == [1, 2]


def test_the_fate_of_every_intent_is_told() -> None:
    """Traded, refused, the last reason, or that no batch had it: fates add up to all intents."""
    tables = Tables.of(synthetic_rows(2, auctions=10).rows)
    fates = [fate(tables, row) for row in tables.intents]
    assert fates.count("traded") == len(tables.fills_of)
    assert fates.count("refused: denied.balance") == sum(bool(row.refused) for row in tables.intents)
    assert set(fates) - {"traded", "refused: denied.balance"} == {"price", "fill-or-kill", "capacity", "balance"}


def test_faults_have_a_begin_and_an_end() -> None:
    """The cut lasts until its heal; a crash without a restart until the end."""
    tables = Tables.of(synthetic_rows(1, auctions=2).rows)
    assert fault_spans(tables) == [("cut", 45.0, 80.0), ("crash", 90.0, 97.0)]
    assert fault_spans(Tables(events=tables.events[:-1]))[-1] == ("crash", 90.0, None)


def test_marks_of_one_moment_are_seen_apart() -> None:
    """Evidence and the ban that it brings: the later drawn is the smaller."""
    tables = Tables.of(synthetic_rows(1, auctions=2).rows)
    events = [EventRow(S, kind, 2, "") for kind in (EventKind.EVIDENCE, EventKind.BAN, EventKind.SLASH)]
    axes = Figure().add_subplot()
    timeline(axes, Tables(auctions=tables.auctions, events=events))
    sizes = [line.get_markersize() for line in axes.lines if line.get_label() in {row.kind for row in events}]
    assert len(sizes) == 3
    assert sizes == sorted(set(sizes), reverse=True)


def test_a_lone_series_is_named_and_no_higher_than_one_of_three() -> None:
    """A solver without rivals: its strategy stands in the legend, its bar takes a third of the picture."""
    rows = Tables.of(synthetic_rows(1, auctions=2).rows)
    axes = Figure().add_subplot()
    solvers(
        axes, Tables(auctions=rows.auctions, solutions=[row for row in rows.solutions if row.solver == "anna"])
    )
    assert [text.get_text() for text in axes.figure.legends[0].get_texts()] == ["honest"]
    assert axes.get_ylim() == (2.5, -0.5)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"), (float("nan"), "–"), (0.0, "0"), (12.0, "12"), (1234567.0, "1\u202f234\u202f567"),
        (3.14159, "3.142"), (-0.012345, "−0.01235"), (12345.678, "12\u202f346"), (1e-9, "1.000e-09"),
    ],
)  # fmt: skip
def test_numbers_are_shown_to_four_digits(value: float | None, shown: str) -> None:
    """Thousands apart, counts in full, a true minus sign."""
    assert number(value) == shown


def test_shares_are_per_cent_and_their_differences_points() -> None:
    """By the metric's unit, with or without a variant before its name."""
    assert figure(0.25, "base:fill_rate") == "25 %"
    assert figure(0.25, "welfare") == "0.2500"
    assert difference(-0.125, "fill_rate") == "−12.50 pp"


def test_a_comparison_page_leads_with_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    """By seeds and by auctions, with and without pictures; whole and self-contained."""
    monkeypatch.setattr("sim.report.comparison.GALLERY", GALLERY[:2])
    a = [synthetic_run(seed, auctions=6) for seed in range(3)]
    b = [synthetic_run(seed, auctions=6, quality=0.97) for seed in range(3)]
    text = render_comparison(compare(a, b), (a[0].variants["base"], b[0].variants["base"]))
    found = Page(text)
    assert "3 seeds on both sides" in found.text
    assert "A is better" in found.text
    assert text.count("<svg") == 2 * 2
    assert not found.tags & {"script", "link", "img"}
    single = Page(render_comparison(compare(a[:1], b[:1]))).text
    assert "Auctions are paired by number within seed 0" in single
    assert "every figure is the same" in Page(render_comparison(compare(a, a))).text


def test_differences_that_cancel_out_have_a_page() -> None:
    """One more and one less in turn: in blocks of two nothing is left of them, and the interval has no width."""
    run = synthetic_run(1, auctions=8)
    base = run.variants["base"]

    def envied(twice_at: int) -> RunRecord:
        auctions = [row._replace(envy=1 + (row.auction % 2 == twice_at)) for row in Tables.of(base.rows).auctions]
        return replace(run, variants={"base": replace(base, rows={**base.rows, "auctions": auctions})})

    found = compare([envied(0)], [envied(1)])
    (differing,) = (d for d in found.differences if d.verdict != SAME)
    assert (differing.effect, differing.low, differing.high) == (0.0, 0.0, 0.0)
    assert differing.figure in Page(render_comparison(found)).text
