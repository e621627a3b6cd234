"""The page's files as a node serves them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import AsyncIterator
from importlib import metadata, resources
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from node.web import page

FOLDER = Path(str(resources.files("node.web")))
SCRIPTS = sorted(FOLDER.glob("*.js"))


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=list(page.routes())))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as opened:
        yield opened


async def test_the_page_is_served_at_the_root(client: httpx.AsyncClient) -> None:
    """HTML in UTF-8, asked for anew each time, under a policy that lets nothing in from elsewhere."""
    answer = await client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", page.names())
async def test_every_file_is_served_with_its_type(client: httpx.AsyncClient, name: str) -> None:
    """The bytes of the package under the media type of their ending."""
    answer = await client.get(f"/assets/{name}")
    assert answer.content == (FOLDER / name).read_bytes()
    assert answer.headers["content-type"] == page.MEDIA[Path(name).suffix]


async def test_a_known_version_is_not_sent_again(client: httpx.AsyncClient) -> None:
    """An ETag that still holds gets 304 and no body, alone, in a list, weak, or as a star; else the file."""
    etag = (await client.get("/assets/main.js")).headers["etag"]
    for condition in (etag, f'"other", W/{etag}', "*"):
        answer = await client.get("/assets/main.js", headers={"if-none-match": condition})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert (await client.get("/assets/main.js", headers={"if-none-match": '"other"'})).status_code == 200


async def test_plotly_comes_from_the_installed_package(client: httpx.AsyncClient) -> None:
    """Byte for byte the script that the distribution brought, as its own list of files names it."""
    files = metadata.files("plotly") or []
    script = next(file for file in files if str(file) == "plotly/package_data/plotly.min.js")
    answer = await client.get("/assets/plotly.min.js")
    assert answer.content == Path(str(script.locate())).read_bytes()
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    "path", ["nothing.js", "page.py", "__init__.py", "..%2fpage.py", "index.html", "%2e%2e", "x/y.js"]
)
async def test_nothing_else_is_served(client: httpx.AsyncClient, path: str) -> None:
    """Names that are not the page's files are not found, however they are written."""
    assert (await client.get(f"/assets/{path}")).status_code == 404


async def test_head_is_answered_and_writing_is_not(client: httpx.AsyncClient) -> None:
    """The routes are read-only."""
    assert (await client.head("/")).status_code == 200
    assert (await client.post("/")).status_code == 405


def test_every_file_the_page_names_is_there() -> None:
    """Links, scripts and imports lead to files of the package, and every script is reached."""
    named = set(re.findall(r'"/assets/([^"]+)"', (FOLDER / "index.html").read_text("utf-8")))
    imported = {name for file in SCRIPTS for name in re.findall(r'from "\./([^"]+)"', file.read_text("utf-8"))}
    assert named | imported == set(page.names())


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_scripts_make_no_markup_of_text(file: Path) -> None:
    """None of the ways in which text becomes elements, code or an address of elsewhere."""
    text = file.read_text("utf-8")
    for way in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "DOMParser",
        "eval(",
        "new Function",
    ):
        assert way not in text
    assert "http:" not in text
    assert "https:" not in text.replace('"https:"', "")


def test_making_the_routes_imports_no_plotly() -> None:
    """A node that starts does not pay for the charts."""
    code = "import sys; from node.web.page import routes; routes(); print('plotly' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
