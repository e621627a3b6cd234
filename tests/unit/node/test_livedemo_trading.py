"""People who trade: what they sign is lawful, moves with prices, repeats from a seed, and meets."""

from __future__ import annotations

from collections import Counter
from random import Random

from intents.assets import AssetId
from intents.check import check_intent
from intents.signing import SigningKey
from node.chain.items import Submission, check_item, decode_item
from node.livedemo.trading import Crowd, Taste, Traded

NETWORK = b"n" * 32
ASSETS = (
    Traded(AssetId("ETH"), 18, 10**18),
    Traded(AssetId("USDC"), 6, 10**30 // 3_000),
    Traded(AssetId("BTC"), 8, 20 * 10**28),
)
KEYS = [SigningKey.from_seed(bytes([i]) * 32) for i in range(1, 5)]


def crowd(seed: int, taste: Taste | None = None) -> Crowd:
    return Crowd(NETWORK, AssetId("ETH"), ASSETS, KEYS, Random(seed), taste or Taste())


def submissions(people: Crowd, visits: int, auction: int = 7) -> list[Submission]:
    found = [decode_item(signed.item) for _ in range(visits) for signed in people.come(auction)]
    return [item for item in found if isinstance(item, Submission)]


def test_what_they_sign_is_accepted_and_unlike_anything_before() -> None:
    """Every item passes the checks of a node; nonces and ids never repeat."""
    people = crowd(1)
    found = submissions(people, 200)
    for item in found:
        check_item(item, NETWORK)
        check_intent(item.intent, "intent")
        assert item.intent.valid_to == 7 + people.taste.lasts - 1
    assert len({(item.intent.owner, item.intent.nonce) for item in found}) == len(found)


def test_one_seed_one_crowd() -> None:
    """The same seed gives the same bytes, another seed others."""
    assert crowd(3).come(1) == crowd(3).come(1)
    assert crowd(3).come(1) != crowd(4).come(1)


def test_limits_lie_about_fair_prices() -> None:
    """In the mean an owner gives away the slack, and what is given is worth the size."""
    people = crowd(5, Taste(slack_bps=100.0, slack_sigma_bps=0.0))
    for item in submissions(people, 100):
        give, want = item.intent.give[0], item.intent.want[0]
        worth = [leg.amount * people.fair(leg.asset) for leg in (give, want)]
        assert abs(worth[1] / worth[0] - 0.99) < 1e-4


def test_prices_move_and_are_pulled_back() -> None:
    """The numeraire never moves; the others do, and stay within a few deviations for hours."""
    people = crowd(6)
    start = people.fair(AssetId("BTC"))
    for _ in range(600):
        people.wait(30.0)
        assert people.fair(AssetId("ETH")) == 1.0
        assert 0.9 < people.fair(AssetId("BTC")) / start < 1.1
    assert people.fair(AssetId("BTC")) != start


def test_some_meet() -> None:
    """Where everybody comes with a counterpart, each pair's two directions are equally many."""
    found = submissions(crowd(8, Taste(meeting=100)), 100)
    pairs = Counter((item.intent.give[0].asset, item.intent.want[0].asset) for item in found)
    assert all(count == pairs[want, give] for (give, want), count in pairs.items())
