"""Each view of the page shows what the node says, and follows it as it goes on."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.command_line import walras
from tests.e2e.network import hand_in, wait_until
from tests.e2e.page_world import HOSTILE, World, sight

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

CHECKER = Path(__file__).parents[3] / "docs" / "check_proof.py"


def test_network_shows_every_node_and_grows_by_itself(browser: Browser, world: World) -> None:
    """All nodes with role and state, a drawn graph, whose turn it is, and blocks that come in live."""
    with sight(browser, world.node.url) as tab:
        tab.show("network")
        for name, node in world.nodes.items():
            row = tab.text(f"network-node-row-{name}")
            assert node.made.role in row
            assert "in step" in row
        assert tab.text("network-count").startswith("Nodes\n3")
        assert "v0" in tab.text("network-proposer")
        assert tab.page.locator("[data-testid=network-graph] .scatterlayer .point").count() >= 3
        graph = tab.at("network-graph").bounding_box()
        for word in tab.page.locator("[data-testid=network-graph] .textpoint").all():
            box = word.bounding_box()
            assert box is not None
            assert graph["x"] <= box["x"] <= box["x"] + box["width"] <= graph["x"] + graph["width"]
        height = int(tab.text("node-height").replace(",", ""))
        tab.wait_beyond(height + 3)
        count = len(hand_in(world.crowd, [world.node], 2))
        tab.page.wait_for_function(
            "words => document.querySelector('[data-testid=network-gossip-count]').innerText.includes(words)",
            arg=f"and {count} from users of this node since this view was opened",
        )
        assert tab.requests.count(f"{world.node.url}/") == 1


def test_batches_lists_what_settled_and_new_ones_by_themselves(browser: Browser, world: World) -> None:
    """The newest batch with its figures and a link; the next to settle appears without a reload."""
    with sight(browser, world.node.url) as tab:
        tab.show("batches")
        row = world.node.auctions(1)[0]
        number = row["number"]
        tab.at(f"batch-link-{number}").wait_for()
        shown = tab.text(f"batches-table-row-{number}")
        assert f"{row['filled']} / {row['intents']}" in shown
        assert all(name in shown for name in row["winners"])
        tab.at(f"batch-link-{number + 1}").wait_for()
        tab.at(f"batch-link-{number}").click()
        tab.settle()
        assert tab.page.url.endswith(f"#/batches/{number}")


def test_a_node_that_is_alone_and_idle_says_so(browser: Browser, world: World) -> None:
    """In words, in the places of charts that would have nothing on them."""
    own = world.node.get("/v1/peers")["peers"][:1]
    rows = [{**row, "intents": 0, "filled": 0, "winners": []} for row in world.node.auctions(3)]
    with sight(browser, world.node.url) as tab:
        tab.page.route(
            "**/v1/auctions?*", lambda route: route.fulfill(json={"auctions": rows, "damaged": [], "next": None})
        )
        tab.page.route("**/v1/peers", lambda route: route.fulfill(json={"peers": own}))
        tab.show("network")
        assert tab.at("network-alone").is_visible()
        tab.show("batches")
        assert tab.at("batches-empty").is_visible()
        assert tab.page.locator(".chart").count() == 0
        tab.show("intents")
        assert "walras intent submit" in tab.text("intents-none")
        tab.page.unroute_all()


def test_a_batch_tells_who_won_and_why_others_lost(browser: Browser, world: World, tmp_path: Path) -> None:
    """Trades, misses with their reasons, every solver's verdict, and a receipt that verifies offline."""
    detail = world.detail
    with sight(browser, world.node.url) as tab:
        tab.show(f"batches/{world.batch}")
        for trade in detail["trades"]:
            assert trade["solver"] in tab.text(f"batch-trades-row-{trade['intent']}")
        for missed in detail["missed"]:
            assert missed["why"] in tab.text(f"batch-missed-row-{missed['intent']}")
        for solver in {item["solver"] for item in detail["solutions"]}:
            own = [item for item in detail["solutions"] if item["solver"] == solver]
            line = tab.text(f"solver-{solver}")
            assert ("won" in line) == any(item["won"] for item in own)
            if not any(item["won"] for item in own):
                assert min(own, key=lambda item: item["rank"] or 1e9)["code"] in tab.text(f"why-{solver}")
        for price in detail["prices"]:
            assert tab.at(f"batch-price-row-{price['asset']}").count() == 1
        assert tab.page.locator("[data-testid=batch-flow-chart] .sankey-link").count() >= 2
        for name in ("ebbo_violations", "left_out", "jain"):
            assert tab.at(f"fairness-{name}").count() == 1
        with tab.page.expect_download() as download:
            tab.at("batch-receipt").click()
        receipt = tmp_path / "receipt.json"
        download.value.save_as(receipt)
    assert walras("auction", "verify", receipt).code == 0


def test_rows_that_the_disk_has_changed_are_named(browser: Browser, world: World) -> None:
    """Batches, blocks, an owner's intents and the standings go on without them, and say so."""
    node, trade = world.nodes["f0"], world.detail["trades"][0]
    world.node.pause()  # the only validator: the pages stand still
    try:
        height, intent = node.height - 1, bytes.fromhex(trade["intent"][2:])
        latest = node.auctions(1)[0]["number"]  # that batch is on the first page
        with (
            spoilt(node.made.home.history, latest, world.batch, height, intent),
            sight(browser, node.url) as tab,
        ):
            tab.show("ledger")
            assert f"block {height}." in tab.text("ledger-damaged")
            assert tab.at(f"ledger-block-row-{height}").count() == 0
            tab.show("batches")
            assert f"batch {latest}." in tab.text("batches-damaged")
            assert tab.at(f"batch-link-{latest}").count() == 0
            tab.show(f"intents/{trade['owner']}")
            assert tab.at(f"owner-table-row-{trade['intent']}").count() == 0
            assert "left out" in tab.text("owner-damaged")
            tab.show("leaderboard")
            assert "in no sum" in tab.text("leaderboard-damaged")
    finally:
        world.node.go_on()


@contextmanager
def spoilt(path: Path, auction: int, traded: int, height: int, intent: bytes) -> Iterator[None]:
    """A history with a row of each kind damaged, until the block ends; solvers had parts in ``traded``."""
    with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as db:

        def move(by: int) -> None:
            db.execute("UPDATE auction SET intents = intents - ? WHERE number = ?", (by, auction))
            db.execute("UPDATE block SET phase = phase + ? WHERE height = ?", (by, height))
            db.execute("UPDATE intent SET taken = taken - ? WHERE id = ?", (by, intent))
            db.execute("UPDATE part SET won = won + ? WHERE auction = ?", (by, traded))

        move(1 << 20)
        try:
            yield
        finally:
            move(-(1 << 20))


def test_a_hostile_name_stays_text(browser: Browser, world: World) -> None:
    """A solver named like markup is shown as it is called: no element comes of it, in tables or in charts."""
    with sight(browser, world.node.url) as tab:
        for route in (f"batches/{world.batch}", "leaderboard", "ledger"):
            tab.show(route)
            tab.page.wait_for_function(
                "name => document.querySelector('main').innerText.includes(name)", arg=HOSTILE
            )
            assert tab.page.locator("main img").count() == 0


def test_my_intent_tells_its_life_and_why_it_is_not_filled(browser: Browser, world: World) -> None:
    """An id put into the form leads to its steps and to the node's own explanation; its owner's list has it."""
    missed, trade = world.detail["missed"][0], world.detail["trades"][0]
    with sight(browser, world.node.url, expected=("404",)) as tab:
        tab.show("intents")
        tab.at("intent-id").fill("not an id")
        tab.at("intent-show").click()
        assert tab.at("intent-id").get_attribute("aria-invalid") == "true"
        tab.at("intent-id").fill(missed["intent"].removeprefix("0x"))
        tab.at("intent-id").press("Enter")
        tab.at("intent-steps").wait_for()
        life = world.node.get(f"/v1/intents/{missed['intent']}")
        assert tab.at("intent-steps").locator("li").count() >= min(2, len(life["steps"]))
        if life["state"] != "settled":
            explained = world.node.get(f"/v1/intents/{missed['intent']}/explain")
            assert explained["why"].lower() in tab.text("intent-why").lower()
        tab.show(f"intents/{trade['intent']}")
        assert f"Batch {world.batch}" in tab.text(f"intent-trade-row-{world.batch}")
        tab.show(f"intents/{trade['owner']}")
        assert tab.at(f"owner-table-row-{trade['intent']}").count() == 1
        tab.show("intents/0x" + "ab" * 32)
        assert "knows no such intent" in tab.text("intent-missing")


def test_an_intent_is_followed_live(browser: Browser, world: World) -> None:
    """Opened before its block, an intent goes on to a batch and beyond while the page is open."""
    signed = hand_in(world.crowd, [world.node], 1)[0]
    with sight(browser, world.node.url, expected=("404",)) as tab:
        tab.show(f"intents/0x{signed.id.hex()}")
        tab.at("step-batched").first.wait_for()


def test_an_intent_that_waits_says_for_what(browser: Browser, world: World) -> None:
    """Beside how it stands the page tells what the ledger waits for, and how far that is."""
    sale = "submit 1 ETH for 2900 USDC --dev heidi".split()
    handed = walras("intent", *sale, "--when", "auction >= 90000", "--home", world.node.made.home.path)
    assert handed.code == 0, handed.err
    with sight(browser, world.node.url, expected=("404",)) as tab:
        tab.show(f"intents/{handed.out.strip()}")
        tab.page.wait_for_function(
            "() => document.querySelector('[data-testid=intent-why-now]')?.innerText.includes('auction >= 90000')"
        )
        assert "condition" in tab.text("intent-why-now")


def test_leaderboard_shows_intervals(browser: Browser, world: World) -> None:
    """A row and an error bar for every solver, the figures as the node has them."""
    with sight(browser, world.node.url) as tab:
        tab.show("leaderboard")
        for standing in world.node.get("/v1/leaderboard")["standings"]:
            row = tab.text(f"leaderboard-table-row-{standing['solver']}")
            assert "%" in row
            assert " to " in row
        bars = tab.page.locator("[data-testid=leaderboard-chart] .errorbar")
        assert bars.count() == tab.page.locator("[data-testid^=leaderboard-table-row-]").count()
        tab.at("leaderboard-span").select_option("20")
        tab.settle()


def test_a_bonded_solver_without_a_bid_is_named(browser: Browser, world: World) -> None:
    """On the leaderboard and in a batch: else whoever runs it looks for it in vain."""
    real = world.node.get("/v1/network")
    more = {**real["solvers"][0], "name": "sleeper"}
    network = json.dumps({**real, "solvers": [*real["solvers"], more]})
    with sight(browser, world.node.url) as tab:
        tab.page.route("**/v1/network", lambda route: route.fulfill(body=network, content_type="application/json"))
        tab.show("leaderboard")
        assert "sleeper" in tab.text("leaderboard-absent")
        tab.show(f"batches/{world.batch}")
        assert tab.text("batch-absent").endswith("without a bid in this batch: sleeper.")
        tab.page.unroute("**/v1/network")


def test_a_network_that_halts_says_since_when(browser: Browser, world: World) -> None:
    """The head's tile has the time of the last block once the next is overdue."""
    [latest] = world.node.get("/v1/blocks?limit=1")["blocks"]
    page = {"blocks": [{**latest, "at_ms": latest["at_ms"] - 90_000}], "damaged": [], "next": None}
    with sight(browser, world.node.url) as tab:
        tab.show("network")
        assert "auction" in tab.text("network-head")
        tab.page.route("**/v1/blocks?*", lambda route: route.fulfill(json=page))
        tab.page.wait_for_function(
            "() => document.querySelector('[data-testid=network-head]').innerText.includes('no block since')"
        )
        tab.page.unroute("**/v1/blocks?*")


def test_a_proof_is_checked_in_the_browser(browser: Browser, world: World, tmp_path: Path) -> None:
    """A balance proves against the root, there and by the checker's script; so does that an entry is absent."""
    owner = world.detail["trades"][0]["owner"]
    with sight(browser, world.node.url) as tab:
        tab.show(f"ledger/accounts/{owner}")
        tab.at("prove-ETH").click()
        assert tab.at("proof-verdict").inner_text() == "holds"
        assert "1 of 1 votes" in tab.text("proof-votes")
        with tab.page.expect_download() as download:
            tab.at("proof-save").click()
        file = tmp_path / "proof.json"
        download.value.save_as(file)
        root = json.loads(file.read_text())["root"]
        assert root in tab.text("proof-root")
        tab.show(f"ledger?table=balances&key=0x00{'77' * 32}/ETH")
        tab.at("proof-verdict").wait_for()
        assert tab.at("proof-verdict").inner_text() == "holds"
        assert "not there" in tab.text("proof-result")
    assert subprocess.run([sys.executable, CHECKER, file, root], capture_output=True, check=False).returncode == 0


def test_a_lie_about_an_entry_is_noticed(browser: Browser, world: World) -> None:
    """On the way to the page a digit of the value or of a sibling is changed: it says not to believe that."""
    owner = world.detail["trades"][0]["owner"]
    with sight(browser, world.node.url) as tab:
        for part in ("value", "in_bucket", "to_root"):
            tab.page.route("**/v1/proofs*", partial(_lie, part))
            tab.show("ledger")
            tab.show(f"ledger?table=balances&key={owner}/ETH")
            tab.at("proof-verdict").wait_for()
            assert tab.at("proof-verdict").inner_text() == "does not hold", part
            tab.page.unroute("**/v1/proofs*")


def _lie(part: str, route: Route) -> None:
    """The answer with a digit of ``part`` changed, of lists in the first hash; a hash too many where none was."""
    proof = route.fetch().json()
    if part == "value":
        proof[part] = _other(proof[part])
    else:
        proof[part] = [_other(found) for found in proof[part][:1]] + proof[part][1:] or [proof["root"]]
    route.fulfill(json=proof)


def _other(digits: str) -> str:
    return ("1" if digits[0] == "0" else "0") + digits[1:]


def test_the_ledger_lists_blocks_and_loads_older_ones(browser: Browser, world: World) -> None:
    """The newest blocks with their roots; more on demand."""
    wait_until(lambda: world.node.height > 30, 60, "more blocks than one page")
    with sight(browser, world.node.url) as tab:
        tab.show("ledger")
        rows = tab.page.locator("[data-testid^=ledger-block-row-]")
        before = rows.count()
        tab.at("blocks-older").click()
        tab.page.wait_for_function(
            "count => document.querySelectorAll('[data-testid^=ledger-block-row-]').length > count", arg=before
        )
        assert "v0" in rows.first.inner_text(), "who proposed it, by name"
        last = rows.last
        height = int(last.locator("td").first.inner_text().replace(",", ""))
        assert world.node.root_at(height) == last.locator(".mono").first.get_attribute("title")
