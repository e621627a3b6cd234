"""Items signed in this process: taken as made, and no different from what their bytes say."""

from __future__ import annotations

import pytest

from intents.assets import AssetId
from intents.conditions import Schedule
from intents.errors import WalrasError
from intents.intent import Intent, Kind, Leg, Owner, OwnerScheme
from intents.records import replace
from intents.signing import SigningKey, sign_intent
from node.chain.items import Submission, encode_item
from node.chain.reading import forget_items, own_item, read_item

KEY = SigningKey.from_seed(b"r" * 32)
INTENT = Intent(
    bytes(32),
    Owner(OwnerScheme.ED25519, KEY.public),
    7,
    0,
    9,
    (Leg(AssetId("A"), 10),),
    (Leg(AssetId("B"), 9),),
    Kind.EXACT_IN,
)


@pytest.mark.parametrize("intent", [INTENT, replace(INTENT, schedule=Schedule(2, 3)), replace(INTENT, group=b"g")])
def test_an_own_item_reads_as_its_bytes_do(intent: Intent) -> None:
    """With and without what is remembered of it."""
    data = own_item(KEY, intent)
    assert data == encode_item(Submission(intent, sign_intent(KEY, intent)))
    taken = read_item(data, intent.network)
    forget_items()
    assert read_item(data, intent.network) == taken


@pytest.mark.parametrize(
    "intent",
    [
        replace(INTENT, valid_from=10),
        replace(INTENT, owner=Owner(OwnerScheme.ED25519, SigningKey.from_seed(b"s" * 32).public)),
        replace(INTENT, group=b"g" * 1000),
    ],
)
def test_an_own_item_that_bytes_would_not_be_taken_for_is_refused(intent: Intent) -> None:
    """Inconsistent, somebody else's, or beyond a bound of the form."""
    with pytest.raises(WalrasError):
        read_item(own_item(KEY, intent), intent.network)


def test_an_own_item_is_of_its_network() -> None:
    """On another it is refused."""
    with pytest.raises(WalrasError):
        read_item(own_item(KEY, INTENT), b"n" * 32)
