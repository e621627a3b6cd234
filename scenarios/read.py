"""Reading a world from TOML text: every key known, every value in its bounds, or a typed error naming it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from intents.errors import WrongValue
from intents.strict_toml import MAX_TOML_BYTES, parse_toml
from scenarios.errors import OutOfBounds
from scenarios.records import record
from scenarios.world import World

MAX_WORLD_BYTES: Final = MAX_TOML_BYTES
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def world_from_toml(data: bytes, where: str) -> World:
    """The world described by ``data``, or an ``InputError`` that names the place and the value."""
    return world_from(parse_toml(data, where), where)


def world_from(document: Mapping[str, Any], where: str) -> World:
    """As ``world_from_toml``, of a document that is parsed already."""
    world = record(World, document, f"{where}: ")
    if not NAME.fullmatch(world.name):
        raise WrongValue(f"{where}: name", "a name of a-z, 0-9 and dashes (at most 64)", repr(world.name))
    _check_together(world, where)
    return world


def _check_together(world: World, where: str) -> None:
    if world.venues.stable and not world.assets.pegged:
        raise WrongValue(f"{where}: venues.stable", "0 unless assets.pegged is true", str(world.venues.stable))
    if not world.assets.decimals:
        raise WrongValue(f"{where}: assets.decimals", "a list with at least one entry", "[]")
    for decimals in world.assets.decimals:
        if not 0 <= decimals <= 24:
            raise OutOfBounds(f"{where}: assets.decimals", decimals, 0, 24)
    if not world.venues.fee_bps:
        raise WrongValue(f"{where}: venues.fee_bps", "a list with at least one entry", "[]")
    for fee in world.venues.fee_bps:
        if not 0 <= fee <= 5_000:
            raise OutOfBounds(f"{where}: venues.fee_bps", fee, 0, 5_000)
