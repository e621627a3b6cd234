"""Waiting for an intent: each state as it comes, the end as the result, the receipt as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from node.cli.command import Settings, emit, note, warn
from node.cli.intent_text import life_document, life_text, step_line

if TYPE_CHECKING:
    from node.client.following import Life
    from node.client.market import Market
    from node.client.node_client import NodeClient


def wait_for(
    settings: Settings, client: NodeClient, number: bytes, market: Market, timeout_s: float, receipt: Path | None
) -> int:
    """The exit code: 0 where it was filled whole."""
    from node.client.errors import NotKnown
    from node.client.following import follow

    life = follow(client, number, lambda step: note(settings, step_line(step)), timeout_s=timeout_s)
    if life is None:
        raise NotKnown(client.url, "a block refused the intent, and nothing of it is kept", "intent.refused")
    if receipt is not None:
        write_receipt(settings, client, life, receipt)
    emit(settings, life_document(life), lambda: life_text(life, market))
    if not life.ended:
        warn(settings, "intent.waiting", f"it is {life.state} still: `walras intent show` tells later")
    return 0 if life.state == "settled" else 1


def write_receipt(settings: Settings, client: NodeClient, life: Life, path: Path) -> None:
    """Of the last auction it traded in."""
    from node.cli.writing import write_text
    from node.client.acting import receipt

    if not life.trades:
        warn(settings, "intent.no-receipt", "it has not traded: there is no receipt")
        return
    auction = life.trades[-1].auction
    write_text(path, receipt(client, auction).decode("utf-8"))
    note(settings, f"receipt of auction {auction} in {path}: try `walras auction verify {path}`")
