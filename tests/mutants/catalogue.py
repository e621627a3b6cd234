"""The mutants: one plausible mistake each, as a replacement of text that must occur exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Mutant:
    """``old`` becomes ``new`` in ``file``."""

    name: str
    file: str
    old: str
    new: str


CORE: Final = "node/agreement/core.py"
TALLY: Final = "node/agreement/tally.py"
APP: Final = "node/chain/app.py"
STORE: Final = "node/storage/store.py"
HEAD: Final = "node/storage/head.py"
LEDGER: Final = "settlement/ledger/"

MUTANTS: Final = (
    Mutant("keep the first vote only", TALLY, "KEPT: Final = 2", "KEPT: Final = 1"),
    Mutant("a polka in a proposal is not verified", CORE, "            or not self.checks(polka)\n", ""),
    Mutant(
        "a polka's votes are not counted",
        CORE,
        "        self._count(polka)\n        return True",
        "        return True",
    ),
    Mutant(
        "vote for whatever is proposed, locked or not",
        CORE,
        "free = self.locked is None or self.locked[1] == proposal.block",
        "free = True",
    ),
    Mutant("any polka frees a lock", CORE, "self.locked[0] <= proposal.valid_round", "proposal.valid_round >= 0"),
    Mutant(
        "no polka frees a lock",
        CORE,
        "free = free or (self.locked is not None and self.locked[0] <= proposal.valid_round)",
        "pass",
    ),
    Mutant("a polka does not lock", CORE, "                self.locked = (self.round, block)\n", ""),
    Mutant("the lock is not on disk", CORE, "[] if lock is None else [lock]", "[]"),
    Mutant("votes leave before they are on disk", CORE, "        self._persist(*records, Sent(message))\n", ""),
    Mutant(
        "a quorum is half",
        "node/agreement/validators.py",
        "2 * power // 3 + 1",
        "power // 2",
    ),
    Mutant("one is witness enough", "node/agreement/validators.py", "(power - 1) // 3 + 1", "1"),
    Mutant(
        "timeouts do not grow",
        "node/agreement/timeouts.py",
        "self.vote_ms + self.vote_step_ms * round",
        "self.vote_ms",
    ),
    Mutant("rounds are never skipped", CORE, "if self.tally.latest > self.round:", "if False:"),
    Mutant("rounds are skipped to without bound", CORE, "min(self.round + MAX_SKIP, MAX_ROUND)", "MAX_ROUND"),
    Mutant(
        "signatures of votes are not checked",
        CORE,
        "        if self._signed(vote):\n",
        "        if True:\n",
    ),
    Mutant(
        "anybody may propose",
        CORE,
        "proposal.sender != self.validators.proposer(self.height, proposal.round)",
        "False",
    ),
    Mutant(
        "one signature thrice is a quorum",
        CORE,
        "not last < sender < len(members)",
        "not 0 <= sender < len(members)",
    ),
    Mutant(
        "a decision needs no certificate",
        CORE,
        "            and self.checks(certificate)\n        ):\n            self._keep_body(decision.block)",
        "        ):\n            self._keep_body(decision.block)",
    ),
    Mutant(
        "a restarted node votes anew",
        CORE,
        "            self.round, self.step = max((self.round, self.step), (message.round, step))\n",
        "",
    ),
    Mutant(
        "the window is not waited for", CORE, "(self.step is not Step.WAIT and self._rules())", "self._rules()"
    ),
    Mutant("the proposer may leave items out", APP, "not set(must) <= set(ids)", "False"),
    Mutant(
        "an item may be in a block twice", APP, "ordered(set(ids), self.previous)", "ordered(ids, self.previous)"
    ),
    Mutant("the state root is not compared", APP, "draft.root() != block.state_root", "False"),
    Mutant("statements of what was seen are not counted", APP, "return power >= validators.quorum", "return True"),
    Mutant("the disk is not synchronised", STORE, '"synchronous=FULL"', '"synchronous=OFF"'),
    Mutant("checksums are not looked at", HEAD, " and checksum(key, data) == crc", ""),
    Mutant(
        "deposits round down",
        LEDGER + "venues.py",
        "mul_div_ceil(shares, reserve, total)",
        "mul_div_floor(shares, reserve, total)",
    ),
    Mutant(
        "withdrawals round up",
        LEDGER + "venues.py",
        "paid = [mul_div_floor(shares, reserve, total)",
        "paid = [mul_div_ceil(shares, reserve, total)",
    ),
    Mutant(
        "accounts may be overdrawn",
        LEDGER + "books.py",
        "held < amount and source.kind not in BELOW_ZERO",
        "False",
    ),
    Mutant("nonces are not checked", LEDGER + "execute.py", "if transaction.nonce != expected:", "if False:"),
    Mutant(
        "an entry is not booked at its target",
        LEDGER + "books.py",
        "        self._put(target, asset, self.balance(target, asset) + amount)\n",
        "",
    ),
    Mutant("a released bond is free at once", LEDGER + "bonds.py", "now < known.leaving_at", "False"),
    Mutant(
        "leaves and nodes hash alike",
        LEDGER + "merkle.py",
        'hashlib.sha256(b"\\0" + leaf)',
        'hashlib.sha256(b"\\1" + leaf)',
    ),
)
