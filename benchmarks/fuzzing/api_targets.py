"""The decoders of what comes over HTTP and WebSocket: bodies, the stream's messages, keys of tables."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec

from benchmarks.fuzzing import corpus
from benchmarks.fuzzing.file_targets import documents
from benchmarks.fuzzing.mutate import json_bytes, spoilt
from benchmarks.fuzzing.target import Target
from benchmarks.fuzzing.targets import fill_caches
from intents.codec import TERMS
from intents.errors import WalrasError
from intents.strict_json import parse_json
from node.api.answers_intents import _item_of
from node.api.answers_ledger import key_of
from node.api.forms_intents import SubmitIntent, SubmitIntents
from node.api.forms_quotes import AskQuote
from node.api.forms_stream import FromClient
from node.chain.items import check_item, decode_item
from node.chain.tables import TABLES

#: As in ``node.api.routing``, where they are answered as problems.
_DECLARED = (WalrasError, msgspec.ValidationError)
#: As in ``node.api.stream``.
_OF_STREAM = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_DEEP = b'{"type":"subscribe","topics":' + b"[" * 3_000


def api_targets() -> tuple[Target, ...]:
    item = corpus.items()[0]
    submission: Any = decode_item(item)
    whole = {"intent": TERMS.to_json(submission.intent), "signature": "0x" + submission.signature.hex()}
    quote = {"give": "AAA", "want": "BBB", "amount": "1000", "kind": "exact_in", "slippage_bps": 50}
    many = {"items": ["0x" + data.hex() for data in corpus.items()[:3]]}
    said = {"type": "subscribe", "topics": ["blocks", "auctions"], "epoch": "0a", "since": 5}
    return (
        Target("api: an intent", documents(whole), _submitted, _DECLARED, warm=fill_caches),
        Target("api: an item", documents({"item": "0x" + item.hex()}), _submitted, _DECLARED, warm=fill_caches),
        Target("api: items", documents(many), lambda data: _converted(data, SubmitIntents), _DECLARED),
        Target("api: a quote", documents(quote), lambda data: _converted(data, AskQuote), _DECLARED),
        Target("api: a stream's message", _messages(said), _message, _OF_STREAM),
        Target("api: a table's key", _keys, _key),
    )


def _converted(data: bytes, form: Any) -> Any:
    return msgspec.convert(parse_json(data, "body", max_bytes=1 << 20, max_depth=32), form)


def _submitted(data: bytes) -> None:
    check_item(decode_item(_item_of(_converted(data, SubmitIntent))), corpus.network())


def _messages(sound: dict[str, Any]) -> Any:
    usual = documents(sound)
    return lambda rng: spoilt(_DEEP, rng) if rng.random() < 0.001 else usual(rng)


def _message(data: bytes) -> None:
    msgspec.json.decode(data, type=FromClient)


def _keys(rng: Random) -> bytes:
    sound = [
        b"owner:0x" + b"00" * 33 + b"/AAA",
        b'["owner", "0x00"]',
        b"12",
        json_bytes("AAA"),
        b"rules",
        b"0x" + b"ab" * 32,
    ]
    return bytes([rng.randrange(len(TABLES))]) + spoilt(rng.choice(sound), rng, sound)


def _key(data: bytes) -> None:
    """The first byte says of which table; a query is text."""
    key_of(TABLES[data[0] % len(TABLES)] if data else TABLES[0], data[1:].decode("utf-8", "replace"))
