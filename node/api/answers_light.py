"""Answers to those who follow headers alone."""

from __future__ import annotations

from msgspec import Struct

from node.api.context import Context
from node.api.converting import to_hex
from node.api.forms import Hex
from node.api.operation import Call, Reply
from node.catchup.wire import MAX_LINKS, encode_checkpoint


class CheckpointsForm(Struct):
    """Each in canonical bytes (docs/wire.md), in order; ``more`` where others follow the last."""

    checkpoints: list[Hex]
    more: bool


async def checkpoints(context: Context, call: Call) -> Reply:
    after = -1 if call["after"] is None else call["after"]
    found = context.node.checkpoints(after)
    return Reply(CheckpointsForm([to_hex(encode_checkpoint(one)) for one in found], len(found) >= MAX_LINKS))
