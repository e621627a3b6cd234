"""Gossipsub's protobuf to and from :class:`p2p.messages.Rpc`, signature policy StrictNoSign."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError
from libp2p.pubsub.pb import rpc_pb2

from p2p.base import Limits
from p2p.framing import varint
from p2p.messages import Rpc

_ID_BYTES = 32
_TOPIC_BYTES = 256
#: Parts (subscriptions, messages, topics of control) in one RPC, and ids in one.
_PARTS, _IDS = 512, 16_384


class BadRpc(Exception):
    """Bytes that are no RPC of this network."""


def encode(rpc: Rpc) -> bytes:
    """An RPC as it goes on the stream: ``varint(length) ‖ protobuf``."""
    return framed([body(rpc)])


def framed(bodies: list[bytes]) -> bytes:
    """Several RPCs as one: protobuf reads messages written one after another as one with all their parts."""
    return varint(sum(map(len, bodies))) + b"".join(bodies)


def body(rpc: Rpc) -> bytes:
    """An RPC in protobuf."""
    out = _message("RPC")
    for on, topic in rpc.subscriptions:
        out.subscriptions.add(subscribe=on, topicid=topic)
    for topic, data in rpc.messages:
        out.publish.add(data=data, topicIDs=[topic])
    for topic, mids in rpc.ihave:
        out.control.ihave.add(topicID=topic).messageIDs.extend(mids)
    if rpc.iwant:
        out.control.iwant.add().messageIDs.extend(rpc.iwant)
    for topic in rpc.graft:
        out.control.graft.add(topicID=topic)
    for topic, backoff_s in rpc.prune:
        out.control.prune.add(topicID=topic, backoff=backoff_s)
    if rpc.idontwant:
        out.control.idontwant.add().messageIDs.extend(rpc.idontwant)
    written: bytes = out.SerializeToString()
    return written


def decode(frame: bytes, limits: Limits) -> Rpc:
    """The RPC in a frame (without its length).

    Raises:
        BadRpc: not protobuf, over a limit, or a message with an author, a number, a key or a signature.
    """
    read = _message("RPC")
    try:
        read.ParseFromString(frame)
    except (DecodeError, ValueError, RecursionError) as error:
        raise BadRpc("not protobuf") from error
    control = read.control
    parts = sum(map(len, (read.subscriptions, read.publish, control.ihave, control.iwant, control.graft)))
    if parts + len(control.prune) + len(control.idontwant) > _PARTS:
        raise BadRpc("too many parts")
    return Rpc(
        subscriptions=tuple((bool(part.subscribe), _topic(part.topicid)) for part in read.subscriptions),
        messages=tuple(_publish(part, limits) for part in read.publish),
        ihave=tuple((_topic(part.topicID), _ids(part.messageIDs)) for part in control.ihave),
        iwant=_ids([mid for part in control.iwant for mid in part.messageIDs]),
        graft=tuple(_topic(part.topicID) for part in control.graft),
        prune=tuple((_topic(part.topicID), min(int(part.backoff), 3_600)) for part in control.prune),
        idontwant=_ids([mid for part in control.idontwant for mid in part.messageIDs]),
    )


def _publish(part: Any, limits: Limits) -> tuple[str, bytes]:
    if part.from_id or part.seqno or part.key or part.signature:
        raise BadRpc("a signed message where none is")
    if len(part.topicIDs) != 1:
        raise BadRpc(f"a message of {len(part.topicIDs)} topics")
    if len(part.data) > limits.message_bytes:
        raise BadRpc("a message over the limit")
    return _topic(part.topicIDs[0]), bytes(part.data)


def _topic(text: object) -> str:
    # What is not UTF-8 comes out of the parser as bytes.
    if not isinstance(text, str) or not text or len(text) > _TOPIC_BYTES:
        raise BadRpc("a topic that is no text, of no length, or too long")
    return text


def _ids(mids: Any) -> tuple[bytes, ...]:
    if len(mids) > _IDS or any(len(mid) != _ID_BYTES for mid in mids):
        raise BadRpc("too many ids, or not ids")
    return tuple(bytes(mid) for mid in mids)


def _message(name: str) -> Any:
    """A new protobuf message; the generated module has no types to speak of."""
    return getattr(rpc_pb2, name)()
