"""What a user does: sign and hand in intents and cancels, fetch receipts."""

from __future__ import annotations

import time
from dataclasses import replace

from intents.assets import AssetId
from intents.fields import Fields
from intents.intent import Intent, IntentId
from intents.signing import SigningKey, sign_intent
from node.chain.items import Item, Submission, encode_item
from node.client.errors import NodeBusy, NotEnough
from node.client.following import POLL_S
from node.client.market import MAX_ASSETS, Market
from node.client.node_client import NodeClient
from settlement.ledger.transactions import Action, Cancel, LeaveBond, Transaction


def submit(client: NodeClient, key: SigningKey, intent: Intent) -> tuple[bytes, str]:
    """Sign the intent and hand it in; its id and state once the node has it on disk."""
    answer = client.post("/v1/intents", {"item": _hex(Submission(intent, sign_intent(key, intent)))})
    return answer.hex("id"), answer.text("state", limit=32)


def cancel(client: NodeClient, key: SigningKey, network: bytes, intents: tuple[IntentId, ...]) -> Fields:
    """Ask the next block to end these intents of the key's owner."""
    return act(client, key, network, Cancel(intents))


def act(client: NodeClient, key: SigningKey, network: bytes, action: Action) -> Fields:
    """Sign a transaction with the account's next nonce and hand it in."""
    bare = Transaction(key.public, 0, action)
    account = client.get(f"/v1/accounts/0x{bare.holder.hex()}")
    bare = replace(bare, nonce=account.integer("nonce", high=2**63 - 1))
    signed = replace(bare, signature=key.sign(bare.signed(network)))
    return client.post("/v1/transactions", {"item": _hex(signed)})


def check_funds(client: NodeClient, key: SigningKey, asset: AssetId, amount: int, market: Market) -> None:
    """Raises ``NotEnough`` where the key's account holds less: blocks would refuse it without a word."""
    holder = "0x" + Transaction(key.public, 0, LeaveBond()).holder.hex()
    rows = client.get(f"/v1/accounts/{holder}").objects("balances", limit=MAX_ASSETS)
    held = sum(row.integer("amount") for row in rows if row.text("asset", limit=64) == asset)
    if held < amount:
        raise NotEnough(holder, market.shown(amount, asset), market.shown(held, asset))


def act_and_wait(client: NodeClient, key: SigningKey, network: bytes, action: Action, *, timeout_s: float) -> None:
    """As ``act``; returns once a block has taken the transaction in, whatever came of it.

    Raises ``NodeBusy`` where that takes longer.
    """
    path = f"/v1/accounts/0x{Transaction(key.public, 0, action).holder.hex()}"
    before = client.get(path).integer("nonce", high=2**63 - 1)
    act(client, key, network, action)
    deadline = time.monotonic() + timeout_s
    while client.get(path).integer("nonce", high=2**63 - 1) <= before:
        if time.monotonic() > deadline:
            raise NodeBusy(
                client.url,
                f"no block took the transaction within {timeout_s:g} s: it waits, or was refused",
                "node.waiting",
            )
        time.sleep(POLL_S)


def receipt(client: NodeClient, auction: int) -> bytes:
    """The receipt of a settled auction: the file that ``walras auction verify`` checks."""
    return client.get_bytes(f"/v1/auctions/{auction}/receipt")


def _hex(item: Item) -> str:
    return "0x" + encode_item(item).hex()
