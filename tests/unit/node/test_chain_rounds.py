"""Blocks of one height in several rounds: what they do is worked out once, and noted for each."""

from __future__ import annotations

from intents.intent import Leg
from node.agreement.messages import Seen
from node.chain.app import ChainApp
from node.chain.blocks import Phase
from node.chain.memo import Memo, Outcome
from settlement.ledger.stakes import STAKES
from sim.campaign_market import first_state, intent_of
from tests.ledgers import OWNERS, WHOLE, A, B, app, item, minter

MINT = minter()
VALIDATORS = 4


def node(memo: Memo | None = None) -> ChainApp:
    """A node at the genesis of four validators, with what six owners' intents came to."""
    first = first_state(VALIDATORS)
    made = ChainApp(first if memo is not None else first.copy(), lambda key, digest, signature: True, memo=memo)
    for number in range(6):
        made.add(intent_of(VALIDATORS, number)[0])
    return made


def proposed(chain: ChainApp) -> bytes:
    ids = tuple(sorted(chain.held(0)))
    data = chain.propose(0, 0, [Seen(0, ids, sender, b"") for sender in range(len(chain.validators))])
    assert data is not None
    return data


def said(outcome: Outcome) -> tuple[object, ...]:
    return outcome.change.root, outcome.change.delta, outcome.next_validators, outcome.effects


def test_a_later_round_with_the_same_items_is_not_executed_again() -> None:
    """One batch is made, and each round's outcome is what a node comes to that saw that round alone."""
    once, items = node(), tuple(node().waiting[Phase.BATCH].values())
    found = [once.outcome(0, round, items, ()) for round in range(3)]
    assert found[0].effects.auction is not None
    assert all(later.effects.auction is found[0].effects.auction for later in found)
    assert [said(one) for one in found] == [said(node().outcome(0, round, items, ())) for round in range(3)]
    assert len({one.change.root for one in found}) == 3


def test_what_one_round_notes_is_no_part_of_another() -> None:
    """Whose turns were missed by round 2 is not in a block of round 0 that is looked at afterwards."""
    once = node()
    first = once.outcome(0, 0, (), ())
    late = once.outcome(0, 2, (), ())
    assert sum(stake.missed for stake in late.change.values[STAKES.number].values()) == 2
    assert said(once.outcome(0, 0, (), ())) == said(first)


def test_other_items_are_executed_anew() -> None:
    """Of the items executed last only the very same are known again, full block or not, and at one height."""
    chain = app()
    for nonce in (1, 2):
        chain.add(item(MINT.intent(OWNERS[0], nonce, Leg(A, WHOLE), Leg(B, WHOLE))))
    items = tuple(chain.waiting[Phase.BATCH].values())
    roots = [chain.outcome(0, 0, chosen, ()).change.root for chosen in (items, items[:1], (), items)]
    assert roots[0] == roots[3]
    assert len(set(roots)) == 3
    chain.apply(0, proposed(chain))
    assert chain.outcome(1, 0, (), ()).change.before == chain.state.root


def test_a_block_is_read_by_none_who_shares_a_memo_with_its_maker() -> None:
    """Both hold the very same; who shares nothing reads an equal one."""
    memo = Memo()
    maker, other, alone = node(memo), node(memo), node()
    data = proposed(maker)
    blocks = [chain.apply(0, data).block for chain in (maker, other, alone)]
    assert blocks[0] is blocks[1]
    assert blocks[0] == blocks[2]
    assert blocks[0] is not blocks[2]
