"""One small network and one browser for all tests of the page."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.e2e.page_world import World, chromium, open_browser, open_world

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = chromium()
    if find_spec("playwright") is None:
        pytest.skip("the page is not looked at: playwright is not installed")
    if program is None:
        pytest.skip("the page is not looked at: there is no chromium on this machine")
    with open_browser(program) as opened:
        yield opened


@pytest.fixture(scope="session")
def world(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("page")) as opened:
        yield opened
