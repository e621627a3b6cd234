"""Answers of a node whose disk has changed rows of its history."""

from __future__ import annotations

from benchmarks.single_node import world
from node.history.store import HistoryStore
from tests.unit.node.api.desk import FAST, Desk, opened

OWNER = "0x00" + world.OWNERS[1].public.hex()


def spoil(desk: Desk, statement: str) -> None:
    history = desk.node.history
    assert isinstance(history, HistoryStore)
    with history._writing:
        history._db.execute(statement)
        history._standings.clear()


async def settled(desk: Desk) -> None:
    """Two auctions with intents."""
    for height in (3, 6):
        for _ in range(30):
            await desk.node.submit(desk.item())
        await desk.until(height + 2)


async def test_pages_name_what_is_damaged_and_go_on() -> None:
    """Blocks and auctions around it are told, in pages of one as well; the row by itself is 503."""
    async with opened(FAST) as desk:
        await settled(desk)
        spoil(desk, "UPDATE block SET at_ms = -1 WHERE height = 3")
        spoil(desk, "UPDATE auction SET score = 'x' WHERE number = 1")
        page = (await desk.client.get("/v1/blocks?limit=2&before=5")).json()
        assert [row["height"] for row in page["blocks"]] == [4]
        ((key, why),) = [(row["key"], row["why"]) for row in page["damaged"]]
        assert (key, page["next"]) == ("3", 3)
        assert "block.at_ms" in why
        page = (await desk.client.get("/v1/auctions?limit=1&before=3")).json()
        assert ([row["number"] for row in page["auctions"]], page["damaged"], page["next"]) == ([2], [], 2)
        page = (await desk.client.get("/v1/auctions?limit=1&before=2")).json()
        assert (page["auctions"], [row["key"] for row in page["damaged"]], page["next"]) == ([], ["1"], 1)
        answer = await desk.client.get("/v1/auctions/1")
        assert (answer.status_code, answer.json()["code"]) == (503, "history.damaged")
        counted = (await desk.client.get("/metrics")).text
        assert 'walras_counted_total{what="history_damaged_rows"} 2.0' in counted


async def test_an_owners_page_and_the_leaderboard_say_so_too() -> None:
    """An owner is told which place cannot be read; whoever asks for standings, how many parts are in no sum."""
    async with opened(FAST) as desk:
        await settled(desk)
        path = f"/v1/intents?owner={OWNER}&limit=200"
        whole = (await desk.client.get(path)).json()
        assert (len(whole["intents"]) > 1, whole["damaged"]) == (True, [])
        spoilt = whole["intents"][0]["intent"]
        spoil(desk, f"UPDATE intent SET state = 'lost' WHERE id = x'{spoilt[2:]}'")
        spoil(desk, "INSERT INTO part VALUES (1, 'nobody', NULL, 2, '0', '0', '0')")
        page = (await desk.client.get(path)).json()
        assert [row["intent"] for row in page["intents"]] == [row["intent"] for row in whole["intents"][1:]]
        assert ["intent.state" in row["why"] for row in page["damaged"]] == [True]
        answer = await desk.client.get(f"/v1/intents/{spoilt}")
        assert (answer.status_code, answer.json()["code"]) == (503, "history.damaged")
        assert (await desk.client.get("/v1/leaderboard")).json()["damaged"] == 1
