"""Faults of a simulation, carried out at their times and written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Final

from node.agreement.effects import Persist
from node.agreement.messages import Message
from node.machine import Effect, Store
from sim.cluster import Cluster, Crash, Member
from sim.faults import lies
from sim.recording.events import EventKind
from sim.scenario.parts import Byzantine, CrashStorm, Late, Lie, Partition
from sim.scenario.parts import Crash as PlannedCrash
from sim.world.transport import Transport

SECOND_US: Final = 1_000_000

#: Writes down that something happened: kind, node (−1: none in particular), detail.
Note = Callable[[EventKind, int, str], None]


class Faulting:
    """Puts the faults of a simulation on a cluster's clock. ``censored`` says whether a node refuses an item."""

    def __init__(self, cluster: Cluster, transport: Transport, faults: Sequence[object], note: Note) -> None:
        self.cluster, self.transport, self.note = cluster, transport, note
        self.rng: Random = cluster.kernel.stream("faults")
        self.storms = [fault for fault in faults if isinstance(fault, CrashStorm)]
        self.byzantine = [fault for fault in faults if isinstance(fault, Byzantine)]
        self.liars = sorted({node for fault in self.byzantine for node in fault.nodes})
        for fault in faults:
            if isinstance(fault, PlannedCrash):
                self._plan_crash(fault)
            elif isinstance(fault, Partition):
                self._plan_partition(fault)
            elif isinstance(fault, Late):
                self._plan_late(fault)
        for byzantine in self.byzantine:
            for node in byzantine.nodes:
                censors = byzantine.lie is Lie.CENSOR
                kind = EventKind.CENSOR if censors else EventKind.LIE
                self._at(
                    byzantine.from_s, self.note, kind, node, byzantine.victim if censors else byzantine.lie.value
                )
        for storm in self.storms:
            self._at(storm.from_s, self.note, EventKind.STORM, -1, "")
            self._at(storm.until_s, self.note, EventKind.CALM, -1, "")
        if self.storms:
            cluster.hazard = self._hazard
        if self.byzantine:
            cluster.corrupt = self._corrupt

    def censors(self, node: int) -> str:
        """Whose intents a node refuses at this moment, by the part's name; empty: nobody's."""
        for fault in self.byzantine:
            if fault.lie is Lie.CENSOR and node in fault.nodes and self._begun(fault):
                return fault.victim
        return ""

    def _plan_crash(self, fault: PlannedCrash) -> None:
        for node in fault.nodes:
            self._at(fault.at_s, self._crash, node)
            self._at(fault.at_s + fault.for_s, self._restart, node)

    def _plan_late(self, fault: Late) -> None:
        for node in fault.nodes:
            self.cluster.crash(node)
            self.transport.down(node)
            self._at(fault.at_s, self._restart, node)
            self._at(fault.at_s, self.note, EventKind.JOIN, node, "")

    def _plan_partition(self, fault: Partition) -> None:
        group, named = set(fault.nodes), ",".join(map(str, sorted(fault.nodes)))
        self._at(fault.at_s, self.cluster.links.cut, group)
        self._at(fault.at_s, self.note, EventKind.CUT, -1, named)
        self._at(fault.at_s + fault.for_s, self.cluster.links.heal)
        self._at(fault.at_s + fault.for_s, self.note, EventKind.HEAL, -1, named)

    def _at(self, at_s: float, call: Callable[..., None], *arguments: object) -> None:
        self.cluster.kernel.at(int(at_s * SECOND_US), call, *arguments)

    def _crash(self, node: int) -> None:
        self.cluster.crash(node)
        self.transport.down(node)
        self.note(EventKind.CRASH, node, "")

    def _restart(self, node: int) -> None:
        if not self.cluster.members[node].alive:
            self.transport.up(node)
            self.cluster.restart(node)
            self.note(EventKind.RESTART, node, "")

    def _hazard(self, member: Member, effect: Effect) -> None:
        now_us = self.cluster.kernel.now_us
        for storm in self.storms:
            if storm.from_s * SECOND_US <= now_us < storm.until_s * SECOND_US and self.rng.random() < storm.rate:
                self.note(EventKind.CRASH, member.index, type(effect).__name__)
                self.transport.down(member.index)
                down_us = self.rng.randint(1_000, max(1_000, int(storm.down_s * SECOND_US)))
                self.cluster.kernel.after(down_us, self._restart, member.index)
                raise Crash(self.rng.randint(0, _parts(effect)))

    def _corrupt(self, member: Member, target: int, message: Message) -> Iterable[Message]:
        for fault in self.byzantine:
            if member.index in fault.nodes and fault.lie is not Lie.CENSOR and self._begun(fault):
                return lies(fault.lie.value, self.cluster, member, target, message, self.rng)
        return (message,)

    def _begun(self, fault: Byzantine) -> bool:
        return self.cluster.kernel.now_us >= fault.from_s * SECOND_US


def _parts(effect: Effect) -> int:
    """How many records a write consists of: any first part of it may reach the disk."""
    match effect:
        case Persist():
            return len(effect.records)
        case Store():
            return len(effect.items)
        case _:
            return 0
