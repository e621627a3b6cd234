"""Laws of the interface: what a reader who was away is told, and which intents its document describes."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.codec import INTENT
from intents.errors import WalrasError
from intents.intent import Intent
from node.api.codec_schema import schema_of
from node.api.openapi import document
from node.api.ring import KINDS, Ring, kind_of
from tests.strategies import intents

TOPICS = ("blocks", "auctions", "peers", "intents", "intents:0xaa", "intents:0xbb")
SCHEMA = jsonschema_rs.validator_for(schema_of(INTENT))


@given(
    room=st.integers(1, 5),
    topics=st.lists(st.sampled_from(TOPICS), max_size=40),
    wanted=st.sets(st.sampled_from(TOPICS), min_size=1),
    since=st.integers(0, 45),
)
def test_all_that_was_missed_or_word_that_it_is_lost(
    room: int, topics: list[str], wanted: set[str], since: int
) -> None:
    """Against a list of everything: exactly the events after ``since``, or ``None`` where the ring let one go."""
    ring = Ring(room, 1 << 20)
    happened = []
    for topic in topics:
        seq = ring.next()
        ring.keep(seq, topic, f"{seq} {topic}".encode())
        happened.append((seq, topic))
    found = ring.after(since, wanted)
    missed = [f"{seq} {topic}".encode() for seq, topic in happened if seq > since and topic in wanted]
    kinds = {kind_of(topic) for topic in wanted}
    dropped = {seq for kind in KINDS for seq in [s for s, topic in happened if kind_of(topic) == kind][:-room]}
    lost = any(seq > since and kind_of(topic) in kinds and seq in dropped for seq, topic in happened)
    if since > len(topics) or lost:
        assert found is None
    else:
        assert found is not None
        assert list(found) == missed


@given(intents())
def test_every_intent_is_described(intent: Intent) -> None:
    """What the codec writes the schema admits."""
    SCHEMA.validate(json.loads(json.dumps(INTENT.to_json(intent))))


@given(intents(), st.data())
def test_what_the_schema_refuses_the_codec_refuses(intent: Intent, data: st.DataObject) -> None:
    """A field gone, a strange one, or one of another kind."""
    form = INTENT.to_json(intent)
    name = data.draw(st.sampled_from(sorted(form)))
    spoilt: dict[str, Any] = dict(form)
    match data.draw(st.sampled_from(["gone", "strange", "other"])):
        case "gone":
            del spoilt[name]
        case "strange":
            spoilt[name + "x"] = spoilt[name]
        case _:
            spoilt[name] = {"no": ["such", "value"]}
    if not SCHEMA.is_valid(spoilt):
        with pytest.raises(WalrasError):
            INTENT.from_json(spoilt, "intent")


def test_the_document_is_sound_itself() -> None:
    """Its schemas are JSON Schema, draft 2020-12."""
    for schema in json.loads(document())["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
