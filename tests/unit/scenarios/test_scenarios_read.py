"""Worlds are read strictly: every key known, every value in bounds, the place named."""

from __future__ import annotations

import pytest

from intents.errors import InputError, Malformed, UnknownField, WrongType, WrongValue
from scenarios.catalog import find, shipped
from scenarios.errors import OutOfBounds, UnknownScenario
from scenarios.read import world_from_toml
from scenarios.schema import world_schema
from scenarios.world import Pattern


def test_shipped_worlds_all_read_and_have_distinct_names() -> None:
    """Every shipped world reads, names itself after its file and says what is special about it."""
    worlds = shipped()
    assert len(worlds) >= 6
    assert len({world.name for world in worlds}) == len(worlds)
    assert all(world.title for world in worlds)
    assert all(find(world.name) == world for world in worlds)


def test_a_full_world_reads_into_typed_values() -> None:
    """Numbers, lists and enums arrive as their types; integers stand for floats."""
    world = world_from_toml(
        b'name = "x"\n[orders]\npattern = "ring"\nsize_median = 3\n[assets]\ndecimals = [6, 18]\n', "x.toml"
    )
    assert world.orders.pattern is Pattern.RING
    assert world.orders.size_median == 3.0
    assert world.assets.decimals == (6, 18)


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        (b"name = ", Malformed, "not TOML"),
        (b"\xff", Malformed, "not UTF-8 at byte 0"),
        (b'name = "x"\nbatchs = 2', UnknownField, 'did you mean "batches"'),
        (b'name = "x"\n[orders]\ncont = 2', UnknownField, 'x.toml: orders: unknown field "cont"'),
        (b'name = "x"\n[orders]\ncount = "many"', WrongType, "orders.count: expected int"),
        (b'name = "x"\n[orders]\ncount = true', WrongType, "orders.count"),
        (b'name = "x"\n[orders]\ncount = 0', OutOfBounds, "0 is outside 1 .. 20000"),
        (b'name = "x"\n[orders]\nsize_median = nan', OutOfBounds, "nan"),
        (b'name = "x"\n[orders]\npattern = "star"', WrongValue, "one of uniform"),
        (b'name = "x"\n[venues]\nstable = 3', WrongValue, "assets.pegged"),
        (b'name = "x"\n[assets]\ndecimals = [99]', OutOfBounds, "99"),
        (b'name = "x"\n[assets]\ndecimals = []', WrongValue, "at least one"),
        (b'name = "x"\nassets = 3', WrongType, "a table"),
        (b"batches = 2", WrongValue, "name"),
        (b'name = "../etc"', WrongValue, "name"),
    ],
)
def test_a_bad_world_names_the_place_and_the_value(text: bytes, error: type[InputError], words: str) -> None:
    """Each defect has its own error type, and the message says where and what."""
    with pytest.raises(error) as caught:
        world_from_toml(text, "x.toml")
    assert words in str(caught.value)
    assert str(caught.value).startswith("x.toml")


def test_an_unknown_scenario_suggests_a_near_one() -> None:
    """A typo in a name gets the shipped name it resembles."""
    with pytest.raises(UnknownScenario, match="deep-rings"):
        find("deep-ring")


def test_the_schema_knows_every_field_with_its_bounds() -> None:
    """The published schema is derived from the same fields the reader checks."""
    schema = world_schema()
    assert schema["properties"]["orders"]["properties"]["count"]["maximum"] == 20_000
    assert schema["properties"]["venues"]["properties"]["topology"]["enum"][0] == "hub"
    assert schema["additionalProperties"] is False
