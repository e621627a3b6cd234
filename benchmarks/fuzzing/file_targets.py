"""The decoders of what people hand a node: genesis and entry files, auctions, solutions, plain JSON."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from benchmarks.fuzzing import corpus
from benchmarks.fuzzing.mutate import json_bytes, spoilt, spoilt_json
from benchmarks.fuzzing.target import Target
from benchmarks.single_node import world
from intents.formats import load_auction
from intents.strict_json import parse_json
from node.home.entry import Entry, entry_from_json, entry_to_json
from node.home.genesis_file import GenesisFile, genesis_from_json, genesis_to_json
from settlement.solution_codec import solution_from_json, solution_to_json


def file_targets() -> tuple[Target, ...]:
    genesis = genesis_to_json(GenesisFile(world.genesis(), bootstrap=("/ip4/10.0.0.1/tcp/8644",)))
    return (
        Target("genesis file", documents(genesis), _json(genesis_from_json), share=0.1),
        Target("entry file", documents(_entry()), _json(entry_from_json)),
        Target("auction file", documents(corpus.auction()), lambda data: load_auction(data, "a.json"), share=0.5),
        Target("solution json", documents(solution_to_json(corpus.solutions()[0])), _json(solution_from_json)),
        Target("json", documents({"a": [1, {"b": "c"}], "d": 1.5}, spoil=0.9), lambda data: parse_json(data, "x")),
    )


def documents(sound: dict[str, Any], spoil: float = 0.15) -> Callable[[Random], bytes]:
    """JSON with a branch or two changed, some of it with bytes changed as well."""
    text = json_bytes(sound)

    def make(rng: Random) -> bytes:
        value: Any = sound
        for _ in range(rng.randint(1, 3)):
            value = spoilt_json(value, rng)
        data = json_bytes(value) if rng.random() < 0.95 else text
        return spoilt(data, rng, (text,)) if rng.random() < spoil else data

    return make


def _json(read: Callable[[object, str], object]) -> Callable[[bytes], object]:
    return lambda data: read(parse_json(data, "x"), "x")


def _entry() -> dict[str, Any]:
    key = corpus.KEYS[0].public
    return entry_to_json(Entry("one", "/ip4/10.0.0.1/tcp/8644", key, None))
