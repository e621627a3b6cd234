"""Performing a node's effects on its store: what must be on disk first, in as few commits as that takes.

An effect for the disk must be done before any effect after it. So all that the disk is asked for by a list of
effects may be done at once, in one commit, before the rest: nothing leaves earlier than it could, and a
synchronised write costs the same for one as for many.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final, TypeGuard, get_args

from node.agreement.effects import Persist
from node.catchup.messages import Archive, Install, Prune
from node.catchup.snapshot import rebuild
from node.chain.app import ChainApp
from node.chain.blocks import Phase, decode_header, phase_of
from node.effects import Commit, Effect, Store
from node.storage import store as storage

DiskEffect = Persist | Store | Commit | Archive | Prune | Install
_FOR_DISK: Final = frozenset(get_args(DiskEffect))


def for_disk(effect: Effect) -> TypeGuard[DiskEffect]:
    # To ask whether a struct is of one of these classes takes twenty times as long, and there are two effects for
    # every item.
    return type(effect) in _FOR_DISK


def divided(effects: Sequence[Effect]) -> tuple[list[DiskEffect], list[Effect]]:
    """What is for the disk, and the rest; each in its order."""
    disk = [effect for effect in effects if for_disk(effect)]
    return disk, [effect for effect in effects if not for_disk(effect)]


def in_order(effects: Sequence[Effect]) -> list[tuple[list[DiskEffect], list[Effect]]]:
    """The same with a commit for each disk effect but items: slow, and at every point a node could die between."""
    found: list[tuple[list[DiskEffect], list[Effect]]] = [([], [])]
    for effect in effects:
        if not for_disk(effect):
            found[-1][1].append(effect)
        elif isinstance(effect, Store) and all(isinstance(other, Store) for other in found[-1][0]):
            found[-1][0].append(effect)
        else:
            found.append(([effect], []))
    return found


class Performer:
    """Writes to ``store``. ``write`` may run in a thread of its own, one call at a time."""

    def __init__(self, store: storage.Store) -> None:
        self.store = store

    def write(self, effects: Sequence[DiskEffect], stale: Sequence[bytes] = ()) -> None:
        """One transaction, durable when this returns. Raises ``DiskFailed``: the node must end then.

        ``stale`` are ids of items to be dropped, see ``stale_items``.
        """
        with self.store.group():
            last = max((effect.height for effect in effects if type(effect) is Commit), default=-1)
            for kind, alike in groupby(effects, type):
                if kind is Store:
                    self.store.keep([item for effect in alike if type(effect) is Store for item in effect.items])
                    continue
                for effect in alike:
                    # Nobody asks what was said at a height that is decided by the same commit.
                    if not (type(effect) is Persist and effect.height <= last):
                        self._one(effect)
            self.store.drop(stale)

    def _one(self, effect: DiskEffect) -> None:
        store = self.store
        match effect:
            case Persist():
                store.append(effect.height, effect.records)
            case Commit():
                root = effect.applied.block.header.state_root
                store.decide(effect.height, effect.block, effect.certificate, effect.applied, root)
            case Archive():
                store.archive(effect.checkpoint)
            case Prune():
                store.prune(effect.below)
            case Install():
                checkpoint = effect.manifest.checkpoint
                root = decode_header(checkpoint.header).state_root
                store.install(effect.height, rebuild(effect.chunks, root), checkpoint)


def stale_items(effects: Sequence[Effect], store: storage.Store, app: ChainApp) -> list[bytes]:
    """Items on disk, by id, that can be dropped once all these effects are on disk: those that ``app``, which is
    already past them, does not hold any more. Looked for where an auction ends, when nothing of it is under seal;
    what the effects themselves store is not among them."""
    return unheld(store, held_items(app)) if any(map(ends_auction, effects)) else []


def ends_auction(effect: Effect) -> bool:
    return type(effect) is Commit and phase_of(effect.height) is Phase.SETTLE


def held_items(app: ChainApp) -> frozenset[bytes]:
    """The ids of all items that wait."""
    # In one step for each kind: the machine may be taking items in, in its thread.
    return frozenset().union(*app.waiting.values())


def unheld(store: storage.Store, held: frozenset[bytes]) -> list[bytes]:
    """The ids of the others on disk."""
    return [number for number in store.item_ids() if number not in held]
