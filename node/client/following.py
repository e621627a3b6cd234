"""Following an intent: its state as the node tells it, until nothing changes it any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from intents.assets import AssetId
from intents.conditions import CONDITION, MAX_GROUP_BYTES, SCHEDULE, Condition, Schedule
from intents.fields import Fields
from node.client.errors import NodeBusy, NotKnown, Unreachable
from node.client.node_client import NodeClient
from settlement.ledger.orders import DONE

POLL_S: Final = 0.2
MAX_STEPS: Final = 10_000
#: How long a node may be away (it restarts, say) before following gives up.
AWAY_S: Final = 30.0
#: How long an intent may be between its block and the node's history.
GONE_S: Final = 5.0
_ENDED: Final = frozenset(state.value for state in DONE)


@dataclass(frozen=True, slots=True)
class Step:
    """A moment of an intent's life."""

    state: str
    auction: int
    note: str


@dataclass(frozen=True, slots=True)
class Trade:
    """Part of it, or all, executed in one auction. The last figure is against the intent's own limit."""

    auction: int
    gave: int
    got: int
    solver: str
    over_limit_bps: float | None
    over_route_bps: float | None


@dataclass(frozen=True, slots=True)
class Life:
    """An intent as a node knows it; ``missed`` is why the last batch did not fill it, with that batch's number."""

    intent: bytes
    owner: bytes
    state: str
    give: AssetId
    want: AssetId
    give_max: int
    want_min: int
    gave: int
    got: int
    valid_to: int
    steps: tuple[Step, ...]
    trades: tuple[Trade, ...]
    missed: tuple[int, str, str] | None
    when: Condition | None = None
    schedule: Schedule | None = None
    group: bytes = b""

    @property
    def ended(self) -> bool:
        return self.state in _ENDED


def life_of(client: NodeClient, number: bytes) -> Life:
    """What the node knows. Raises ``NotKnown`` among others."""
    return life_in(client.get(f"/v1/intents/0x{number.hex()}"))


def life_in(fields: Fields) -> Life:
    """The document of an intent, read."""
    missed = fields.child("missed") if fields.has("missed") else None
    return Life(
        intent=fields.hex("intent"),
        owner=fields.hex("owner"),
        state=fields.text("state", limit=32),
        give=AssetId(fields.text("give")),
        want=AssetId(fields.text("want")),
        give_max=fields.integer("give_max"),
        want_min=fields.integer("want_min"),
        gave=fields.integer("gave"),
        got=fields.integer("got"),
        valid_to=fields.integer("valid_to"),
        steps=tuple(
            Step(row.text("state", limit=32), row.integer("auction"), row.text_or("note", ""))
            for row in fields.objects("steps", limit=MAX_STEPS)
        ),
        trades=tuple(
            _trade(row.integer("auction"), row.child("trade")) for row in fields.objects("trades", limit=MAX_STEPS)
        ),
        missed=None if missed is None else _missed(missed),
        when=CONDITION.from_json(fields.raw("when"), fields.at("when")) if fields.has("when") else None,
        schedule=SCHEDULE.from_json(fields.raw("schedule"), fields.at("schedule"))
        if fields.has("schedule")
        else None,
        group=fields.hex("group", limit=MAX_GROUP_BYTES) if fields.has("group") else b"",
    )


def follow(
    client: NodeClient, number: bytes, told: Callable[[Step], None], *, timeout_s: float, until_trade: bool = False
) -> Life | None:
    """The intent's life once it has ended, or as it is after ``timeout_s``; ``told`` hears of each new step.

    ``until_trade`` also ends with the first trade. ``None`` where the node forgot it: a block refused it.
    """
    deadline, seen, life = time.monotonic() + timeout_s, 0, None
    away: float | None = None
    gone: float | None = None
    while True:
        try:
            life, away, gone = life_of(client, number), None, None
            for step in life.steps[seen:]:
                told(step)
            seen = max(seen, len(life.steps))
            if life.ended or (until_trade and life.trades):
                return life
        except NotKnown:
            gone = time.monotonic() if gone is None else gone
            if time.monotonic() - gone > GONE_S:
                return None
        except (Unreachable, NodeBusy):
            away = time.monotonic() if away is None else away
            if time.monotonic() - away > AWAY_S:
                raise
        if time.monotonic() >= deadline:
            return life
        time.sleep(POLL_S)


def _trade(auction: int, row: Fields) -> Trade:
    return Trade(
        auction,
        row.integer("gave"),
        row.integer("got"),
        row.text("solver", limit=128),
        _bps(row, "over_limit_bps"),
        _bps(row, "over_route_bps"),
    )


def _missed(fields: Fields) -> tuple[int, str, str]:
    inner = fields.child("missed")
    return fields.integer("auction"), inner.text("code", limit=64), inner.text("why")


def _bps(fields: Fields, name: str) -> float | None:
    """A figure for people: read exactly, shown rounded."""
    from fractions import Fraction

    return float(fields.fraction(name, low=Fraction(-(10**18)))) if fields.has(name) else None
