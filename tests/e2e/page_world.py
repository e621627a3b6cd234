"""Real nodes with some settled auctions, and a real headless browser that looks at the page they serve.

A ``Sight`` is one browser tab. It collects what must never happen: a request to anywhere but the node, an error on
the console (the page's policy reports there too), an exception, a dialog.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from node.chain.genesis import Genesis
from node.home.config import RoleName
from node.livedemo.homes import NodeWanted, make_homes
from node.livedemo.trading import Crowd, Taste
from tests.e2e.network import READY_S, SHORT, RunningNode, hand_in, people, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request

#: A solver of the network is called that. It must appear as these letters and do nothing.
HOSTILE = "<img/src=x/onerror=alert(1)>"
WANTED = (
    NodeWanted("v0", RoleName.VALIDATOR, "naive"),
    NodeWanted("hostile", RoleName.SOLVER, "rings"),
    NodeWanted("f0", RoleName.FULL),
)
#: Every view, as hash routes; ``World.routes`` fills in ids.
VIEWS = ("network", "batches", "batch", "intents", "intent", "owner", "leaderboard", "ledger", "proof")
LOOKS = Path(__file__).with_name("page") / "looks.js"
PATIENCE_MS = 40_000
WIDE, NARROW = (1280, 900), (400, 850)


@dataclass(eq=False)
class World:
    """``batch`` is a settled auction with trades, missed intents and two solvers."""

    nodes: Mapping[str, RunningNode]
    crowd: Crowd
    batch: int = 0
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def node(self) -> RunningNode:
        return self.nodes["v0"]

    @property
    def routes(self) -> dict[str, str]:
        trade, missed = self.detail["trades"][0], self.detail["missed"][0]
        owner = trade["owner"]
        return {
            "network": "network",
            "batches": "batches",
            "batch": f"batches/{self.batch}",
            "intents": "intents",
            "intent": f"intents/{missed['intent']}",
            "owner": f"intents/{owner}",
            "leaderboard": "leaderboard",
            "ledger": "ledger",
            "proof": f"ledger/accounts/{owner}?table=balances&key={owner}/ETH",
        }


@contextmanager
def open_world(root: Path) -> Iterator[World]:
    """A validator that solves, a solver with a hostile name, a full node; one batch as ``World`` says."""
    with httpx.Client(timeout=10, trust_env=False) as client:
        made = make_homes(root, WANTED, SHORT, changed=_hostile)
        nodes = {one.name: RunningNode(one, client) for one in made}
        try:
            for node in nodes.values():
                node.start()
            for node in nodes.values():
                wait_until(lambda node=node: node.ready, READY_S, f"{node.name} ready")  # type: ignore[misc]
            taste = Taste(meeting=100, slack_bps=10, slack_sigma_bps=60)
            world = World(nodes, people(nodes["v0"], 7, taste))
            wait_until(lambda: _settled(world), 60, "a batch with trades, missed intents and two solvers")
            yield world
        except BaseException:
            for node in nodes.values():
                print(f"--- {node.name}\n{node.log()[-3000:]}" if node.made.log.exists() else node.name)
            raise
        finally:
            for node in nodes.values():
                if node.process is not None:
                    node.kill()


def _hostile(genesis: Genesis) -> Genesis:
    bonds = {
        key: (HOSTILE if name == "hostile" else name, amount) for key, (name, amount) in genesis.bonds.items()
    }
    return replace(genesis, bonds=bonds)


def _settled(world: World) -> bool:
    """Looks for the batch; where there is none yet, more people come."""
    for row in world.node.auctions():
        detail = world.node.get(f"/v1/auctions/{row['number']}")
        if (
            detail
            and detail["trades"]
            and detail["missed"]
            and len({s["solver"] for s in detail["solutions"]}) > 1
        ):
            world.batch, world.detail = row["number"], detail
            return True
    hand_in(world.crowd, [world.node], 6)
    wait_until(lambda: world.node.status()["waiting"] == 0, 20, "what was handed in is in a batch")
    return False


def chromium() -> str | None:
    """Debian's."""
    return shutil.which("chromium")


@contextmanager
def open_browser(program: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@dataclass(eq=False)
class Sight:
    """One tab on one node. ``troubles`` is empty as long as all is well."""

    context: BrowserContext
    page: Page
    base: str
    troubles: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    #: Console errors that a test causes on purpose, by what they contain.
    expected: tuple[str, ...] = ()

    def show(self, route: str) -> None:
        """Go to a view and wait until what it loads is there and its charts are drawn."""
        self.page.goto(f"{self.base}/#/{route}")
        self.settle()

    def settle(self) -> None:
        self.page.wait_for_selector("h1")
        self.page.wait_for_function(_SETTLED)

    def at(self, testid: str) -> Any:
        return self.page.get_by_test_id(testid)

    def text(self, testid: str) -> str:
        return str(self.at(testid).first.inner_text())

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)
        if not request.url.startswith((self.base + "/", "data:", "blob:")):
            self.troubles.append(f"asked {request.url}")

    def look(self, at: str) -> Any:
        """What that function of ``looks.js`` finds in the view."""
        looks = LOOKS.read_text("utf-8").rstrip().removesuffix(";")
        return self.page.evaluate(f"() => {looks}.{at}()")

    def wait_beyond(self, height: int) -> None:
        """Until the page shows a later block, by itself."""
        self.page.wait_for_function(
            "height => document.querySelector('[data-testid=node-height]').innerText.replace(',', '') > height",
            arg=height,
        )

    def _stopped(self, dialog: Dialog) -> None:
        self.troubles.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _said(self, kind: str, text: str) -> None:
        if kind == "error" and not any(words in text for words in self.expected):
            self.troubles.append(text)


#: Nothing loads any more, every chart is drawn.
_SETTLED = """() => document.querySelectorAll('main [aria-busy="true"]').length === 0
    && [...document.querySelectorAll('.chart')].every((chart) => chart.dataset.drawn)"""


@contextmanager
def sight(
    browser: Browser,
    base: str,
    size: tuple[int, int] = WIDE,
    scheme: str = "light",
    expected: tuple[str, ...] = (),
) -> Iterator[Sight]:
    """A tab; at its end nothing of what must never happen has happened."""
    options: Any = {"viewport": {"width": size[0], "height": size[1]}, "color_scheme": scheme}
    context = browser.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    found = Sight(context, page, base, expected=expected)
    page.on("console", lambda message: found._said(message.type, message.text))
    page.on("pageerror", lambda error: found.troubles.append(str(error)))
    page.on("request", found._asked)
    page.on("dialog", found._stopped)
    try:
        yield found
        assert not found.troubles, found.troubles
    finally:
        context.close()
