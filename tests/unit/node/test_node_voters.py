"""Who votes: stakes bought, given up and slashed; changes bounded by a third; turns missed and jail."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.signing import SigningKey
from node.agreement.validators import MAX_VALIDATORS, Validator
from node.chain.genesis import build
from node.chain.tables import Chain, put_chain, put_validators, validators_of
from node.chain.voters import conclude, holder_of
from settlement.ledger.books import Books, check_all
from settlement.ledger.errors import BelowMinimum, LedgerError, Overdrawn, StillLocked
from settlement.ledger.execute import NONCES, execute
from settlement.ledger.rules import rules_of
from settlement.ledger.stakes import (
    MAX_LEAVING,
    MAX_VOTES,
    STAKES,
    NoStake,
    Stake,
    StakeRules,
    StakingClosed,
    ban,
    stake_of,
    turned,
)
from settlement.ledger.state import State
from settlement.ledger.transactions import Action, PostStake, ReleaseStake, Transaction, Unjail, Unstake
from tests.agreement_worlds import CANDIDATES, VALIDATORS, VOTES, staked
from tests.ledgers import WHOLE, A, holder

RULES = StakeRules(vote_price=WHOLE, evidence_age=9, window=8, most_missed=3, jailed_for=2)
ONE, NEW = VALIDATORS[0], CANDIDATES[0]


def first(rules: StakeRules = RULES, power: int = VOTES) -> State:
    return build(staked(rules, power))


def act(state: State, key: SigningKey, action: Action, now: int = 1) -> None:
    """Execute it as a BATCH block would; the nonce follows."""
    draft = state.draft()
    nonce = state.get(NONCES, holder(key)) or 0
    books = Books(draft)
    execute(books, rules_of(draft), Transaction(key.public, nonce, action), now)
    books.check()
    draft.commit()


def settle(state: State, height: int = 2, round: int = 0) -> dict[bytes, int]:
    """A SETTLE block's end; the powers after it."""
    draft = state.draft()
    conclude(draft, height, round, ())
    draft.commit()
    return {member.key: member.power for member in validators_of(state).members}


def stake(state: State, key: SigningKey) -> Stake:
    found = state.get(STAKES, holder(key))
    assert found is not None
    return found


def test_the_first_validators_have_paid_for_their_votes() -> None:
    """Books balance from the genesis on."""
    state = first()
    check_all(state)
    assert stake(state, ONE) == Stake(VOTES, VOTES)
    assert Books(state.draft()).balance(stake_of(holder(ONE)), A) == VOTES * WHOLE


def test_votes_bought_count_from_the_next_settle_on_and_no_sooner() -> None:
    """BATCH and SEAL change nobody's power."""
    state = first()
    act(state, NEW, PostStake(3))
    assert NEW.public not in settle(state, height=0)
    assert NEW.public not in settle(state, height=1)
    assert settle(state)[NEW.public] == 3
    check_all(state)


def test_a_block_changes_no_more_than_a_third() -> None:
    """Of twelve votes four; the rest follows in the next blocks."""
    state = first()
    act(state, NEW, PostStake(10))
    assert settle(state)[NEW.public] == 4
    assert settle(state)[NEW.public] == 9
    assert settle(state)[NEW.public] == 10


def test_falls_come_before_rises() -> None:
    """Who leaves uses up the block's room first."""
    state = first()
    act(state, NEW, PostStake(4))
    act(state, ONE, Unstake(3))
    powers = settle(state)
    assert ONE.public not in powers
    assert powers[NEW.public] == 1


def test_of_less_than_three_votes_none_changes() -> None:
    """The last validator cannot leave its network without one."""
    alone = replace(staked(RULES), validators=(Validator(ONE.public, 2),))
    state = build(alone)
    act(state, ONE, Unstake(2))
    assert settle(state) == {ONE.public: 2}
    with pytest.raises(StillLocked):
        act(state, ONE, ReleaseStake(), now=10**6)


def test_a_stake_is_free_only_after_its_votes_stopped_to_count_and_no_evidence_can_come() -> None:
    """Nine heights are three auctions, and one more."""
    state = first()
    act(state, ONE, Unstake(2))
    with pytest.raises(StillLocked):
        act(state, ONE, ReleaseStake(), now=10**6)
    settle(state)
    assert stake(state, ONE).leaving == ((2 * WHOLE, 5),)
    with pytest.raises(StillLocked):
        act(state, ONE, ReleaseStake(), now=4)
    act(state, ONE, ReleaseStake(), now=5)
    assert stake(state, ONE) == Stake(1, 1)
    check_all(state)


def test_who_has_left_wholly_is_forgotten() -> None:
    """No entry stays."""
    state = first()
    act(state, ONE, Unstake(3))
    settle(state)
    act(state, ONE, ReleaseStake(), now=50)
    assert state.get(STAKES, holder(ONE)) is None


@pytest.mark.parametrize(
    ("key", "action", "error"),
    [
        (NEW, PostStake(2000), Overdrawn),
        (NEW, PostStake(MAX_VOTES + 1), BelowMinimum),
        (NEW, Unstake(1), NoStake),
        (ONE, Unstake(4), BelowMinimum),
        (NEW, ReleaseStake(), NoStake),
        (ONE, ReleaseStake(), StillLocked),
        (ONE, Unjail(), NoStake),
    ],
)
def test_what_cannot_be_done_with_a_stake_is_refused_by_name(
    key: SigningKey, action: Action, error: type[LedgerError]
) -> None:
    """And changes nothing."""
    state = first()
    root = state.root
    with pytest.raises(error):
        act(state, key, action)
    assert state.root == root


def test_where_votes_have_no_price_none_are_sold() -> None:
    """The validators of the genesis stay."""
    state = build(replace(staked(), staking=StakeRules()))
    with pytest.raises(StakingClosed):
        act(state, NEW, PostStake(1))
    with pytest.raises(StakingClosed):
        act(state, ONE, Unstake(1))


def test_only_so_many_parts_leave_at_once() -> None:
    """The list is bounded."""
    state = first(power=MAX_LEAVING + 2)
    for _ in range(MAX_LEAVING):
        act(state, ONE, Unstake(1))
    with pytest.raises(StillLocked):
        act(state, ONE, Unstake(1))


def test_a_seat_is_needed_for_a_vote() -> None:
    """Sixty-four have one; the next waits."""
    state = first()
    draft = state.draft()
    put_validators(draft, tuple(Validator(bytes([i]) * 32, 1) for i in range(MAX_VALIDATORS)))
    for i in range(MAX_VALIDATORS):
        draft.set(STAKES, holder_of(bytes([i]) * 32), Stake(1, 1))
    draft.commit()
    for key in VALIDATORS:
        draft = state.draft()
        draft.set(STAKES, holder(key), None)
        draft.commit()
    act(state, NEW, PostStake(3))
    assert len(settle(state)) == MAX_VALIDATORS
    assert NEW.public not in settle(state)


def test_a_liar_loses_its_votes_and_its_stake_for_good() -> None:
    """What was on its way out too; nobody sells it votes again."""
    state = first()
    act(state, ONE, Unstake(1))
    draft = state.draft()
    books = Books(draft)
    assert ban(books, rules_of(draft), holder(ONE)) == VOTES * WHOLE
    books.check()
    draft.commit()
    check_all(state)
    assert ONE.public not in settle(state)
    with pytest.raises(NoStake):
        act(state, ONE, PostStake(1))
    assert stake(state, ONE) == Stake(0, 0, banned=True)


def test_proposers_of_rounds_that_failed_have_missed_their_turn() -> None:
    """Not those of the round whose block was decided."""
    state = first()
    validators = validators_of(state)
    settle(state, height=4, round=2)
    for key in VALIDATORS:
        turns = [validators.members[validators.proposer(4, r)].key == key.public for r in range(2)]
        assert stake(state, key).missed.bit_count() == sum(turns)


def test_turns_taken_are_no_misses() -> None:
    """One missed, then rounds of its own decided: still one."""
    state = first()
    validators = validators_of(state)
    late = validators.members[validators.proposer(0, 0)].key
    key = next(key for key in VALIDATORS if key.public == late)
    settle(state, height=0, round=1)
    for height in range(12, 48, 12):
        settle(state, height=height, round=0)
    assert stake(state, key).missed == 0b1000


def test_too_many_turns_missed_lead_to_jail_and_out_of_it_leads_asking() -> None:
    """Three of eight; not before its time is up."""
    state = first()
    late = validators_of(state).members[validators_of(state).proposer(0, 0)].key
    key = next(key for key in VALIDATORS if key.public == late)
    for height in range(0, 12 * 3, 12):
        settle(state, height=height, round=1)
    assert stake(state, key).jailed_until == 3
    assert late not in settle(state)
    with pytest.raises(StillLocked):
        act(state, key, Unjail(), now=2)
    act(state, key, Unjail(), now=3)
    assert settle(state)[late] == VOTES


def test_where_votes_have_no_price_jail_ends_by_itself() -> None:
    """Nobody needs an account there to ask with."""
    state = build(replace(staked(), staking=replace(RULES, vote_price=0)))
    late = validators_of(state).members[validators_of(state).proposer(0, 0)].key
    for height in range(0, 12 * 3, 12):
        settle(state, height=height, round=1)
    assert late not in settle(state)
    draft = state.draft()
    put_chain(draft, Chain(auction=3))
    draft.commit()
    assert settle(state)[late] == VOTES


def test_turns_out_of_the_window_are_forgotten() -> None:
    """Two misses, then seven turns taken: one more miss is not the third."""
    before = Stake(1, 1)
    for missed in (True, True, *[False] * 7, True):
        before = turned(before, missed, RULES, 1)
    assert before.jailed_until == 0
    assert before.missed.bit_count() == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(("post", "unstake", "ban", "settle")), st.integers(1, 6))
    )
)
def test_whatever_is_asked_powers_stay_within_what_was_paid_and_a_third(
    steps: list[tuple[int, str, int]],
) -> None:
    """Books balance; somebody is always left; the total moves by at most a third; in the end wishes are met."""
    state, keys = first(), [*VALIDATORS, *CANDIDATES]
    for who, what, votes in steps:
        before = {m.key: m.power for m in validators_of(state).members}
        try:
            if what == "post":
                act(state, keys[who], PostStake(votes))
            elif what == "unstake":
                act(state, keys[who], Unstake(votes))
            elif what == "ban":
                draft = state.draft()
                books = Books(draft)
                ban(books, rules_of(draft), holder(keys[who]))
                draft.commit()
            else:
                after = settle(state)
                moved = sum(abs(after.get(k, 0) - before.get(k, 0)) for k in {*before, *after})
                assert moved <= sum(before.values()) // 3
        except LedgerError:
            continue
        check_all(state)
        assert sum(m.power for m in validators_of(state).members) > 0
    for _ in range(30):
        powers = settle(state)
    wanted = {key: s.wanted for holder, s in state.rows(STAKES).items() if (key := holder[1:])}
    if sum(powers.values()) >= 3 and sum(wanted.values()) >= 3:
        assert powers == {key: votes for key, votes in wanted.items() if votes}
