"""Where a competition's auctions come from: worlds, files, folders of files, URLs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from intents.auction import Auction
from intents.errors import InputError, Unreadable

MAX_AUCTIONS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Source:
    """``load`` reads or draws the auction when its turn comes, so that memory holds one at a time."""

    origin: str
    load: Callable[[], tuple[Auction, tuple[str, ...]]]


def scenario_sources(
    names: Sequence[str], *, batches: int | None = None, seed: int | None = None
) -> tuple[Source, ...]:
    """``batches`` auctions of each named world (its own number by default); no names means all shipped."""
    from scenarios.catalog import find, shipped
    from scenarios.generate import generate
    from scenarios.world import World

    def source(world: World, batch: int) -> Source:
        return Source(world.name, lambda: (generate(world, batch, seed=seed), ()))

    worlds = tuple(find(name) for name in names) if names else shipped()
    return tuple(source(world, batch) for world in worlds for batch in range(1, (batches or world.batches) + 1))


def file_sources(paths: Sequence[str]) -> tuple[Source, ...]:
    """Every path or URL; a folder stands for the *.json files in it, by name."""
    from node.inputs import is_url, read_auction

    def source(origin: str) -> Source:
        def load() -> tuple[Auction, tuple[str, ...]]:
            imported = read_auction(origin)
            return imported.auction, imported.notes

        return Source(origin, load)

    found: list[str] = []
    for path in paths:
        if not is_url(path) and Path(path).is_dir():
            inside = sorted(str(file) for file in Path(path).glob("*.json"))
            if not inside:
                raise Unreadable(path, "holds no .json file")
            found += inside
        else:
            found.append(path)
    if len(found) > MAX_AUCTIONS:
        raise Unreadable(paths[0], f"{len(found)} auctions, at most {MAX_AUCTIONS} run at once")
    return tuple(source(origin) for origin in found)


def readable(sources: Sequence[Source], warn: Callable[[str], None]) -> tuple[Source, ...]:
    """The sources that load; the others are named through ``warn``. None at all is the first one's error."""
    good: list[Source] = []
    bad: list[InputError] = []
    for source in sources:
        try:
            source.load()
        except InputError as error:
            bad.append(error)
        else:
            good.append(source)
    for unreadable in bad if good else bad[1:]:
        warn(f"left out {unreadable}")
    if bad and not good:
        raise bad[0]
    return tuple(good)
