"""What holds on every view: reach by keyboard, contrast, narrow windows, and a node that goes away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.network import READY_S, wait_until
from tests.e2e.page_world import HOSTILE, NARROW, VIEWS, WIDE, World, sight

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route, WebSocketRoute


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_is_readable_in_both_schemes(browser: Browser, world: World, scheme: str) -> None:
    """Contrast, names and labels on a wide window, charts included, and nothing to scroll sideways."""
    with sight(browser, world.node.url, WIDE, scheme) as tab:
        for view in VIEWS:
            tab.show(world.routes[view])
            contrast = tab.look("lowContrast")
            assert contrast["texts"] > 20
            assert contrast["found"] == [], view
            assert tab.look("lowContrastInCharts") == [], view
            assert tab.look("unnamed") == [], view
            assert tab.look("scrolled") == [], view


def test_nothing_sticks_out_of_a_narrow_window(browser: Browser, world: World) -> None:
    """At 400 pixels nothing is wider than the window, and no table needs scrolling."""
    with sight(browser, world.node.url, NARROW) as tab:
        for view in VIEWS:
            tab.show(world.routes[view])
            assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
            assert tab.look("stickingOut") == [], view
            assert tab.look("scrolled") == [], view


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_longest_names_find_room(browser: Browser, world: World, size: tuple[int, int]) -> None:
    """Solvers and nodes called by 64 characters without a space push nothing out of the window or the tables."""

    def rename(route: Route) -> None:
        answer = route.fetch()
        text = answer.text()
        for at, name in enumerate((*world.nodes, HOSTILE)):
            text = text.replace(json.dumps(name), json.dumps("W" * 63 + str(at)))
        route.fulfill(status=answer.status, body=text, content_type="application/json")

    with sight(browser, world.node.url, size) as tab:
        tab.page.route("**/v1/**", rename)
        for view in ("network", "batches", "batch", "intent", "leaderboard", "ledger"):
            tab.show(world.routes[view])
            assert "W" * 63 in tab.page.locator("body").inner_text()
            assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
            assert tab.look("stickingOut") == [], view
            assert tab.look("scrolled") == [], view
        tab.page.unroute_all()


def test_charts_follow_the_scheme(browser: Browser, world: World) -> None:
    """Turned dark while it is open, a chart is drawn again in light ink."""
    ink = "() => getComputedStyle(document.querySelector('[data-testid=leaderboard-chart] .ytick text')).fill"
    with sight(browser, world.node.url) as tab:
        tab.show("leaderboard")
        before = tab.page.evaluate(ink)
        tab.page.emulate_media(color_scheme="dark")
        tab.page.wait_for_function(f"before => ({ink})() !== before", arg=before)


def test_it_is_walked_with_the_keyboard_alone(browser: Browser, world: World) -> None:
    """The skip link first, then the views; every stop shows where it is; a chosen view begins at its heading."""
    with sight(browser, world.node.url) as tab:
        tab.show("network")
        stops = []
        for _ in range(7):
            tab.page.keyboard.press("Tab")
            stop = tab.look("focused")
            assert stop["ring"], stop
            stops.append(stop["name"])
        assert stops[0] == "skip-link"
        assert stops[2:] == [f"nav-{name}" for name in ("network", "batches", "intents", "leaderboard", "ledger")]
        tab.page.keyboard.press("Enter")
        tab.settle()
        heading = tab.look("focused")
        assert (heading["name"], heading["text"]) == ("H1", "Ledger and proofs")
        tab.page.keyboard.press("Tab")
        assert tab.look("focused")["name"] == "ledger-owner"
        tab.page.keyboard.type(world.detail["trades"][0]["owner"])
        tab.page.keyboard.press("Enter")
        tab.at("account-balances").wait_for()
        for _ in range(40):
            tab.page.keyboard.press("Tab")
            if str(tab.look("focused")["name"]).startswith("prove-"):
                break
        tab.page.keyboard.press("Enter")
        tab.at("proof-verdict").wait_for()


def test_the_skip_link_leads_to_the_content(browser: Browser, world: World) -> None:
    """It moves the focus into the view and changes nothing else."""
    with sight(browser, world.node.url) as tab:
        tab.show("batches")
        tab.page.keyboard.press("Tab")
        tab.page.keyboard.press("Enter")
        assert tab.page.evaluate("document.activeElement.id") == "main"
        assert tab.page.url.endswith("#/batches")


def test_focus_stays_while_content_changes(browser: Browser, world: World) -> None:
    """A link of a list that grows by itself keeps the focus when the list is drawn again."""
    with sight(browser, world.node.url) as tab:
        tab.show("batches")
        number = world.node.auctions(1)[0]["number"]
        tab.at(f"batch-link-{number}").focus()
        tab.at(f"batch-link-{number + 1}").wait_for()
        assert tab.look("focused")["name"] == f"batch-link-{number}"


def test_plotly_is_fetched_only_for_charts(browser: Browser, world: World) -> None:
    """A view without a chart does without it, and whatever is asked for comes from the node."""
    with sight(browser, world.node.url) as tab:
        tab.show("ledger")
        assert not [url for url in tab.requests if "plotly" in url]
        tab.show("leaderboard")
        assert [url for url in tab.requests if "plotly" in url] == [f"{world.node.url}/assets/plotly.min.js"]


def test_without_its_charts_the_page_says_so(browser: Browser, world: World) -> None:
    """Where plotly does not load, words stand in its place and tables still tell everything."""
    with sight(browser, world.node.url, expected=("Failed to load",)) as tab:
        tab.page.route("**/assets/plotly.min.js", lambda route: route.abort())
        tab.page.goto(f"{world.node.url}/#/leaderboard")
        tab.page.wait_for_function("() => document.querySelector('.chart')?.textContent.includes('No chart')")
        assert tab.at("leaderboard-table").is_visible()


def test_a_node_that_goes_away_and_comes_back(browser: Browser, world: World) -> None:
    """The page says that the connection is lost, keeps what it had, and goes on by itself when the node is back;
    a neighbour's page says who was lost, shows it as silent, and as in step once it is."""
    away = world.nodes["f0"]
    with (
        sight(browser, world.node.url) as other,
        sight(browser, away.url, expected=("WebSocket connection", "Failed to load", "ERR_")) as tab,
    ):
        other.show("network")
        tab.show("network")
        away.kill()
        tab.page.wait_for_function("() => !document.getElementById('lost').hidden")
        assert "No connection" in tab.text("lost")
        assert tab.text("node-ready") == "no connection"
        assert tab.at("network-node-row-f0").count() == 1
        other.page.wait_for_function(
            "() => document.querySelector('[data-testid=network-events]').innerText.includes('f0 lost')"
        )
        other.page.wait_for_function(
            "() => document.querySelector('[data-testid=network-node-row-f0]').innerText.includes('silent')"
        )
        height = world.node.height
        away.start()
        wait_until(lambda: away.ready, READY_S, "f0 ready again")
        tab.page.wait_for_function("() => document.getElementById('lost').hidden")
        tab.wait_beyond(height)
        other.page.wait_for_function(
            "() => document.querySelector('[data-testid=network-node-row-f0]').innerText.includes('in step')"
        )


def test_the_stream_goes_on_where_it_was(browser: Browser, world: World) -> None:
    """Cut off between node and page, the page comes back with the number of the last event it had."""
    routes: list[WebSocketRoute] = []
    subscribed: list[dict[str, Any]] = []

    def carry(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        routes.append(route)

        def passed(message: str | bytes) -> None:
            said = json.loads(message)
            if said["type"] == "subscribe":
                subscribed.append(said)
            server.send(message)

        route.on_message(passed)

    with sight(browser, world.node.url) as tab:
        tab.page.route_web_socket("**/v1/stream", carry)
        tab.show("ledger")
        tab.wait_beyond(world.node.height)
        routes[-1].close(code=1001)
        tab.page.wait_for_function("() => !document.getElementById('lost').hidden")
        tab.page.wait_for_function("() => document.getElementById('lost').hidden")
        tab.wait_beyond(world.node.height)
    first, again = subscribed[0], subscribed[-1]
    assert "since" not in first
    assert again["since"] > 0
    assert again["epoch"]
    assert again["topics"] == first["topics"] == ["blocks", "auctions", "peers"]


def test_errors_are_told_in_words_and_can_be_tried_again(browser: Browser, world: World) -> None:
    """A refusal shows the node's own words and a button that asks anew."""
    with sight(browser, world.node.url, expected=("422", "503")) as tab:
        tab.show("ledger/accounts/nobody")
        assert tab.text("account-trouble")
        problem = {
            "type": "about:blank",
            "title": "x",
            "status": 503,
            "detail": "busy now",
            "code": "x",
            "where": "",
        }
        tab.page.route("**/v1/leaderboard*", lambda route: route.fulfill(status=503, json=problem))
        tab.show("leaderboard")
        assert "busy now" in tab.text("leaderboard-table-region-trouble")
        tab.page.unroute("**/v1/leaderboard*")
        tab.at("leaderboard-table-region-again").click()
        tab.at("leaderboard-table").wait_for()
