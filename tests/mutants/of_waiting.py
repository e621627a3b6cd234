"""Mutants of whom is waited for, and how long."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import Mutant

CORE: Final = "node/agreement/core.py"
PATIENCE: Final = "node/agreement/patience.py"
ANSWERS: Final = "node/chain/answers.py"

WAITING: Final = (
    Mutant(
        "votes are waited for no longer in later rounds",
        "node/agreement/timeouts.py",
        "self.vote_ms + self.vote_step_ms * steps",
        "self.vote_ms",
        "test_timeouts_grow_with_the_round",
    ),
    Mutant(
        "who was in time to seal has less time to open",
        "node/agreement/timeouts.py",
        "if self.early and kind == last > 0",
        "if False",
        "test_who_was_in_time_to_seal_is_in_time_to_open",
    ),
    Mutant(
        "whole windows are longer than they say",
        "node/agreement/timeouts.py",
        "if self.early and kind == last > 0",
        "if kind == last > 0",
        "test_where_windows_run_whole_the_last_one_is_all_there_is",
    ),
    Mutant(
        "rounds lost do not lengthen waits",
        PATIENCE,
        "height, slack + self._lost(round)",
        "height, slack",
        "test_agreement_waits_grow_with_rounds_of_those_who_are_there",
    ),
    Mutant(
        "rounds of silent proposers lengthen waits",
        PATIENCE,
        "sum(self._proposer(earlier) in self._ear.heard for earlier in range(round))",
        "round",
        "test_agreement_waits_grow_with_rounds_of_those_who_are_there",
    ),
    Mutant(
        "who says nothing for a round has all its time in the next",
        PATIENCE,
        "(known or round > 0)",
        "known",
        "test_agreement_who_says_nothing_in_a_whole_round_is_silent_in_the_next",
    ),
    Mutant(
        "patience ends with its height",
        PATIENCE,
        "min(MAX_SLACK, self._slack + len(late), self._needed_by_many())",
        "0",
        "test_agreement_patience_lasts_over_heights_and_wears_off",
    ),
    Mutant(
        "who proposes nothing lengthens the waits of later heights",
        PATIENCE,
        "late = self._late(round)",
        "late = [at for at in range(round) if self._proposer(at) in self._ear.heard]",
        "test_agreement_who_speaks_and_proposes_nothing_lengthens_no_later_height",
    ),
    Mutant(
        "patience has no bound",
        PATIENCE,
        "min(MAX_SLACK, self._slack + len(late), ",
        "min(self._slack + len(late), ",
        "test_agreement_patience_lasts_over_heights_and_wears_off",
    ),
    Mutant(
        "one late proposer lengthens the waits of later heights",
        PATIENCE,
        "if power >= validators.witnesses:",
        "if power:",
        "test_agreement_late_proposals_of_a_third_lengthen_no_later_height",
    ),
    Mutant(
        "late proposals teach nothing while a quorum is in time",
        PATIENCE,
        "if power >= validators.witnesses:",
        "if power >= validators.quorum:",
        "test_agreement_late_proposals_of_more_than_a_third_lengthen_later_heights",
    ),
    Mutant(
        "late proposers are counted, and not their power",
        PATIENCE,
        "power += votes",
        "power += 1",
        "test_agreement_who_is_late_is_counted_by_its_power",
    ),
    Mutant(
        "late proposals are never forgotten",
        PATIENCE,
        "[0] > oldest",
        "[0] > -1",
        "test_agreement_late_proposals_are_forgotten",
    ),
    Mutant(
        "who was not heard at one height is silent",
        "node/agreement/elsewhere.py",
        "silent if len(recent) == SILENT_HEIGHTS else ()",
        "silent",
        "test_agreement_few_heights_tell_nothing",
    ),
    Mutant(
        "who speaks again is given up all the same",
        CORE,
        "timer.kind is not Timeout.SILENT or self._patience.silent(self.round)",
        "True",
        "test_agreement_who_is_heard_again_has_all_its_time",
    ),
    Mutant(
        "late words are no sign of life",
        "node/agreement/ear.py",
        "        self.heard.add(message.sender)\n        if earlier is not None and not",
        "        if earlier is not None and not",
        "test_agreement_who_comes_late_is_not_silent",
    ),
    Mutant(
        "a window ends with those of more than a third",
        CORE,
        "return self._quorate() and not",
        "return self.ear.stated >= self.validators.witnesses and not",
        "test_agreement_a_window_ends_with_those_of_a_quorum",
    ),
    Mutant(
        "a window ends though what others vouch for is not here",
        CORE,
        "return self._quorate() and not self.application.lacks(self.height, self._statements())",
        "return self._quorate()",
        "test_agreement_a_window_runs_on_while_what_a_quorum_vouches_for_is_not_here",
    ),
    Mutant(
        "what is lacked is worked out once",
        "node/chain/app.py",
        "if len(seen) != self._asked:",
        "if not self._asked:",
        "test_chain_what_more_than_a_third_vouch_for_is_lacked_until_it_is_here",
    ),
    Mutant(
        "a round with a nil quorum of precommits is over though it may have a polka",
        CORE,
        "if at.prevotes.support.get(None, 0) >= quorum and at.precommits",
        "if at.precommits",
        "test_agreement_a_round_that_may_have_a_polka_is_waited_for",
    ),
    Mutant(
        "a solver that misses one auction is not waited for",
        ANSWERS,
        "< SILENT_AUCTIONS",
        "< 1",
        "test_chain_a_solver_silent_for_auctions_on_end_is_waited_for_now_and_then",
    ),
    Mutant(
        "a silent solver is never waited for again",
        ANSWERS,
        "auction % ALL_AWAITED_EVERY == 0",
        "False",
        "test_chain_a_solver_silent_for_auctions_on_end_is_waited_for_now_and_then",
    ),
    Mutant(
        "answers for the next auction go with this one",
        ANSWERS,
        "item.auction >= auction",
        "item.auction > auction",
        "test_chain_an_answer_for_the_next_auction_outlives_the_settlement_before",
    ),
)
