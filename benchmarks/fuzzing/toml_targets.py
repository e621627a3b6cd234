"""The decoders of TOML: its text, and by themselves the forms that worlds, simulations and configurations have.

Reading the text takes ten times what reading the form does, so forms get theirs as JSON and the texts of whole
files fewer inputs. What JSON has no word for stands in it as ``NaN`` or as an object with the key NUL, a date.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from benchmarks.fuzzing.file_targets import documents
from benchmarks.fuzzing.mutate import spoilt_text
from benchmarks.fuzzing.target import Target
from intents.strict_toml import _check_numbers, parse_toml
from node.home.config import NetworkPart, NodeConfig
from node.home.config_file import config_of, config_text, read_config
from scenarios.read import world_from, world_from_toml
from sim.scenario import catalog
from sim.scenario.extending import resolved
from sim.scenario.simulation import variants_of

_SHIPPED: Final = Path(__file__).resolve().parents[2] / "scenarios"
_WORDS: Final = (b"NaN", b"Infinity", b'{"\\u0000": 1}')


def toml_targets(folder: Path) -> tuple[Target, ...]:
    """``folder`` is written to: some of these read files."""
    config = config_text(NodeConfig(network=NetworkPart())).encode()
    worlds, simulations = _all(_SHIPPED), _all(_SHIPPED / "simulations")
    return (
        Target("toml", lines_of((_short(config),)), lambda data: parse_toml(data, "x")),
        Target("config", _forms((config,)), _formed(config_of)),
        Target("world", _forms(worlds), _formed(world_from)),
        Target("simulation", _forms(simulations), _formed(_variants), share=0.5),
        Target("config file", lines_of((config,)), _config_in(folder / "walras.toml"), share=0.1, most=50_000),
        Target("world file", lines_of(worlds), lambda data: world_from_toml(data, "w"), share=0.2, most=50_000),
        Target(
            "simulation file", lines_of(simulations), _simulation_in(folder / "s.toml"), share=0.1, most=20_000
        ),
    )


def _all(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("*.toml"))]


def _short(text: bytes) -> bytes:
    """Without its comments, and no more lines than teach something."""
    return b"\n".join(line for line in text.split(b"\n") if line and not line.startswith(b"#"))[:600]


def _forms(texts: Sequence[bytes]) -> Callable[[Random], bytes]:
    makers = [documents(parse_toml(text, "x"), spoil=0.01) for text in texts]

    def make(rng: Random) -> bytes:
        data = rng.choice(makers)(rng)
        return data.replace(b'"NaN"', rng.choice(_WORDS)) if rng.random() < 0.5 else data

    return make


def _formed(read: Callable[[Mapping[str, Any], str], object]) -> Callable[[bytes], object]:
    """Nothing where the bytes are no document that TOML could be."""

    def formed(data: bytes) -> None:
        try:
            document = json.loads(data, object_hook=_dated)
        except ValueError:
            return
        if isinstance(document, dict):
            _check_numbers(document, "x")
            read(document, "x")

    return formed


def _dated(value: dict[str, Any]) -> object:
    return date(2021, 2, 3) if "\0" in value else value


def _config_in(path: Path) -> Callable[[bytes], object]:
    def read(data: bytes) -> None:
        path.write_bytes(data)
        read_config(path, {}, {})

    return read


def _variants(document: Mapping[str, Any], where: str) -> object:
    """With what it extends, which is shipped."""
    return variants_of(resolved(document, where, _extended), where)


@cache
def _extended(name: str) -> Mapping[str, Any]:
    return catalog.find(name).document


def _simulation_in(path: Path) -> Callable[[bytes], object]:
    def read(data: bytes) -> None:
        path.write_bytes(data)
        found = catalog.find(str(path))
        variants_of(found.document, found.where)

    return read


def lines_of(sound: Sequence[bytes]) -> Callable[[Random], bytes]:
    """A sound file with one to three of its lines changed."""

    def make(rng: Random) -> bytes:
        data = rng.choice(sound)
        for _ in range(rng.randint(1, 3)):
            data = spoilt_text(data, rng)
        return data

    return make
