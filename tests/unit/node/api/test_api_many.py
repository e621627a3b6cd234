"""Many intents in one request: each by itself, all durable before the answer, bounds kept."""

from __future__ import annotations

from tests.unit.node.api.desk import opened

PATH = "/v1/intents/batch"


async def test_each_is_taken_or_refused_by_itself() -> None:
    """Good ones are durable when the answer comes; nonsense among them has its own problem and stops nothing."""
    async with opened() as desk:
        good = [desk.item() for _ in range(20)]
        texts = ["0x" + item.hex() for item in good]
        answer = await desk.writer.post(PATH, json={"items": [*texts[:10], "0x00", "0x123", *texts[10:]]})
        assert answer.status_code == 202
        results = answer.json()["results"]
        assert [result["state"] for result in results] == ["received"] * 10 + [None] * 2 + ["received"] * 10
        assert [result["problem"]["status"] for result in results[10:12]] == [422, 422]
        assert set(desk.stored()) == set(good)
        lives = [await desk.client.get(f"/v1/intents/{result['id']}") for result in results if result["id"]]
        assert all(life.json()["state"] == "received" for life in lives)


async def test_again_is_the_same() -> None:
    """Handing the same in twice, even in one request, leaves one."""
    async with opened() as desk:
        text = "0x" + desk.item().hex()
        first = (await desk.writer.post(PATH, json={"items": [text, text]})).json()
        second = (await desk.writer.post(PATH, json={"items": [text]})).json()
        assert first["results"] == second["results"] * 2
        assert len(desk.stored()) == 1


async def test_bounds_and_the_token() -> None:
    """None, too many or no token: refused whole."""
    async with opened() as desk:
        text = "0x" + desk.item().hex()
        assert (await desk.client.post(PATH, json={"items": [text]})).status_code == 401
        assert (await desk.writer.post(PATH, json={"items": []})).status_code == 422
        assert (await desk.writer.post(PATH, json={"items": [text] * 257})).status_code == 422
        assert desk.stored() == []
