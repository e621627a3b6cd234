"""A page that stays open for hours: what changes, what stays, and that nothing old passes for new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.e2e.page_world import World, sight

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route, WebSocketRoute

BUSY = {"type": "about:blank", "title": "x", "status": 503, "detail": "busy now", "code": "x", "where": ""}


def _hide(page: Page, hidden: bool) -> None:
    """As when another tab is in front."""
    page.evaluate(
        """hidden => {
          Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_rows_that_do_not_change_are_left_alone(browser: Browser, world: World) -> None:
    """When the next batch comes, an older one's row is the same element, and what is selected in it stays so."""
    with sight(browser, world.node.url) as tab:
        tab.show("batches")
        number = world.node.auctions(1)[0]["number"]
        tab.at(f"batches-table-row-{number}").evaluate(
            "row => { row.seen = true; getSelection().selectAllChildren(row); }"
        )
        tab.at(f"batches-table-row-{number + 1}").wait_for()
        row = tab.at(f"batches-table-row-{number}")
        assert row.evaluate("row => row.seen")
        assert f"Batch {number}" in tab.page.evaluate("String(getSelection())")


def test_a_list_that_grew_when_asked_keeps_focus_and_rows(browser: Browser, world: World) -> None:
    """The button for more keeps the focus, and what it brought is there after the next batch has come."""
    with sight(browser, world.node.url) as tab:
        tab.show("ledger")
        rows = tab.page.locator("[data-testid^=ledger-block-row-]")
        first = rows.count()
        last = int(str(rows.last.get_attribute("data-testid")).rpartition("-")[2])
        tab.at("blocks-older").focus()
        tab.page.keyboard.press("Enter")
        tab.page.wait_for_function(
            "most => document.querySelectorAll('[data-testid^=ledger-block-row-]').length > most", arg=first + 12
        )
        assert tab.look("focused")["name"] == "blocks-older"
        tab.wait_beyond(world.node.height)
        tab.settle()
        assert tab.at(f"ledger-block-row-{last - 1}").count() == 1


JOINED = """async ([news, then, old, counted]) => {
  const { joined } = await import("/assets/paging.js");
  const made = (numbers) => numbers.map((number) => ({ number }));
  const was = old && { rows: made(old[0]), damaged: [{ key: "75" }], next: old[1], asked: old[2] };
  const found = joined({ rows: made(news), damaged: [{ key: "199" }], next: then }, was, "number", counted);
  return [found.rows.map((row) => row.number), found.next, found.damaged.map((row) => Number(row.key))];
}"""


def _down(first: int, last: int) -> list[int]:
    return list(range(first, last - 1, -1))


#: News, where they end; what was there, where it ended, how far it was asked to grow; whether rows have numbers.
#: Then what becomes of the rows, of their end, and of which rows are said to be damaged: 75 before and 199 now.
NEWS = ([200, 198], 198)
JOINTS: list[tuple[Any, ...]] = [
    ("first", [9, 8, 7], 7, None, True, [9, 8, 7], 7, [199]),
    ("overlap", [9, 8, 7], 7, ([8, 7, 6], 6, 0), True, [9, 8, 7, 6], 6, [199, 75]),
    ("gap", [9, 8, 7], 7, ([5, 4, 3], 3, 0), True, [9, 8, 7], 7, [199]),
    ("all there is", [2, 1], None, ([1, 0], None, 0), True, [2, 1], None, [199]),
    ("nothing but damage", [], 7, ([8, 7], 7, 0), True, [], 7, [199]),
    ("by itself", *NEWS, (_down(198, 78), 78, 0), True, [200, *_down(198, 80)], 80, [199]),
    ("asked", *NEWS, (_down(198, 70), 70, 126), True, [200, *_down(198, 74)], 74, [199, 75]),
    ("not numbered", *NEWS, (_down(198, 70), 9, 0), False, [200, *_down(198, 70)], 9, [199, 75]),
]


def test_pages_are_joined_without_gaps_and_without_end(browser: Browser, world: World) -> None:
    """New rows go before old ones where they overlap; a list nobody asked to grow ends at 120."""
    with sight(browser, world.node.url) as tab:
        tab.show("ledger")
        for name, news, following, old, counted, *expected in JOINTS:
            assert tab.page.evaluate(JOINED, [news, following, old, counted]) == expected, name


def test_a_refresh_that_is_refused_says_how_old_the_view_is(browser: Browser, world: World) -> None:
    """What was there stays, under the time it is of and the node's words, until the node answers again."""
    with sight(browser, world.node.url, expected=("503",)) as tab:
        tab.show("leaderboard")
        tab.page.route("**/v1/leaderboard*", lambda route: route.fulfill(status=503, json=BUSY))
        stale = tab.at("leaderboard-table-region-stale")
        stale.wait_for()
        assert "busy now" in stale.inner_text()
        assert tab.at("leaderboard-table").is_visible()
        tab.page.unroute("**/v1/leaderboard*")
        stale.wait_for(state="detached")


def test_a_node_that_hangs_is_noticed_though_its_stream_is_open(browser: Browser, world: World) -> None:
    """Its figures at the top do not pass for live ones when it does not answer questions any more."""
    with sight(browser, world.node.url, expected=("Failed to load",)) as tab:
        tab.show("ledger")
        tab.page.route("**/v1/status", lambda route: route.abort())
        tab.page.wait_for_function("() => !document.getElementById('lost').hidden")
        assert "does not answer" in tab.text("lost")
        assert tab.text("node-ready") == "no connection"
        tab.page.unroute("**/v1/status")
        tab.page.wait_for_function("() => document.getElementById('lost').hidden")


def test_without_a_stream_the_page_asks_by_itself(browser: Browser, world: World) -> None:
    """Where no stream can be opened the page says so and still follows the node."""

    def refuse(route: WebSocketRoute) -> None:
        route.close(code=1013)

    with sight(browser, world.node.url) as tab:
        tab.page.route_web_socket("**/v1/stream", refuse)
        tab.show("batches")
        tab.page.wait_for_function("() => document.getElementById('lost').innerText.includes('stream of events')")
        number = world.node.auctions(1)[0]["number"]
        tab.page.wait_for_function(
            "number => +document.querySelector('[data-testid^=batch-link-]').dataset.testid.slice(11) > number",
            arg=number,
        )
        assert tab.text("node-ready") == "ready"


def test_a_tab_that_nobody_sees_asks_for_nothing(browser: Browser, world: World) -> None:
    """Hidden, it leaves the node in peace; in front again, it is up to date by itself."""
    with sight(browser, world.node.url) as tab:
        tab.show("ledger")
        _hide(tab.page, True)
        tab.page.wait_for_timeout(500)  # what was under way ends
        before = len(tab.requests)
        height = world.node.height
        tab.page.wait_for_timeout(2_500)
        assert world.node.height > height
        assert len(tab.requests) == before
        height = world.node.height
        _hide(tab.page, False)
        tab.wait_beyond(height)
        tab.at(f"ledger-block-row-{height}").wait_for()


def test_no_word_in_the_address_is_taken_for_a_view(browser: Browser, world: World) -> None:
    """Names that every JavaScript object has lead where all unknown ones do."""
    with sight(browser, world.node.url) as tab:
        for name in ("constructor", "toString", "__proto__", "nowhere"):
            tab.show(name)
            assert tab.page.locator("h1").inner_text() == "Network"


def test_a_later_question_is_not_answered_by_an_earlier_one(browser: Browser, world: World) -> None:
    """Of two proofs asked for in a row, the one that is shown is the second, however late the first comes."""
    owner = world.detail["trades"][0]["owner"]
    held: list[Route] = []
    with sight(browser, world.node.url) as tab:
        tab.show("ledger")
        tab.page.route("**/v1/proofs*ETH", lambda route: held.append(route))
        tab.at("proof-key").fill(f"{owner}/ETH")
        tab.at("proof-ask").click()
        tab.at("proof-key").fill(f"{owner}/USDC")
        tab.at("proof-ask").click()
        tab.at("proof-verdict").wait_for()
        for route in held:
            route.fulfill(status=503, json=BUSY)
        tab.page.wait_for_timeout(300)
        assert "USDC" in tab.text("proof-entry")
        assert tab.at("proof-trouble").count() == 0
