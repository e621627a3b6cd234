"""Validators that come and go while the network loses messages and nodes die: nobody forks at the boundary."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from intents.signing import SigningKey
from node.agreement.messages import Message
from node.chain.blocks import decode_block
from node.chain.genesis import network_of
from node.effects import Commit
from settlement.ledger.books import Books, check_all
from settlement.ledger.stakes import STAKES, Stake, StakeRules, stake_of
from settlement.ledger.transactions import Action, PostStake, ReleaseStake, Unjail, Unstake
from sim.cluster import Member
from sim.lies import lies
from tests.agreement_worlds import CANDIDATES, VALIDATORS, VOTES, Liar, World, staked
from tests.ledgers import WHOLE, A, Minter, holder, item


@dataclass
class Traffic:
    """Signed transactions of validators and candidates, each account's in the order of its nonces."""

    world: World
    nonces: dict[bytes, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.minter = Minter(network_of(self.world.genesis))

    def at(self, time_us: int, key: SigningKey, action: Action) -> None:
        nonce = self.nonces.get(key.public, 0)
        self.nonces[key.public] = nonce + 1
        data = item(self.minter.transaction(key, nonce, action))
        for node in range(4):
            self.world.kernel.at(time_us, self.world.cluster.submit, node, data)


def sets_by_height(world: World) -> dict[int, set[bytes]]:
    """The digests of the next validators in all blocks that any node decided."""
    found: dict[int, set[bytes]] = {}
    for member in world.members:
        for decision in member.disk.decisions:
            found.setdefault(decision.height, set()).add(decode_block(decision.block).header.next_validators)
    return found


def sound(world: World) -> None:
    """One block for each height, books that balance, and nobody who signed two things."""
    decided: dict[int, bytes] = {}
    for member in world.members:
        for decision in member.disk.decisions:
            assert decided.setdefault(decision.height, decision.block) == decision.block
        check_all(member.machine.app.state)
    assert world.equivocations() == []


@pytest.mark.parametrize("seed", range(6))
def test_random_changes_under_faults_fork_nothing(seed: int) -> None:
    """Candidates buy votes, validators give up some: all nodes agree on who decides, and go on deciding."""
    world = World(seed, staked(), candidates=[key.public for key in CANDIDATES], followers=3)
    traffic, rng = Traffic(world), world.kernel.stream("changes")
    for number in range(10):
        time_us = 300_000 + number * 700_000
        if rng.random() < 0.6:
            traffic.at(time_us, rng.choice(CANDIDATES), PostStake(rng.randint(1, 4)))
        else:
            traffic.at(time_us, rng.choice(VALIDATORS), Unstake(1))
    world.cluster.start()
    world.run(16_000_000)
    sound(world)
    assert min(member.machine.app.height for member in world.members) > 30
    changes = sets_by_height(world)
    assert all(len(found) == 1 for found in changes.values())
    assert len({digest for found in changes.values() for digest in found}) > 2


@pytest.mark.parametrize("lie", ["double-vote", "double-proposal"])
def test_a_validator_that_lies_is_slashed_and_banned_and_nobody_else_is(lie: str) -> None:
    """Its stake is gone and its votes with it; the others go on, their stakes whole."""
    world = World(4, staked(), crashes=0.0)
    cluster, rng = world.cluster, world.kernel.stream("lies")

    def corrupt(member: Member, target: int, message: Message) -> Iterable[Message]:
        return lies(lie, cluster, member, target, message, rng) if member.index == 2 else (message,)

    cluster.corrupt = corrupt
    cluster.start()
    world.run(14_000_000)
    for member in world.members:
        state = member.machine.app.state
        found = [state.get(STAKES, holder(key)) or Stake(0) for key in VALIDATORS]
        assert [(stake.votes, stake.power, stake.banned) for stake in found] == [
            (0, 0, True) if key is VALIDATORS[2] else (VOTES, VOTES, False) for key in VALIDATORS
        ]
        assert Books(state.draft()).balance(stake_of(holder(VALIDATORS[2])), A) == 0
        check_all(state)
    assert {accused.key for _, accused in cluster.accused} == {VALIDATORS[2].public}


def test_a_candidate_that_buys_votes_takes_part() -> None:
    """It votes once they count, and is proposer in its turn."""
    world = World(1, staked(), candidates=[key.public for key in CANDIDATES], followers=2, crashes=0.0)
    traffic = Traffic(world)
    traffic.at(200_000, CANDIDATES[0], PostStake(3))
    world.cluster.start()
    world.run(12_000_000)
    sound(world)
    state = world.members[0].machine.app.state
    assert [m.power for m in world.members[0].machine.app.validators.members] == [VOTES] * 5
    stake = state.get(STAKES, holder(CANDIDATES[0]))
    assert stake is not None
    assert (stake.votes, stake.power) == (3, 3)
    assert any(key == CANDIDATES[0].public for key, *_ in world.votes)


def test_a_late_joiner_follows_the_validators_through_changes() -> None:
    """Its genesis names others than those who decide now; a peer that hides the way there is passed over."""
    for seed in range(4):
        world = World(seed, staked(StakeRules(vote_price=WHOLE, evidence_age=9)), followers=3)
        world.cluster.distort = Liar(seed % 4, "no links")
        traffic = Traffic(world)
        for number in range(2):
            traffic.at(300_000, VALIDATORS[number], Unstake(3))
        world.cluster.crash(6)
        world.cluster.start()
        world.kernel.at(12_000_000, world.cluster.restart, 6)
        world.run(24_000_000)
        sound(world)
        late = world.members[6]
        assert len(late.machine.app.validators) < 4
        assert late.disk.base is not None
        assert late.machine.app.height >= world.height() - 1


def test_a_silent_validator_is_jailed_and_comes_back_when_it_asks() -> None:
    """Its turns are missed, its votes stop to count; after a time it may have them back."""
    rules = StakeRules(vote_price=WHOLE, window=8, most_missed=3, jailed_for=2)
    world = World(2, staked(rules), crashes=0.0, faulty_us=0)
    traffic = Traffic(world)
    jailed: list[bytes] = []

    def committed(member: Member, effect: Commit) -> None:
        if member.index == 0:
            jailed.extend(effect.applied.effects.ruling.jailed)

    world.cluster.committed = committed
    world.cluster.start()
    world.cluster.crash(3)
    world.run(20_000_000)
    assert jailed == [VALIDATORS[3].public]
    assert len(world.members[0].machine.app.validators) == 3
    world.cluster.restart(3)
    traffic.at(21_000_000, VALIDATORS[3], Unjail())
    world.run(30_000_000)
    assert len(world.members[0].machine.app.validators) == 4
    sound(world)


def test_who_leaves_gets_its_stake_back_when_it_is_no_longer_liable() -> None:
    """Not while its votes count, and not while evidence is young enough."""
    world = World(5, staked(StakeRules(vote_price=WHOLE, evidence_age=12)), crashes=0.0, faulty_us=0)
    traffic = Traffic(world)
    traffic.at(100_000, VALIDATORS[2], Unstake(3))
    traffic.at(6_000_000, VALIDATORS[2], ReleaseStake())
    world.cluster.start()
    world.run(12_000_000)
    state = world.members[0].machine.app.state
    assert state.get(STAKES, holder(VALIDATORS[2])) is None
    assert len(world.members[0].machine.app.validators) == 3
    sound(world)
