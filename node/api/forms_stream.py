"""Messages of the stream, both ways; ``docs/api.md`` tells the protocol."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from node.api.forms import Hex, PhaseName

MAX_SEQ = 2**62
#: blocks, auctions, peers, intents, or intents:0x… for one intent's life.
Topic = Annotated[str, Meta(pattern="^(blocks|auctions|peers|intents(:0x([0-9a-f]{2}){1,64})?)$")]


class Subscribe(Struct, tag_field="type", tag="subscribe", forbid_unknown_fields=True):
    """From now on, or from after event ``since`` of ``epoch`` where both are given."""

    topics: Annotated[list[Topic], Meta(min_length=1, max_length=64)]
    epoch: Annotated[str, Meta(max_length=32)] = ""
    since: Annotated[int, Meta(ge=0, le=MAX_SEQ)] | None = None


class Unsubscribe(Struct, tag_field="type", tag="unsubscribe", forbid_unknown_fields=True):
    topics: Annotated[list[Topic], Meta(min_length=1, max_length=64)]


class Alive(Struct, tag_field="type", tag="alive", forbid_unknown_fields=True):
    """The answer to a heartbeat; any other message does as well."""


FromClient = Subscribe | Unsubscribe | Alive


class Hello(Struct, tag_field="type", tag="hello"):
    """``epoch`` names this run of numbers: after a restart numbers begin anew under another."""

    epoch: str
    seq: int
    heartbeat_s: float


class Subscribed(Struct, tag_field="type", tag="subscribed"):
    """All topics of the connection now. Events after this have numbers above those it was told of before."""

    topics: list[str]
    seq: int


class Reset(Struct, tag_field="type", tag="reset"):
    """Events between were lost: ask for the present by HTTP, and go on from ``seq``."""

    epoch: str
    seq: int
    why: str


class Heartbeat(Struct, tag_field="type", tag="heartbeat"):
    seq: int


class Refused(Struct, tag_field="type", tag="refused"):
    """A message that was not understood; the connection goes on."""

    code: str
    detail: str


class Event(Struct, tag_field="type", tag="event"):
    seq: int
    topic: str
    at_ms: int
    data: object


class BlockEvent(Struct):
    height: int
    phase: PhaseName
    auction: int
    block: Hex
    round: int
    proposer: Hex
    items: int


class PeerEvent(Struct):
    kind: str
    peer: str
    reason: str


class ItemsEvent(Struct):
    """Items that came within a tenth of a second: ``count``, and the first of them; ``gossiped``: from peers."""

    count: int
    gossiped: bool
    items: list[Hex]
