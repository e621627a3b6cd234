"""The last things that happened in a world, for whoever looks for what went wrong."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final

from msgspec import Struct

from node.machine import Effect
from sim.cluster import Cluster, Member

#: Bytes of a hash, and items of a list, that are told.
TOLD_BYTES: Final = 4
TOLD_ITEMS: Final = 4


class Recent:
    """Keeps the last ``limit`` events and effects of a cluster; they are put into words only when asked for."""

    def __init__(self, limit: int) -> None:
        self._kept: deque[tuple[int, str, tuple[Any, ...]]] = deque(maxlen=limit)
        self._cluster: Cluster | None = None

    def attach(self, cluster: Cluster) -> None:
        """Watch everything from now on, beside whoever watches already."""
        watch = cluster.watch
        self._cluster = cluster
        cluster.kernel.watch = self._event

        def both(member: Member, effect: Effect) -> None:
            if watch is not None:
                watch(member, effect)
            self._effect(member, effect)

        cluster.watch = both

    def lines(self) -> list[str]:
        """One line each, the oldest first."""
        return [f"{at / 1e6:11.6f} {what} {' '.join(map(brief, values))}" for at, what, values in self._kept]

    def _event(self, call: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        assert self._cluster is not None
        self._kept.append((self._cluster.kernel.now_us, f"→ {call.__name__.strip('_')}", arguments))

    def _effect(self, member: Member, effect: Effect) -> None:
        assert self._cluster is not None
        self._kept.append((self._cluster.kernel.now_us, f"    node {member.index}:", (effect,)))


def brief(value: Any) -> str:
    """A value in few words: hashes by their first bytes, records by their fields."""
    match value:
        case bytes():
            return value[:TOLD_BYTES].hex() or "-"
        case Member():
            return f"node {value.index}"
        case Enum():
            return value.name.lower()
        case tuple() | list() | set() | frozenset():
            told = [brief(item) for item in list(value)[:TOLD_ITEMS]]
            return f"[{' '.join(told)}{' …' if len(value) > TOLD_ITEMS else ''}]"
        case Cluster() | dict():
            return ""
        case Struct():
            return _told(value, value.__struct_fields__)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return _told(value, [item.name for item in fields(value)])
        case _:
            return str(value)[:80]


def _told(record: object, names: Sequence[str]) -> str:
    told = [brief(getattr(record, name)) for name in names[: 2 * TOLD_ITEMS]]
    return f"{type(record).__name__}({' '.join(told)})"
