"""Who votes from the next height on: stakes bought and given up, liars banned, the silent jailed.

Powers change in SETTLE blocks alone, by at most a third of all votes in one, so that two thirds of those who
decided a block still decide the next: first the banned and jailed, then who leaves, then who joins. What is over
waits for the next SETTLE. So the last votes never go, and of a set of less than three none does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from node.agreement.validators import MAX_POWER, MAX_VALIDATORS, Validator, ValidatorSet
from node.chain.blocks import Evidence, Phase, phase_of
from node.chain.tables import chain_of, put_validators, validators_of
from settlement.ledger import stakes
from settlement.ledger.books import Books, Entry
from settlement.ledger.rules import rules_of
from settlement.ledger.stakes import STAKES, Stake, stake_rules_of
from settlement.ledger.state import Draft

#: Rounds of one height whose proposers are told to have missed their turn.
MAX_TOLD = 64


@dataclass
class Ruling:
    """What became of validators in a block: the slashed with what they lost, the jailed, entries in the books."""

    slashed: dict[bytes, int] = field(default_factory=dict)
    jailed: list[bytes] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


def holder_of(key: bytes) -> bytes:
    """A validator's account."""
    return b"\0" + key


def conclude(draft: Draft, height: int, round: int, evidence: Sequence[Evidence]) -> Ruling:
    """After a block made in ``round`` has taken effect: note whose turns it shows missed; in SETTLE, ban those
    whose lies it proves, and move powers."""
    ruling = Ruling()
    _note_turns(draft, validators_of(draft), height, round, ruling)
    if phase_of(height) is Phase.SETTLE:
        _ban(draft, evidence, ruling)
        _move_powers(draft)
    return ruling


def _note_turns(draft: Draft, validators: ValidatorSet, height: int, round: int, ruling: Ruling) -> None:
    rules, now = stake_rules_of(draft), chain_of(draft).auction
    for turn in range(max(0, round + 1 - MAX_TOLD), round + 1):
        key = validators.members[validators.proposer(height, turn)].key
        before = draft.get(STAKES, holder_of(key))
        if before is None or not (before.missed or turn < round):
            continue
        after = stakes.turned(before, turn < round, rules, now)
        if after.jailed_until and not before.jailed_until:
            ruling.jailed.append(key)
        draft.set(STAKES, holder_of(key), after)


def _ban(draft: Draft, evidence: Sequence[Evidence], ruling: Ruling) -> None:
    if evidence:
        books, rules = Books(draft), rules_of(draft)
        for found in evidence:
            ruling.slashed[found.key] = stakes.ban(books, rules, holder_of(found.key))
        books.check()
        ruling.entries += books.entries


def _free(draft: Draft) -> None:
    """Where votes have no price validators need not be accounts, so nobody can ask: there jail ends by itself."""
    now = chain_of(draft).auction
    for holder, stake in sorted(draft.rows(STAKES).items()):
        if stake.jailed_until and stake.jailed_until <= now:
            draft.set(STAKES, holder, replace(stake, jailed_until=0, missed=0))


def _move_powers(draft: Draft) -> None:
    now, rules = chain_of(draft).auction, stake_rules_of(draft)
    if not rules.vote_price:
        _free(draft)
    before = validators_of(draft)
    room, power = before.power // 3, {member.key: member.power for member in before.members}
    known = {holder[1:]: stake for holder, stake in sorted(draft.rows(STAKES).items())}
    for key in sorted(known, key=lambda key: (not (known[key].banned or known[key].jailed_until), key)):
        fall = min(room, max(0, power.get(key, 0) - known[key].wanted))
        if fall:
            power[key], room = power[key] - fall, room - fall
    for key, stake in known.items():
        seats = MAX_VALIDATORS - sum(1 for votes in power.values() if votes)
        rise = min(room, stake.wanted - power.get(key, 0), MAX_POWER - sum(power.values()))
        if rise > 0 and (power.get(key) or seats):
            power[key], room = power.get(key, 0) + rise, room - rise
    _put(draft, known, power, now + rules.unbonds_after)
    after = tuple(Validator(key, votes) for key, votes in power.items() if votes)
    if after != before.members:
        put_validators(draft, after)


def _put(draft: Draft, known: dict[bytes, Stake], power: dict[bytes, int], free_at: int) -> None:
    for key, stake in known.items():
        counted = stakes.counted(stake, power.get(key, 0), free_at)
        if counted != stake:
            draft.set(STAKES, holder_of(key), counted)
