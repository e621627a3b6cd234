"""Mutants of the chain: what blocks may hold, evidence, who votes, what solvers answer for."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import Mutant

APP: Final = "node/chain/app.py"
EVIDENCE: Final = "node/chain/evidence.py"
VOTERS: Final = "node/chain/voters.py"
STAKES: Final = "settlement/ledger/stakes.py"
TRANSITION: Final = "node/chain/transition.py"
INCLUSION: Final = "node/chain/inclusion.py"
CONGESTION: Final = "settlement/ledger/congestion.py"

CHAIN: Final = (
    Mutant(
        "the proposer may leave items out",
        APP,
        "not set(must) <= set(ids)",
        "False",
        "test_a_block_that_leaves_out_what_it_admits_was_seen_is_not_valid",
    ),
    Mutant(
        "an item may be in a block twice",
        APP,
        "ordered(set(ids), self.previous)",
        "ordered(ids, self.previous)",
        "test_a_spoiled_block_is_not_valid",
    ),
    Mutant(
        "the state root is not compared",
        APP,
        "(outcome.change.root, outcome.next_validators) != (header.state_root, header.next_validators)",
        "outcome.next_validators != header.next_validators",
        "test_a_spoiled_block_is_not_valid",
    ),
    Mutant(
        "statements of what was seen are not counted",
        APP,
        "return power >= validators.quorum",
        "return True",
        "test_a_spoiled_block_is_not_valid",
    ),
    Mutant(
        "anybody may be named as proposer",
        APP,
        "if header.proposer != validators.proposer(height, header.round):",
        "if False:",
        "test_a_spoiled_block_is_not_valid",
    ),
    Mutant(
        "a proposal of two things proves nothing",
        EVIDENCE,
        "(first.block, first.valid_round) != (second.block, second.valid_round)",
        "False",
        "test_two_words_at_one_place_prove_a_lie",
    ),
    Mutant(
        "evidence of any age counts",
        EVIDENCE,
        "0 <= age <= stake_rules_of(state).evidence_age",
        "0 <= age",
        "test_evidence_expires",
    ),
    Mutant(
        "evidence of heights to come counts",
        EVIDENCE,
        "0 <= age <= stake_rules_of(state).evidence_age",
        "age <= stake_rules_of(state).evidence_age",
        "test_evidence_of_a_height_to_come_does_not_count_yet",
    ),
    Mutant(
        "evidence need not be signed",
        EVIDENCE,
        "contradict(*both) and all(verify(",
        "contradict(*both) or all(verify(",
        "test_false_evidence_proves_nothing",
    ),
    Mutant(
        "two votes of different rounds are evidence",
        EVIDENCE,
        "(first.ballot, first.height, first.round) == (second.ballot, second.height, second.round)",
        "(first.ballot, first.height) == (second.ballot, second.height)",
        "test_false_evidence_proves_nothing",
    ),
    Mutant(
        "evidence in any phase",
        APP,
        " or (keys and phase is not Phase.SETTLE)",
        "",
        "test_evidence_has_its_place_in_settle_alone",
    ),
    Mutant(
        "evidence in a block is not checked",
        APP,
        "punishable(found, self.state, block.height) and proves(found, self.network, self.verify)",
        "punishable(found, self.state, block.height)",
        "test_a_block_with_false_evidence_is_not_valid",
    ),
    Mutant(
        "a liar is banned and not slashed",
        STAKES,
        "    if taken:\n        books.move(stake_of(holder), REWARDS",
        "    if False:\n        books.move(stake_of(holder), REWARDS",
        "test_the_settle_block_tells_who_was_slashed_and_of_how_much",
    ),
    Mutant(
        "a liar is slashed and not banned",
        STAKES,
        "leaving=leaving, banned=True",
        "leaving=leaving",
        "test_a_liar_loses_its_votes_and_its_stake_for_good",
    ),
    Mutant(
        "a block may change any number of votes",
        VOTERS,
        "before.power // 3, {",
        "before.power, {",
        "test_a_block_changes_no_more_than_a_third",
    ),
    Mutant(
        "votes change in any phase",
        VOTERS,
        "if phase_of(height) is Phase.SETTLE:",
        "if True:",
        "test_votes_bought_count_from_the_next_settle_on_and_no_sooner",
    ),
    Mutant(
        "a stake is free while its votes count",
        STAKES,
        "    if power > stake.votes:\n        return replace(stake, power=power)\n",
        "",
        "test_of_less_than_three_votes_none_changes",
    ),
    Mutant(
        "a stake is free before evidence expires",
        STAKES,
        "if at and at <= now)",
        "if at)",
        "test_a_stake_is_free_only_after_its_votes_stopped_to_count_and_no_evidence_can_come",
    ),
    Mutant(
        "nobody is jailed",
        STAKES,
        "record.bit_count() >= rules.most_missed",
        "False",
        "test_too_many_turns_missed_lead_to_jail_and_out_of_it_leads_asking",
    ),
    Mutant(
        "who decided a round has missed it too",
        VOTERS,
        "stakes.turned(before, turn < round, rules, now)",
        "stakes.turned(before, True, rules, now)",
        "test_turns_taken_are_no_misses",
    ),
    Mutant(
        "jail ends when one asks",
        STAKES,
        "    if now < known.jailed_until:\n        raise StillLocked",
        "    if False:\n        raise StillLocked",
        "test_too_many_turns_missed_lead_to_jail_and_out_of_it_leads_asking",
    ),
    Mutant(
        "what a solver reveals may be anything",
        TRANSITION,
        "decode_solution(read_bytes(item, where, limit=MAX_SOLUTION_BYTES), where)",
        "decode_solution(item, where)  # type: ignore[arg-type]",
        "test_a_fault_costs_exactly_its_penalty_and_the_next_best_wins",
    ),
    Mutant(
        "a slashed solver answers again at once",
        TRANSITION,
        "found, now, IDLE_AUCTIONS)",
        "found, now, 0)",
        "test_who_was_slashed_sits_out_and_then_may_answer_again",
    ),
    Mutant(
        "an unopened seal costs nothing",
        TRANSITION,
        "            faults[solver] = [Fault.NO_REVEAL]\n",
        "            pass\n",
        "test_a_fault_costs_exactly_its_penalty_and_the_next_best_wins",
    ),
    Mutant(
        "jail never ends where nobody can ask",
        VOTERS,
        "    if not rules.vote_price:\n        _free(draft)\n",
        "",
        "test_where_votes_have_no_price_jail_ends_by_itself",
    ),
    Mutant(
        "one answer of many ends the window",
        "node/chain/answers.py",
        "return all(self._taken",
        "return any(self._taken",
        "test_chain_a_seal_of_each_solver_completes_seal",
    ),
    Mutant(
        "a batch that is not full yet ends its window",
        "node/chain/app.py",
        "return len(self.waiting[phase]) >= min(",
        "return 2 * len(self.waiting[phase]) >= min(",
        "test_chain_a_full_batch_ends_its_window",
    ),
    Mutant(
        "who sits out is slashed for not opening",
        TRANSITION,
        "if item.seal in SITTING_OUT:",
        "if False:",
        "test_chain_who_sits_out_is_not_waited_for_and_owes_nothing",
    ),
    Mutant(
        "who ran out of time has answered",
        TRANSITION,
        "or item.seal != OUT_OF_TIME",
        "or True",
        "test_who_ran_out_of_time_has_not_answered",
    ),
    Mutant(
        "a batch shrinks after it was fixed",
        CONGESTION,
        "draft.set(ROOM, _NEXT, max(",
        "draft.set(ROOM, _NOW, max(",
        "test_the_batch_under_way_stays_as_it_was_fixed",
    ),
    Mutant(
        "a batch that was once too large is so for ever",
        CONGESTION,
        "room + room // 8",
        "room",
        "test_room_comes_back_by_an_eighth_and_leaves_nothing",
    ),
    Mutant(
        "one solver's word is an answer",
        CONGESTION,
        "if 2 * through > sum(there.values()):",
        "if through:",
        "test_one_solver_of_three_does_not_keep_batches_too_large",
    ),
    Mutant(
        "one solver's silence makes batches smaller",
        CONGESTION,
        "if 2 * through > sum(there.values()):",
        "if through == sum(there.values()):",
        "test_one_solver_of_three_does_not_make_batches_smaller",
    ),
    Mutant(
        "a trifle traded shows that a batch was not too large",
        CONGESTION,
        "2 * done >= orders",
        "done",
        "test_one_solver_of_three_does_not_keep_batches_too_large",
    ),
    Mutant(
        "who is gone counts for ever",
        CONGESTION,
        "draft.set(GONE, account, 1)",
        "pass",
        "test_who_is_silent_even_before_the_least_batch_is_gone_until_it_speaks",
    ),
    Mutant(
        "a block is full at once",
        INCLUSION,
        "        if room <= 0:\n",
        "        if room <= FULL_BYTES:\n",
        "test_a_block_that_is_not_full_leaves_nothing_out",
    ),
    Mutant(
        "a seal that had no room to be opened costs",
        TRANSITION,
        "for solver in sealed if not full else ():",
        "for solver in sealed:",
        "test_of_a_full_block_nobody_pays_for_a_seal_that_is_not_opened",
    ),
)
