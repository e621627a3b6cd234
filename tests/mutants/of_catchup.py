"""Mutants of catching up: snapshots, whom to believe, lost logs."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import Mutant

JOINER: Final = "node/catchup/joiner.py"
LIGHT: Final = "node/catchup/light.py"
SNAPSHOT: Final = "node/catchup/snapshot.py"
AMNESIA: Final = "node/catchup/amnesia.py"

CATCHUP: Final = (
    Mutant(
        "a snapshot's root is not compared",
        SNAPSHOT,
        "    if found != root:\n",
        "    if False:\n",
        "test_any_changed_byte_is_refused",
    ),
    Mutant(
        "a snapshot's order is not looked at",
        SNAPSHOT,
        "        if place <= last:\n",
        "        if False:\n",
        "test_what_is_not_the_dump_of_the_root_is_refused",
    ),
    Mutant(
        "chunks are not checked",
        JOINER,
        "if chunk_hash(chunk.data) != self._wanted.chunks[chunk.index]:",
        "if False:",
        "test_who_sends_a_spoilt_chunk_is_asked_no_more",
    ),
    Mutant(
        "who sends a spoilt chunk is asked again",
        JOINER,
        "        self.barred.add(peer)\n",
        "",
        "test_who_sends_a_spoilt_chunk_is_asked_no_more",
    ),
    Mutant(
        "a snapshot of any validators is believed",
        JOINER,
        "believed = follow(self.trusted, self.pin, light, self.horizon) is not None",
        "believed = True",
        "test_a_whole_set_that_nobody_trusts_is_not_believed",
    ),
    Mutant(
        "a checkpoint needs no quorum",
        LIGHT,
        "if by is None or sum(validators.members[i].power for i in by) < validators.quorum:",
        "if by is None:",
        "test_what_does_not_hold_in_itself_is_forged",
    ),
    Mutant(
        "prevotes make a checkpoint",
        LIGHT,
        "        Ballot.PRECOMMIT,\n        header.height",
        "        certificate.ballot,\n        header.height",
        "test_what_does_not_hold_in_itself_is_forged",
    ),
    Mutant(
        "a third of the trusted is enough",
        LIGHT,
        "3 * behind > trusted.next.power",
        "3 * behind >= trusted.next.power",
        "test_a_third_or_less_carries_over_to_nothing",
    ),
    Mutant(
        "members count who did not sign",
        LIGHT,
        "for i in light.signed_by)",
        "for i in range(len(light.validators)))",
        "test_those_who_did_not_sign_do_not_count",
    ),
    Mutant(
        "old signers count for ever",
        LIGHT,
        "height - trusted.height <= horizon and ",
        "",
        "test_beyond_the_time_they_are_liable_old_signers_do_not_count",
    ),
    Mutant(
        "a pin is passed by",
        LIGHT,
        "    if pin is not None and trusted.height < pin.height < height:\n        return None\n",
        "",
        "test_past_the_pin_leads_only_what_came_through_it",
    ),
    Mutant(
        "another block than the pinned is believed",
        LIGHT,
        "        if light.block != pin.block:\n            raise Forged",
        "        if False:\n            raise Forged",
        "test_a_pinned_block_is_believed_and_another_at_its_height_is_forged",
    ),
    Mutant(
        "one word is enough to end forgetting",
        AMNESIA,
        "if power >= validators.quorum:",
        "if power:",
        "test_it_may_vote_two_heights_after_where_a_quorum_of_others_was",
    ),
    Mutant(
        "one that forgot votes one height too soon",
        AMNESIA,
        "MARGIN = 2",
        "MARGIN = 1",
        "test_it_may_vote_two_heights_after_where_a_quorum_of_others_was",
    ),
    Mutant(
        "answers to other questions count",
        AMNESIA,
        "if now.nonce != self.nonce or now.key",
        "if now.key",
        "test_only_the_first_word_of_each_after_the_question_counts",
    ),
    Mutant(
        "one that forgot votes at once",
        "node/catchup/catchup.py",
        "            if not self.amnesia.over(height, validators):\n                return None\n",
        "",
        "test_one_that_lost_its_log_says_nothing_twice_and_votes_again_later",
    ),
    Mutant(
        "one that forgot answers others",
        "node/catchup/catchup.py",
        "if self.key is None or self.amnesia is not None:",
        "if self.key is None:",
        "test_a_validator_that_remembers_answers_and_one_that_has_forgotten_does_not",
    ),
    Mutant(
        "whoever does not answer is waited for",
        JOINER,
        "if ticks >= PATIENCE:",
        "if False:",
        "test_who_does_not_answer_loses_its_turn",
    ),
    Mutant(
        "who never answers is chosen again",
        JOINER,
        "return self._failed.get(peer, 0), -self._offers",
        "return 0, -self._offers",
        "test_one_that_offers_the_latest_and_does_not_answer_comes_last_from_then_on",
    ),
    Mutant(
        "an empty snapshot is fetched",
        JOINER,
        "if not manifest.chunks:",
        "if False:",
        "test_an_empty_snapshot_is_a_lie",
    ),
    Mutant(
        "who lost its log asks nobody",
        "node/catchup/catchup.py",
        "            out.append(Tell(None, WhereNow(self.amnesia.nonce)))\n",
        "            pass\n",
        "test_it_asks_until_it_knows",
    ),
)
