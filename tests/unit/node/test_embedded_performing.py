"""What a node does with its effects: which are for the disk, and what must be held while it is written."""

from __future__ import annotations

from threading import Thread
from types import SimpleNamespace
from typing import Any

from node.agreement.effects import Persist, SetTimer, Timeout, Timer
from node.chain.blocks import Phase
from node.effects import Effect, Gossip
from node.effects import Store as Keep
from node.embedded.performing import divided, held_items, in_order


def test_disk_effects_come_first_or_in_order() -> None:
    """At once, or each before what follows it; items share a commit either way."""
    effects: list[Effect] = [
        Keep((b"a",)),
        Gossip(b"a"),
        Keep((b"b",)),
        Gossip(b"b"),
        Persist(0, ()),
        SetTimer(Timer(Timeout.WINDOW, 0, 0), 1),
        Persist(0, ()),
    ]
    disk, others = divided(effects)
    assert [type(effect) for effect in disk] == [Keep, Keep, Persist, Persist]
    assert others == [effects[1], effects[3], effects[5]]
    assert [(len(disk), len(others)) for disk, others in in_order(effects)] == [(2, 2), (1, 1), (1, 0)]


def test_what_is_held_is_told_while_the_machine_takes_in_more() -> None:
    """The machine works in a thread of its own: counting beside it sees a moment, and does not fail."""
    numbers = [number.to_bytes(32, "big") for number in range(200_000)]
    app: Any = SimpleNamespace(waiting={phase: dict.fromkeys(numbers[:50_000], b"") for phase in Phase})
    taken = app.waiting[Phase.BATCH]
    working = Thread(target=lambda: [taken.update({number: b""}) for number in numbers[50_000:]])
    working.start()
    found = [held_items(app) for _ in range(20)]
    working.join()
    assert all(set(numbers[:50_000]) <= held for held in found)
    assert held_items(app) == frozenset(numbers)
