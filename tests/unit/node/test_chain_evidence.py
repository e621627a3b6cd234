"""Evidence: what proves a lie, how long it counts, and what it costs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from node.agreement.messages import Ballot, Certificate, Proposal, Vote, vote_digest
from node.agreement.validators import Validator
from node.chain.app import ChainApp
from node.chain.blocks import Evidence, decode_block, encode_block
from node.chain.evidence import contradict, proves, punishable
from node.chain.genesis import build
from settlement.ledger.books import check_all
from settlement.ledger.stakes import STAKES, Stake, StakeRules
from sim.cluster import mac, mac_holds
from tests.agreement_worlds import VALIDATORS, VOTES, staked
from tests.ledgers import WHOLE, holder
from tests.unit.node.test_chain_app import heard

AGE = 6
KEY = VALIDATORS[0].public
ONE, TWO = b"\1" * 32, b"\2" * 32


def chain() -> ChainApp:
    """One validator decides, so that one statement is a quorum; a second has a stake and too few votes."""
    first = staked(StakeRules(vote_price=WHOLE, evidence_age=AGE))
    few = (Validator(VALIDATORS[1].public, 60), Validator(KEY, VOTES))
    return ChainApp(build(replace(first, validators=few)), lambda key, digest, found: True)


def strict() -> ChainApp:
    return ChainApp(chain().state, mac_holds)


NETWORK = chain().network


def vote(block: bytes | None, height: int = 0, round: int = 0, ballot: Ballot = Ballot.PREVOTE) -> Vote:
    return Vote(ballot, height, round, block, 1, mac(KEY, vote_digest(NETWORK, ballot, height, round, block)))


def proposal(block: bytes, valid_round: int = -1, height: int = 0, round: int = 3) -> Proposal:
    bare = Proposal(height, round, block, valid_round, None, 1)
    return replace(bare, signature=mac(KEY, bare.signed(NETWORK)))


POLKA = Certificate(Ballot.PREVOTE, 0, 1, ONE, ())
TRUE: list[tuple[Vote | Proposal, Vote | Proposal]] = [
    (vote(ONE), vote(TWO)),
    (vote(None), vote(TWO)),
    (proposal(ONE), proposal(TWO)),
    (proposal(ONE), proposal(ONE, valid_round=1)),
]
FALSE: list[tuple[Vote | Proposal, Vote | Proposal]] = [
    (vote(ONE), vote(ONE)),
    (vote(ONE), vote(TWO, round=1)),
    (vote(ONE), vote(TWO, height=1)),
    (vote(ONE), vote(TWO, ballot=Ballot.PRECOMMIT)),
    (vote(ONE), replace(vote(TWO), signature=b"\0" * 32)),
    (replace(vote(ONE), block=TWO), vote(ONE)),
    (proposal(ONE), proposal(ONE)),
    (proposal(ONE), proposal(TWO, round=4)),
    (proposal(ONE), proposal(TWO, height=1)),
    (proposal(ONE), replace(proposal(TWO), signature=b"")),
    (proposal(ONE), replace(proposal(ONE, valid_round=1), polka=POLKA)),
    (vote(ONE), proposal(TWO)),
]


@pytest.mark.parametrize("pair", TRUE)
def test_two_words_at_one_place_prove_a_lie(pair: tuple[Vote | Proposal, Vote | Proposal]) -> None:
    """Votes for two things, or a proposal of two things."""
    assert proves(Evidence(KEY, *pair), NETWORK, mac_holds)


@pytest.mark.parametrize("pair", FALSE)
def test_false_evidence_proves_nothing(pair: tuple[Vote | Proposal, Vote | Proposal]) -> None:
    """The same twice, other places, signatures that are not the key's, a polka nobody signed."""
    assert not proves(Evidence(KEY, *pair), NETWORK, mac_holds)


def test_evidence_against_another_key_proves_nothing() -> None:
    """The signatures are not its."""
    assert not proves(Evidence(VALIDATORS[1].public, *TRUE[0]), NETWORK, mac_holds)
    assert not proves(Evidence(KEY, *TRUE[0]), b"x" * 32, mac_holds)


def test_a_vote_never_contradicts_a_proposal() -> None:
    """They are different kinds of word."""
    assert not contradict(vote(ONE), proposal(TWO))
    assert not contradict(proposal(TWO), vote(ONE))


def step(node: ChainApp) -> bytes:
    block = node.propose(node.height + 1, 0, heard(node))
    assert block is not None
    node.apply(node.height + 1, block)
    return block


def test_an_accused_validator_loses_votes_and_stake_in_the_next_settle() -> None:
    """Books balance after it, and nobody is punished twice for one lie."""
    node = chain()
    node.accuse(KEY, *TRUE[0])
    node.accuse(KEY, *TRUE[2])
    assert len(node.evidence) == 1
    step(node)
    step(node)
    block = decode_block(step(node))
    assert [found.key for found in block.evidence] == [KEY]
    assert node.validators.position(KEY) is None
    assert node.state.get(STAKES, holder(VALIDATORS[0])) == Stake(0, 0, banned=True)
    check_all(node.state)
    assert node.evidence == []
    node.accuse(KEY, *TRUE[2])
    assert node.evidence == []


def test_the_settle_block_tells_who_was_slashed_and_of_how_much() -> None:
    """In the effects, with the entry for the journal."""
    node = chain()
    node.accuse(KEY, *TRUE[0])
    step(node)
    step(node)
    block = node.propose(2, 0, heard(node))
    assert block is not None
    effects = node.apply(2, block).effects
    assert effects.ruling.slashed == {KEY: VOTES * WHOLE}
    assert [entry.why for entry in effects.entries] == ["stake slashed"]


def test_evidence_expires() -> None:
    """Of height 0 it counts up to height 6; who gathered it forgets it then."""
    state = chain().state
    found = Evidence(KEY, *TRUE[0])
    assert [punishable(found, state, height) for height in (0, AGE, AGE + 1)] == [True, True, False]
    node = chain()
    for _ in range(AGE):
        step(node)
    node.accuse(KEY, *TRUE[0])
    assert len(node.evidence) == 1
    step(node)
    node.accuse(KEY, *TRUE[0])
    step(node)
    step(node)
    assert node.evidence == []
    assert node.validators.position(KEY) is not None


def test_evidence_of_a_height_to_come_does_not_count_yet() -> None:
    """Nobody can have voted there."""
    state = chain().state
    assert not punishable(Evidence(KEY, vote(ONE, 9), vote(TWO, 9)), state, 8)


def test_who_has_no_stake_cannot_be_punished() -> None:
    """There is nothing to lose."""
    stranger = b"\7" * 32
    assert not punishable(Evidence(stranger, *TRUE[0]), chain().state, 3)


def convicting(*evidence: Evidence, height: int = 2) -> tuple[ChainApp, bytes]:
    """A block of ``height`` that carries the evidence, sound otherwise, and a chain to check it."""
    node = chain()
    for _ in range(height):
        step(node)
    made = node.propose(height, 0, heard(node))
    assert made is not None
    block = replace(decode_block(made), evidence=evidence)
    # With the root that the evidence would lead to, so that only the evidence itself can be what is wrong.
    outcome = node.outcome(height, 0, block.items, block.evidence)
    header = replace(block.header, state_root=outcome.change.root, next_validators=outcome.next_validators)
    checker = ChainApp(node.state, _quorum_of_one, height=node.height, previous=node.previous)
    return checker, encode_block(replace(block, header=header))


def _quorum_of_one(key: bytes, digest: bytes, signature: bytes) -> bool:
    """The first validator's statements are not signed in these tests; the other's votes are."""
    return key == VALIDATORS[1].public or mac_holds(key, digest, signature)


def test_a_block_with_true_evidence_is_valid() -> None:
    """In SETTLE."""
    checker, block = convicting(Evidence(KEY, *TRUE[0]))
    assert checker.valid(2, block)


@pytest.mark.parametrize("pair", FALSE)
def test_a_block_with_false_evidence_is_not_valid(pair: tuple[Vote | Proposal, Vote | Proposal]) -> None:
    """Whatever root it claims."""
    checker, block = convicting(Evidence(KEY, *pair))
    assert not checker.valid(2, block)


def test_a_block_with_evidence_too_old_is_not_valid() -> None:
    """At height 8 a lie of height 0 is past."""
    checker, block = convicting(Evidence(KEY, *TRUE[0]), height=8)
    assert not checker.valid(8, block)
    checker, block = convicting(Evidence(KEY, vote(ONE, 2), vote(TWO, 2)), height=8)
    assert checker.valid(8, block)


def test_evidence_has_its_place_in_settle_alone() -> None:
    """A BATCH block that carries it is not valid."""
    checker, block = convicting(Evidence(KEY, *TRUE[0]), height=3)
    assert not checker.valid(3, block)
