"""What a user asks for, as an intent ready to be signed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from intents.check import check_intent
from intents.codec import INTENT
from intents.conditions import CONDITION, MAX_EVERY, MAX_GROUP_BYTES, MAX_PARTS, SCHEDULE, Condition, Schedule
from intents.errors import UsageError, WrongValue
from intents.fields import Fields
from intents.intent import FillMode, FillRule, Intent, Kind, Leg, Owner, OwnerScheme
from intents.records import replace
from node.client.market import Market

#: Auctions an intent stays open for, unless said otherwise: one that waits for something is to last for hours.
DEFAULT_AUCTIONS: Final = 10
WAITING_AUCTIONS: Final = 10_000
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

    @property
    def complete(self) -> bool:
        """Whether no quote has to say the rest."""
        return self.give_amount is not None and self.want_amount is not None


@dataclass(frozen=True, slots=True)
class Terms:
    """Whose it is, how long it lives (``auctions``, or as long as suits it) and what it waits for; a nonce is any
    number the owner has not used yet."""

    owner: bytes
    auctions: int | None = None
    nonce: int | None = None
    when: Condition | None = None
    schedule: Schedule | None = None
    group: bytes = b""

    @property
    def lasting(self) -> int:
        """Auctions that it stays open for. Raises ``UsageError`` where that is too few for its schedule."""
        steps = 0 if self.schedule is None else (self.schedule.parts - 1) * self.schedule.every
        if self.auctions is None:
            return (DEFAULT_AUCTIONS if self.when is None else WAITING_AUCTIONS) + steps
        if self.auctions < steps:
            raise UsageError(
                "--twap",
                f"its last part comes {steps} auctions after the first: "
                f"--valid-batches {self.auctions} ends it before",
            )
        return self.auctions


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


def schedule_in(text: str) -> Schedule:
    """From "5/2": five parts, one every two auctions. ``UsageError``; bounds are the intent's own to check."""
    parts, slash, every = text.partition("/")
    if not all(part.isascii() and part.isdecimal() and len(part) < 10 for part in (parts, every)) or not slash:
        raise UsageError(
            "--twap", f"say it as PARTS/EVERY, such as 5/2: one of 5 parts every 2 auctions, not {text[:40]!r}"
        )
    if not 2 <= int(parts) <= MAX_PARTS or not 1 <= int(every) <= MAX_EVERY:
        raise UsageError(
            "--twap", f"2 to {MAX_PARTS} parts, one every 1 to {MAX_EVERY} auctions, not {text[:40]!r}"
        )
    return Schedule(int(parts), int(every))


def group_in(name: str) -> bytes:
    """A group by its name. ``UsageError``."""
    if not name.isascii() or not name.isprintable() or " " in name or not 1 <= len(name) <= MAX_GROUP_BYTES:
        raise UsageError("--oco", f"a name of 1 to {MAX_GROUP_BYTES} plain characters, not {name[:80]!r}")
    return name.encode("ascii")


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
        valid_to=market.auction + terms.lasting,
        give=(Leg(give, market.units(ask.give_amount, give, raw=ask.raw)),),
        want=(Leg(want, market.units(ask.want_amount, want, raw=ask.raw)),),
        kind=kind,
        fill=FillRule(FillMode.FILL_OR_KILL if ask.whole else FillMode.PARTIAL, least),
        when=terms.when,
        schedule=terms.schedule,
        group=terms.group,
    )
    check_intent(intent, "intent")
    return intent


def intent_in(document: object, where: str, terms: Terms, market: Market) -> Intent:
    """The intent of a file in its JSON form (docs/intents.md); what it leaves out of owner, network, nonce and
    validity is filled in. Raises an ``InputError``."""
    fields = Fields(document, where)
    given: dict[str, Any] = {name: value for name, value in fields.document.items() if value is not None}
    defaults: dict[str, object] = {
        "network": "0x" + market.network.hex(),
        "owner": {"scheme": OwnerScheme.ED25519.value, "key": "0x" + terms.owner.hex()},
        "nonce": _nonce(terms),
        "valid_from": 0,
        "valid_to": market.auction + _lasting(given, terms),
        "kind": Kind.EXACT_IN.value,
    }
    intent: Intent = INTENT.from_json({**{name: defaults[name] for name in _FILLED}, **given}, where)
    if intent.network != market.network:
        raise WrongValue(f"{where}: network", f"the node's, 0x{market.network.hex()}", f"0x{intent.network.hex()}")
    if intent.owner != Owner(OwnerScheme.ED25519, terms.owner):
        raise WrongValue(f"{where}: owner", f"who signs, ed25519:0x{terms.owner.hex()}", str(intent.owner))
    return intent if terms.nonce is None else replace(intent, nonce=terms.nonce)


def _lasting(given: dict[str, Any], terms: Terms) -> int:
    """What the file says of a condition or a schedule makes it last as the options would."""
    if terms.auctions is not None:
        return terms.auctions
    when = None if "when" not in given else CONDITION.from_json(given["when"], "when")
    schedule = None if "schedule" not in given else SCHEDULE.from_json(given["schedule"], "schedule")
    return replace(terms, when=when, schedule=schedule).lasting


def _nonce(terms: Terms) -> int:
    return secrets.randbelow(_NONCES) if terms.nonce is None else terms.nonce
