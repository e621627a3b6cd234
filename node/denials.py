"""What the ledger's denials mean, in a sentence each, and the figures of the rules that they go by."""

from __future__ import annotations

from typing import Final

from settlement.ledger.admission import Denial
from settlement.ledger.rules import Rules

#: What a block says of an intent that it does not take: this, and the denial's code.
PREFIX: Final = "denied."
_MEANINGS: Final = {
    Denial.DUPLICATE: "the very same intent is on the ledger, or was and could still be replayed",
    Denial.NONCE: "its owner has used its nonce for another intent: take a new one",
    Denial.EXPIRED: "its last auction was over when a block could take it in",
    Denial.ASSET: "it names an asset that this ledger does not know",
    Denial.BALANCE: "its owner holds nothing of what it gives, or not all of it though it must fill whole",
    Denial.SIZE: "what it gives is worth too little to be traded here, or too much to be meant",
    Denial.PRICE_BAND: "at the agreed prices its limit would give away too much: it looks like a mistake",
    Denial.RATE: "its owner has had as many intents taken in this auction as one may: submit it again in the next",
    Denial.HALTED: "trading is halted: no intents are taken until guardians ask for it to go on",
    Denial.REDUCING: "nobody may take on what it wants now: trading is reduced to getting out into the numeraire, "
    "or the price of an asset it wants is stale",
    Denial.OPEN: "its owner has as many intents resting as one may: cancel one first",
}


def denial_words(said: str) -> str:
    """A block's word of an intent it did not take, with what it means; as it is where it is another."""
    code = said.removeprefix(PREFIX)
    if not said.startswith(PREFIX) or code not in list(Denial):
        return said
    return f"{said}: {_MEANINGS[Denial(code)]}"


def denial_rule(words: str, rules: Rules) -> str:
    """The rule that a denial, in its words, goes by, as the network has it; "" where it has no figures."""
    match words.removeprefix(PREFIX).partition(":")[0]:
        case Denial.SIZE:
            most = f" and at most {rules.max_notional}" if rules.max_notional else ""
            return f"min_notional: at least {rules.min_notional}{most} base units of {rules.numeraire}"
        case Denial.PRICE_BAND:
            return f"band_bps: at most {rules.band_bps} bps beyond the agreed prices"
        case Denial.RATE:
            return f"max_new_per_owner: {rules.max_new_per_owner} an auction"
        case Denial.OPEN:
            return f"max_open_per_owner: {rules.max_open_per_owner}"
    return ""
