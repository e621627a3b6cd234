"""The history: what it says of auctions, blocks and intents is what was decided, and survives its own loss."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from node.history.store import HistoryStore
from settlement.receipt import verify_receipt
from tests.history_worlds import Chain, busy


@pytest.fixture
def history() -> Iterator[HistoryStore]:
    with HistoryStore(None) as found:
        yield found


@pytest.fixture
def chain(history: HistoryStore) -> Chain:
    found = Chain([history])
    busy(found, Random(3), 6)
    return found


def test_receipts_verify_and_are_the_same_when_made_again(chain: Chain, history: HistoryStore) -> None:
    """From the settlement at hand and from what is kept of it the same bytes come, and the law agrees."""
    for row in history.auctions(None, 10):
        text = history.receipt(row.number)
        assert text is not None
        assert verify_receipt(json.loads(text), "receipt").settlement.score == row.score
        history._deriving.forget()
        assert history.receipt(row.number) == text


def test_a_file_comes_back_with_all_that_was_in_it(tmp_path: Path) -> None:
    """Opened again it says the same, and goes on."""
    path = tmp_path / "history.sqlite"
    with HistoryStore(path) as store:
        chain = Chain([store])
        busy(chain, Random(5), 3)
        said = (store.blocks(None, 99), store.auctions(None, 99), store.standings(), store.auction(2))
    with HistoryStore(path) as store:
        assert (store.blocks(None, 99), store.auctions(None, 99), store.standings(), store.auction(2)) == said
        assert (store.notice, store.height) == ("", chain.app.height)
        chain.histories = [store]
        chain.auction()
        assert len(store.auctions(None, 99)) == 4
