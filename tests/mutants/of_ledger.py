"""Mutants of the ledger and of storage."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import Mutant

STORE: Final = "node/storage/store.py"
HEAD: Final = "node/storage/head.py"
VENUES: Final = "settlement/ledger/venues.py"

LEDGER: Final = (
    Mutant(
        "the disk is not synchronised",
        STORE,
        '"synchronous=FULL"',
        '"synchronous=OFF"',
        "test_a_commit_waits_for_the_disk",
    ),
    Mutant(
        "checksums are not looked at",
        HEAD,
        " and checksum(key, data) == crc",
        "",
        "test_a_flipped_bit_is_noticed_when_the_row_is_read",
    ),
    Mutant(
        "a snapshot joins what was there",
        STORE,
        "self._entries.begin_anew(entries)",
        "self._entries.change(entries)",
        "test_a_snapshot_takes_the_place_of_all_there_was",
    ),
    Mutant(
        "deposits round down",
        VENUES,
        "mul_div_ceil(shares, reserve, total)",
        "mul_div_floor(shares, reserve, total)",
        "test_a_share_is_never_worth_less_to_those_who_stay",
    ),
    Mutant(
        "withdrawals round up",
        VENUES,
        "paid = [mul_div_floor(shares, reserve, total)",
        "paid = [mul_div_ceil(shares, reserve, total)",
        "test_a_share_is_never_worth_less_to_those_who_stay",
    ),
    Mutant(
        "accounts may be overdrawn",
        "settlement/ledger/books.py",
        "held < amount and source.kind not in BELOW_ZERO",
        "False",
        "test_what_cannot_take_effect_is_refused_by_name",
    ),
    Mutant(
        "nonces are not checked",
        "settlement/ledger/execute.py",
        "if transaction.nonce != expected:",
        "if False:",
        "test_what_cannot_take_effect_is_refused_by_name",
    ),
    Mutant(
        "an entry is not booked at its target",
        "settlement/ledger/books.py",
        "        self._put(target, asset, self.balance(target, asset) + amount)\n",
        "",
        "test_an_auction_settles_in_three_heights",
    ),
    Mutant(
        "a released bond is free at once",
        "settlement/ledger/bonds.py",
        "now < known.leaving_at",
        "False",
        "test_a_bond_is_free_only_after_the_time_it_stays_liable",
    ),
    Mutant(
        "leaves and nodes hash alike",
        "settlement/ledger/merkle.py",
        'hashlib.sha256(b"\\0" + leaf)',
        'hashlib.sha256(b"\\1" + leaf)',
        "test_known_roots_of_certificate_transparency",
    ),
)
