"""What a user asks for, as an intent ready to be signed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from intents.check import check_intent
from intents.codec import INTENT
from intents.errors import UsageError, WrongValue
from intents.fields import Fields
from intents.intent import FillMode, FillRule, Intent, Kind, Leg, Owner, OwnerScheme
from node.client.market import Market

#: Auctions an intent stays open for, unless said otherwise.
DEFAULT_AUCTIONS: Final = 10
_NONCES: Final = 2**62
#: What a file may leave out: the signer's, the network's, or what this command's options say.
_FILLED: Final = ("network", "owner", "nonce", "valid_from", "valid_to", "kind")


@dataclass(frozen=True, slots=True)
class Ask:
    """Give at most ``give_amount`` for at least ``want_amount``: decimal text, of ``raw`` in base units.

    ``exact_out``: exactly ``want_amount`` for at most ``give_amount``. ``min_fill`` is in the asset that is exact.
    One amount may be ``None``: it is then a quote's to say.
    """

    give_amount: str | None
    give: str
    want_amount: str | None
    want: str
    raw: bool = False
    exact_out: bool = False
    whole: bool = False
    min_fill: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """Whose it is and how long it lives; a nonce is any number the owner has not used yet."""

    owner: bytes
    auctions: int = DEFAULT_AUCTIONS
    nonce: int | None = None


def ask_in(words: Sequence[str]) -> Ask:
    """From "1 ETH for 2990 USDC", "1 ETH for USDC" or "ETH for 2990 USDC", which is exact out. ``UsageError``."""
    match [word if word.lower() != "for" else None for word in words]:
        case [str(give_amount), str(give), None, str(want_amount), str(want)]:
            return Ask(give_amount, give, want_amount, want)
        case [str(give_amount), str(give), None, str(want)]:
            return Ask(give_amount, give, None, want)
        case [str(give), None, str(want_amount), str(want)]:
            return Ask(None, give, want_amount, want, exact_out=True)
    raise UsageError("intent", "say it as: AMOUNT ASSET for AMOUNT ASSET, such as 1 ETH for 2990 USDC")


def intent_of(ask: Ask, terms: Terms, market: Market) -> Intent:
    """The intent that says so, of an ask with both amounts. Raises an ``InputError`` or ``UsageError``."""
    assert ask.give_amount is not None
    assert ask.want_amount is not None
    give, want = market.asset(ask.give), market.asset(ask.want)
    kind = Kind.EXACT_OUT if ask.exact_out else Kind.EXACT_IN
    least = 0
    if ask.min_fill is not None:
        if ask.whole:
            raise UsageError("--min-fill", "means nothing with --fok: it fills whole or not at all")
        least = market.units(ask.min_fill, want if ask.exact_out else give, raw=ask.raw)
    intent = Intent(
        network=market.network,
        owner=Owner(OwnerScheme.ED25519, terms.owner),
        nonce=_nonce(terms),
        valid_from=0,
        valid_to=market.auction + terms.auctions,
        give=(Leg(give, market.units(ask.give_amount, give, raw=ask.raw)),),
        want=(Leg(want, market.units(ask.want_amount, want, raw=ask.raw)),),
        kind=kind,
        fill=FillRule(FillMode.FILL_OR_KILL if ask.whole else FillMode.PARTIAL, least),
    )
    check_intent(intent, "intent")
    return intent


def intent_in(document: object, where: str, terms: Terms, market: Market) -> Intent:
    """The intent of a file in its JSON form (docs/formats.md); what it leaves out of owner, network, nonce and
    validity is filled in. Raises an ``InputError``."""
    fields = Fields(document, where)
    given: dict[str, Any] = {name: value for name, value in fields.document.items() if value is not None}
    defaults: dict[str, object] = {
        "network": "0x" + market.network.hex(),
        "owner": {"scheme": OwnerScheme.ED25519.value, "key": "0x" + terms.owner.hex()},
        "nonce": _nonce(terms),
        "valid_from": 0,
        "valid_to": market.auction + terms.auctions,
        "kind": Kind.EXACT_IN.value,
    }
    intent: Intent = INTENT.from_json({**{name: defaults[name] for name in _FILLED}, **given}, where)
    if intent.network != market.network:
        raise WrongValue(f"{where}: network", f"the node's, 0x{market.network.hex()}", f"0x{intent.network.hex()}")
    if intent.owner != Owner(OwnerScheme.ED25519, terms.owner):
        raise WrongValue(f"{where}: owner", f"who signs, ed25519:0x{terms.owner.hex()}", str(intent.owner))
    return intent if terms.nonce is None else replace(intent, nonce=terms.nonce)


def _nonce(terms: Terms) -> int:
    return secrets.randbelow(_NONCES) if terms.nonce is None else terms.nonce
