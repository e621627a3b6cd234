"""The intent: what an owner signs. "Give at most this, want at least that."

The common case, one asset given and one wanted, is a limit order (``Intent.is_swap``); a basket
has several legs on either side and fills all of them at one fraction.

Fraction rule: every fill executes at f = executed / max of the *reference leg* (first ``give`` leg
for ``EXACT_IN`` and ``BASKET``, the ``want`` leg for ``EXACT_OUT``). Limits are compared by
cross-multiplication, never by division, so rounding cannot cost the owner a unit.

A node holds many thousands of these, so they are structs, which are made fast, and which nobody looks through for
garbage: nothing in them leads back to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType

from msgspec import Struct

from intents.assets import AssetId
from intents.conditions import Condition, Schedule

#: The hash of a native intent (32 bytes), or the uid of a recorded order (1 to 64 bytes).
IntentId = NewType("IntentId", bytes)

MAX_LEGS: Final = 16
MAX_CURVE_POINTS: Final = 16
MAX_INTENT_BYTES: Final = 4096
#: ``valid_to`` of an intent that never expires by itself.
NEVER: Final = 2**63 - 1


class Kind(StrEnum):
    """Which side is exact."""

    EXACT_IN = "exact_in"  # a sell order: gives exactly what executes, wants at least
    EXACT_OUT = "exact_out"  # a buy order: wants exactly what executes, gives at most
    BASKET = "basket"  # several legs, all at one fraction of the first give leg


class FillMode(StrEnum):
    FILL_OR_KILL = "fok"
    PARTIAL = "partial"


class OwnerScheme(StrEnum):
    """How an owner proves an intent is theirs."""

    ED25519 = "ed25519"  # 32-byte public key, 64-byte signature
    EIP712 = "eip712"  # 20-byte Ethereum address, 65-byte signature over EIP-712 typed data
    RECORDED = "recorded"  # from a public record that carries no checkable signature


class Owner(Struct, frozen=True, order=True, gc=False):
    scheme: OwnerScheme
    key: bytes

    def __str__(self) -> str:
        return f"{self.scheme}:{self.key.hex()}"


class Leg(Struct, frozen=True, gc=False):
    """An asset with a bound: the most to give, or the least to want, when filled whole."""

    asset: AssetId
    amount: int


class FillRule(Struct, frozen=True, gc=False):
    """``min_fill`` is in units of the reference leg; it binds partial fills only."""

    mode: FillMode = FillMode.PARTIAL
    min_fill: int = 0


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """At auction ``at`` the moving limit (see ``DutchCurve``) stands at ``amount``."""

    at: int
    amount: int


@dataclass(frozen=True, slots=True)
class DutchCurve:
    """A limit that moves with the auction number, piecewise linear through ``points``.

    It moves the wanted amount of an ``EXACT_IN`` swap (usually down) and the given amount of an
    ``EXACT_OUT`` swap (usually up). Before the first and after the last point it is flat. Rounding
    favours the owner: wanted amounts round up, given amounts down. The curve replaces the
    leg's amount while it is running; the leg's own amount stays the hard bound the owner signed.
    """

    points: tuple[CurvePoint, ...]


@dataclass(frozen=True, slots=True)
class Exclusivity:
    """Until auction ``until`` (inclusive) others than ``solver`` must beat the limit by ``override_bps``."""

    solver: str
    until: int
    override_bps: int


class Intent(Struct, frozen=True, gc=False):
    """A signed statement of what may happen to its owner's balances, and nothing else.

    ``when``, ``schedule`` and ``group`` are the ledger's to keep (see ``intents.conditions``): an auction's record
    holds only intents that may trade in it. Of intents of one ``group`` of an owner the first to trade ends the
    others.

    ``network`` is the 32-byte genesis hash that stops replay elsewhere; ``valid_from`` and
    ``valid_to`` are inclusive auction numbers (Unix seconds for recorded orders); ``max_fee`` is
    the most that may be withheld from the first give leg for network cost at full fill.
    """

    network: bytes
    owner: Owner
    nonce: int
    valid_from: int
    valid_to: int
    give: tuple[Leg, ...]
    want: tuple[Leg, ...]
    kind: Kind
    fill: FillRule = FillRule()
    curve: DutchCurve | None = None
    exclusive: Exclusivity | None = None
    max_fee: int = 0
    when: Condition | None = None
    schedule: Schedule | None = None
    group: bytes = b""

    @property
    def is_swap(self) -> bool:
        return self.kind is not Kind.BASKET

    @property
    def reference_leg(self) -> Leg:
        return self.want[0] if self.kind is Kind.EXACT_OUT else self.give[0]

    @property
    def partial(self) -> bool:
        return self.fill.mode is FillMode.PARTIAL

    @property
    def pairs(self) -> tuple[tuple[AssetId, AssetId], ...]:
        """Directed (give, want) pairs this intent trades on, in leg order."""
        return tuple((give.asset, want.asset) for give in self.give for want in self.want)
