"""The page of a competition: whole, self-contained, readable in both schemes, no longer than it need be."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from node.competition.leaderboard import standings
from node.competition.records import LeftOut, Refusal, Results
from node.report.ink import PALETTE
from node.report.page import MAX_REFUSALS, render, style, whole
from node.report.plots import by_batch, plots
from tests.unit.node.test_node_leaderboard import WHOLE, batch, entry, example


@pytest.fixture(scope="module")
def page() -> str:
    return rendered(example())


def rendered(results: Results) -> str:
    return render(results, standings(results), {"run": "<b>x</b>", "seed": "7"})


def test_the_report_is_one_page_that_needs_no_network(page: str) -> None:
    """Plots are inside, text is escaped, and nothing is fetched from anywhere."""
    assert page.count("<svg") == 4
    assert "&lt;b&gt;x" in page
    assert "<script" not in page
    assert 'src="http' not in page
    assert page == rendered(example())


def test_a_name_that_begins_with_an_underscore_is_in_legends() -> None:
    """Matplotlib leaves such labels out."""
    entries = tuple(
        replace(one, solver="_under" if one.solver == "a" else one.solver) for one in example().entries
    )
    written = re.findall(r"<text[^>]*>(.*?)</text>", rendered(replace(example(), entries=entries)), re.DOTALL)
    assert sum("_under" in text for text in written) >= 2


def test_ticks_of_logarithmic_scales_are_numbers(page: str) -> None:
    """No markup of formulas is left in any picture."""
    written = re.findall(r"<text[^>]*>(.*?)</text>", page, re.DOTALL)
    assert written
    assert not [text for text in written if "$" in text]


def test_pictures_have_words_for_those_who_do_not_see_them(page: str) -> None:
    """Each drawing has its title and what it shows as its name."""
    labels = re.findall(r'<svg role="img" aria-label="([^"]+)"', page)
    assert len(labels) == page.count("<svg")
    assert labels[0].startswith("Score by batch and winner: ")


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_marks_stand_out_from_the_ground(scheme: int) -> None:
    """A contrast of 3 with both grounds, as WCAG 2.2 asks of graphics, in every colour of the pictures."""
    sheet = re.findall(r":root \{(.*?)\}", style(), re.DOTALL)[scheme]
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", sheet))
    for place in range(len(PALETTE)):
        for ground in ("paper", "back"):
            high, low = sorted((_light(colours[f"c{place}"]), _light(colours[ground])), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= 3, (place, ground)


def _light(colour: str) -> float:
    """Relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_competition_in_which_nothing_happened_still_renders() -> None:
    """A report over no batches says so in its plots."""
    assert "no order was settled" in rendered(Results((), ()))
    assert whole(None) == "–"


def test_a_competition_is_readable_in_the_dark(page: str) -> None:
    """No picture has a colour of its own; the page has one for each in both schemes."""
    pictures = "".join(re.findall(r"<svg.*?</svg>", page, re.DOTALL))
    assert not set(re.findall(r"#[0-9a-f]{6}\b", pictures)) - {"#000000"}
    assert "var(--c0)" in pictures
    assert all(page.count(f"--c{place}:") == 2 for place in range(len(PALETTE)))
    assert "prefers-color-scheme: dark" in page


def test_bids_that_could_not_win_are_counted_and_folded_away() -> None:
    """They are no failure: one line per run of a solver, the reasons behind it."""
    left = tuple(LeftOut(place, 8.5 - place, f"unfair on pair {place}") for place in range(3))
    first, *others = example().entries
    page = rendered(replace(example(), entries=(replace(first, left_out=left), *others)))
    folded = re.search(r"<details><summary>(.*?)</summary>(.*?)</details>", page, re.DOTALL)
    assert folded is not None
    assert "<b>a</b> on one: 3 bids, the best worth 8.5" in re.sub(r"\.500", ".5", folded[1])
    assert folded[2].count("<li>") == 3
    wrong = page[page.index("What went wrong") : page.index("Valid bids that could not win")]
    assert "<b>b</b> on two: invalid" in wrong
    assert "unfair on pair" not in wrong


def test_names_are_drawn_as_they_are() -> None:
    """What a solver or a file is called is no formula, and may need letters that the reader alone has."""
    odd = ("$x$", "$\\frac$", "a&b<c>", "注文")
    results = Results(
        tuple(batch(name, WHOLE) for name in odd), tuple(entry(name, name, WHOLE, won=WHOLE) for name in odd)
    )
    drawn = re.findall(r"<text[^>]*>(.*?)</text>", plots(results)[0].svg, re.DOTALL)
    for name in odd:
        assert drawn.count(html.escape(name, quote=False)) == 2


def test_refused_bids_of_a_run_that_ended_well_are_told() -> None:
    """The first few with their reasons, and how many more there were; a run without any is no trouble."""
    first, *others = example().entries
    refusals = tuple(Refusal(number, "law.limit", f"less than {number}") for number in range(MAX_REFUSALS + 2))
    page = rendered(replace(example(), entries=(replace(first, refusals=refusals), *others)))
    wrong = page[page.index("What went wrong") :]
    assert "<b>a</b> on one: ok, bids refused" in wrong
    assert wrong.count("<li>bid ") == MAX_REFUSALS + 1
    assert "and 2 more" in wrong
    assert "<b>b</b> on one" not in wrong


def test_shares_of_winners_stack_up_to_the_bound() -> None:
    """Batches of thousands and of thousandths are as high, as shares of their bounds, on a scale that adds up."""
    small, large = batch("small", WHOLE // 1000), batch("large", 5000 * WHOLE)
    small, large = replace(small, bound=2 * small.score), replace(large, bound=2 * large.score)
    entries = (
        entry("small", "a", small.score, won=small.score),
        entry("large", "a", large.score, won=large.score),
    )
    axes = Figure().add_subplot()
    by_batch(axes, Results((small, large), entries))
    assert [bar.get_height() for bar in axes.patches if isinstance(bar, Rectangle)] == [50.0, 50.0]
    assert axes.get_yscale() == "linear"


def test_large_figures_have_their_thousands_apart() -> None:
    """Five digits that count, and a narrow space between thousands."""
    assert whole(1_234_567 * WHOLE + 1) == "1\u202f234\u202f567"
    assert whole(WHOLE // 3) == "0.33333"
    assert whole(0) == "0"
