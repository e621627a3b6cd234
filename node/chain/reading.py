"""Reading items: decoding and checking signatures, once per process for whatever is small and sound."""

from __future__ import annotations

from typing import Final

from intents.check import check_intent
from intents.errors import WalrasError
from intents.intent import Intent, Owner, OwnerScheme
from intents.remember import forget_oldest
from intents.signing import SigningKey, forget_signatures, sign_known
from node.chain.items import Item, Submission, check_item, decode_item, encode_item

#: Items up to so many bytes are remembered once they are checked: many large ones would fill the memory.
MAX_KNOWN_BYTES: Final = 4096
MAX_KNOWN: Final = 1 << 14
#: Checked items by network and bytes, the oldest first.
_known: Final[dict[tuple[bytes, bytes], Item]] = {}


def read_item(data: bytes, network: bytes) -> Item:
    """The item, its signature checked. A pure function of bytes, so what is small is not checked twice."""
    found = _known.get((network, data))
    if found is None:
        found = decode_item(data)
        check_item(found, network)
        _keep(data, network, found)
    return found


def own_item(key: SigningKey, intent: Intent) -> bytes:
    """An intent signed by its owner in this very process, as an item that need not be read again to be believed.

    For simulations, where users and nodes share a process. What ``check_intent`` does not cover, or refuses, is
    left for ``read_item`` to judge from the bytes.
    """
    item = Submission(intent, sign_known(key, intent))
    data = encode_item(item)
    if intent.owner == Owner(OwnerScheme.ED25519, key.public) and _is_plain(intent):
        _keep(data, intent.network, item)
    return data


def _is_plain(intent: Intent) -> bool:
    """Whether reading the intent's bytes would certainly give it back."""
    try:
        check_intent(intent)
    except WalrasError:
        return False
    return (intent.when, intent.schedule, intent.group) == (None, None, b"")


def forget_items() -> None:
    """No item counts as checked any more: for whoever measures what checking costs."""
    _known.clear()
    forget_signatures()


def _keep(data: bytes, network: bytes, item: Item) -> None:
    if len(data) <= MAX_KNOWN_BYTES:
        if len(_known) >= MAX_KNOWN:
            forget_oldest(_known)
        _known[network, data] = item
