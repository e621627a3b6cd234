"""Mutants of the agreement on one block."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import Mutant

ELSEWHERE: Final = "node/agreement/elsewhere.py"
CORE: Final = "node/agreement/core.py"
EAR: Final = "node/agreement/ear.py"
VOICE: Final = "node/agreement/voice.py"
CHECKS: Final = "node/agreement/checks.py"
RECOVERY: Final = "node/agreement/recovery.py"
TALLY: Final = "node/agreement/tally.py"
VALIDATORS: Final = "node/agreement/validators.py"

AGREEMENT: Final = (
    Mutant(
        "keep the first vote only",
        TALLY,
        "KEPT: Final = 2",
        "KEPT: Final = 1",
        "test_both_votes_of_an_equivocator_count_and_accuse_it",
    ),
    Mutant(
        "a polka in a proposal is not verified",
        CHECKS,
        "        and certified(polka, network, validators, verify)\n",
        "",
        "test_line_28_an_unproven_polka_is_no_proposal",
    ),
    Mutant(
        "a polka's votes are not counted",
        EAR,
        "        self.count(proposal.polka)\n        return True",
        "        return True",
        "test_line_28_a_later_polka_frees_a_lock",
    ),
    Mutant(
        "vote for whatever is proposed, locked or not",
        CORE,
        "free = self.locked is None or self.locked[1] == proposal.block",
        "free = True",
        "test_line_22_one_that_is_locked_on_another_block_votes_nil",
    ),
    Mutant(
        "any polka frees a lock",
        CORE,
        "self.locked[0] <= proposal.valid_round",
        "proposal.valid_round >= 0",
        "test_line_28_an_earlier_polka_does_not_free_a_lock",
    ),
    Mutant(
        "no polka frees a lock",
        CORE,
        "free = free or (self.locked is not None and self.locked[0] <= proposal.valid_round)",
        "pass",
        "test_line_28_a_later_polka_frees_a_lock",
    ),
    Mutant(
        "a polka does not lock",
        CORE,
        "                self.locked = (self.round, block)\n",
        "",
        "test_line_22_one_that_is_locked_on_another_block_votes_nil",
    ),
    Mutant(
        "the lock is not on disk",
        VOICE,
        "[] if lock is None else [lock]",
        "[]",
        "test_line_36_a_polka_locks_and_precommits_after_both_are_on_disk",
    ),
    Mutant(
        "votes leave before they are on disk",
        VOICE,
        "        self.remember(*records, Sent(message))\n",
        "",
        "test_line_36_a_polka_locks_and_precommits_after_both_are_on_disk",
    ),
    Mutant(
        "a quorum is half",
        VALIDATORS,
        "2 * power // 3 + 1",
        "power // 2",
        "test_line_14_the_proposer_proposes_a_new_block_once_a_quorum_has_said_what_it_holds",
    ),
    Mutant(
        "one is witness enough",
        VALIDATORS,
        "(power - 1) // 3 + 1",
        "1",
        "test_line_55_more_than_a_third_in_a_later_round_pull_one_along",
    ),
    Mutant(
        "timeouts do not grow",
        "node/agreement/timeouts.py",
        "steps = lost * (lost + 1) // 2",
        "steps = 0",
        "test_timeouts_grow_with_the_round",
    ),
    Mutant(
        "rounds are never skipped",
        CORE,
        "if self.tally.latest > self.round and self._skip():",
        "if False:",
        "test_line_55_more_than_a_third_in_a_later_round_pull_one_along",
    ),
    Mutant(
        "nobody notices that a quorum votes for one block",
        "node/agreement/tally.py",
        "            self.reached += 1\n            if vote.ballot",
        "            if vote.ballot",
        "test_line_36_a_polka_that_comes_after_a_mixed_quorum_locks_too",
    ),
    Mutant(
        "nobody notices that a quorum has voted",
        "node/agreement/tally.py",
        "            if count.power - power < quorum <= count.power:\n                self.reached += 1\n",
        "",
        "test_line_34_the_vote_that_makes_a_mixed_quorum_starts_the_timer",
    ),
    Mutant(
        "nobody notices that others are in a later round",
        "node/agreement/tally.py",
        "<= at.heard:\n                self.reached += 1\n",
        "<= at.heard:\n                pass\n",
        "test_line_55_the_second_voice_from_a_later_round_pulls_one_along",
    ),
    Mutant(
        "rounds are skipped to without bound",
        EAR,
        "now + MAX_SKIP and round <= MAX_ROUND",
        "MAX_ROUND",
        "test_line_55_nobody_pulls_further_than_the_bound",
    ),
    Mutant(
        "signatures of votes are not checked",
        EAR,
        " or not self._signed(vote):\n            return False\n        reached",
        ":\n            return False\n        reached",
        "test_what_is_not_signed_by_its_sender_for_its_place_is_ignored",
    ),
    Mutant(
        "anybody may propose",
        EAR,
        "proposal.sender != self.validators.proposer(self.height, proposal.round)",
        "False",
        "test_what_is_not_signed_by_its_sender_for_its_place_is_ignored",
    ),
    Mutant(
        "one signature thrice is a quorum",
        CHECKS,
        "not last < sender < len(members)",
        "not 0 <= sender < len(members)",
        "test_line_28_an_unproven_polka_is_no_proposal",
    ),
    Mutant(
        "a decision needs no certificate",
        EAR,
        "            and self.checks(certificate)\n",
        "",
        "test_a_decision_needs_its_certificate",
    ),
    Mutant(
        "a restarted node votes anew",
        VOICE,
        "                self._sent[Vote, message.round, message.ballot] = message\n",
        "                pass\n",
        "test_a_place_is_spoken_at_once_only",
    ),
    Mutant(
        "the window is not waited for",
        CORE,
        "return self.step is not WAIT",
        "return True",
        "test_before_its_window_has_run_a_node_counts_and_does_not_vote",
    ),
    Mutant(
        "windows end early where they are to run whole",
        CORE,
        "return self.timeouts.early and ",
        "return ",
        "test_agreement_whole_windows_run_to_their_end",
    ),
    Mutant(
        "a new block may claim another round",
        CORE,
        "self.application.fresh(self.bodies[proposal.block], proposal.round)",
        "True",
        "test_line_22_a_new_block_made_for_another_round_gets_nil",
    ),
    Mutant(
        "an invalid block is decided with a quorum",
        CORE,
        "            if self._known(block):\n                self._decide",
        "            if block in self.bodies:\n                self._decide",
        "test_line_50_an_invalid_block_is_not_decided",
    ),
    Mutant(
        "the lock outlives its height",
        CORE,
        "        self.locked, self.valid = past.locked, past.valid\n",
        "        self.valid = past.valid\n",
        "test_a_restarted_node_says_again_what_it_said_and_keeps_its_lock",
    ),
    Mutant(
        "a restarted node begins its round anew",
        RECOVERY,
        "self.round, self.step = max((self.round, self.step), (round, step))",
        "self.round, self.step = 0, Step.WAIT",
        "test_a_restarted_node_says_again_what_it_said_and_keeps_its_lock",
    ),
    Mutant(
        "lies of heights gone by are not told",
        ELSEWHERE,
        "            past.late(message)\n",
        "            pass\n",
        "test_a_lie_that_comes_to_light_after_its_height_is_told_once",
    ),
    Mutant(
        "what comes early need not be signed",
        ELSEWHERE,
        "proven = ear.vouched(message)",
        "proven = True",
        "test_agreement_early_messages_in_a_validator_s_name_do_not_keep_out_its_own",
    ),
    Mutant(
        "what comes early is kept as often as it comes",
        ELSEWHERE,
        "kept[number if proven else message] = message",
        "kept[len(kept)] = message",
        "test_agreement_early_messages_said_again_take_no_more_room",
    ),
    Mutant(
        "bodies may have any size together",
        "node/agreement/bodies.py",
        "len(self.held) >= MAX_BODIES or self._bytes + len(block) > MAX_UNASKED_BYTES",
        "len(self.held) >= MAX_BODIES",
        "test_agreement_bodies_of_nobody_are_bounded_in_bytes",
    ),
    Mutant(
        "a body makes room for any other",
        "node/agreement/bodies.py",
        "for number in self.held if not needed(number)",
        "for number in self.held",
        "test_agreement_bodies_that_are_needed_stay",
    ),
    Mutant(
        "late lies need no signature",
        EAR,
        "(earlier is None and message.sender in self.heard) or not self._signed(message)",
        "earlier is None and message.sender in self.heard",
        "test_what_contradicts_nothing_or_is_not_signed_accuses_nobody_later",
    ),
    Mutant(
        "all heights gone by are remembered",
        ELSEWHERE,
        "if len(self._past) > MAX_PAST:",
        "if False:",
        "test_only_so_many_heights_are_remembered",
    ),
    Mutant(
        "a block id leaves out the header's length",
        "node/agreement/messages.py",
        "hashlib.sha256(head).digest()",
        "hashlib.sha256(head[4:]).digest()",
        "test_a_block_id_is_of_its_header_and_its_body_s_hash",
    ),
)
