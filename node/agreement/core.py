"""One validator's side of Tendermint, height by height: events in, effects out.

Rules are named by their lines in Algorithm 1 of arXiv:1807.04938. Three points the paper leaves open: votes are
kept up to two per sender (``tally``), a proposal of an earlier round's block carries the polka that makes it
safe (``ear``), and a round is skipped to only on word of more than a third, at most ``MAX_SKIP`` rounds ahead.

A height begins in WAIT: until its window has run, what arrives is counted but nothing is voted for, so clocks
that differ can only delay. A window ends before its time where all that it could bring is here, or a quorum's have
ended and what those must take in is here. A block counts as proposed once its body is here and found valid.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from node.agreement.application import Application, Sign, Verify
from node.agreement.ear import MAX_SKIP, Ear
from node.agreement.effects import (
    Decide,
    Effect,
    FallenBehind,
    Locked,
    Record,
    SetTimer,
    Timeout,
    Timer,
    Validated,
)
from node.agreement.elsewhere import MAX_EARLY, MAX_PAST, Elsewhere
from node.agreement.messages import (
    PRECOMMIT,
    PREVOTE,
    PROPOSE,
    WAIT,
    Ballot,
    Body,
    Certificate,
    Decision,
    Message,
    Proposal,
    Seen,
    Step,
    Vote,
)
from node.agreement.patience import Patience
from node.agreement.recovery import Past, recall
from node.agreement.tally import Round
from node.agreement.timeouts import Timeouts
from node.agreement.validators import ValidatorSet
from node.agreement.voice import Voice

#: What gives up on a proposal.
PROPOSING: Final = (Timeout.PROPOSE, Timeout.OVERDUE, Timeout.SILENT)

__all__ = ["MAX_EARLY", "MAX_PAST", "MAX_SKIP", "Agreement"]


class Agreement:
    """State of one height; ``start`` moves to the next. ``me`` is ``None`` for an observer: it signs nothing."""

    ear: Ear

    def __init__(self, network: bytes, sign: Sign, verify: Verify, application: Application, timeouts: Timeouts):
        self.network = network
        self.sign = sign
        self.verify = verify
        self.application = application
        self.timeouts = timeouts
        self.height = -1
        self._elsewhere = Elsewhere()
        self._patience = Patience()
        self._out: list[Effect] = []

    # Starting

    def start(
        self, height: int, validators: ValidatorSet, me: int | None, records: Sequence[Record] = ()
    ) -> list[Effect]:
        """Begin ``height``; ``records`` are what the log holds of it when it was begun before a crash."""
        assert height > self.height
        if self.height >= 0:
            self._elsewhere.leave(self.ear)
        self.height, self.validators = height, validators
        self._enter(0, WAIT)
        self.ear = Ear(self.network, self.verify, height, validators, self._out)
        self.voice = Voice(self.network, self.sign, height, me, self._out)
        self._patience.begin(self.ear, self._elsewhere.silent(validators))
        self.tally, self.seen, self.bodies = self.ear.tally, self.ear.seen, self.ear.bodies
        self._valid: dict[bytes, bool] = {}
        self.locked: tuple[int, bytes] | None = None
        self.valid: tuple[int, bytes] | None = None
        self._polka: Certificate | None = None
        self._timed: set[tuple[Timeout, int]] = set()
        self._updated: set[int] = set()
        self.decided = False
        if records:
            self._resume(recall(records))
        if self.step is WAIT:
            self._timer(Timeout.WINDOW, 0)
        for message in self._elsewhere.due():
            self._receive(message)
        self._advance()
        return self._take()

    @property
    def me(self) -> int | None:
        return self.voice.me

    def _resume(self, past: Past) -> None:
        """Be again who the log says we were: the same locks, the same votes, the step they imply."""
        self._enter(past.round, past.step)
        self.locked, self.valid = past.locked, past.valid
        for block in past.bodies:
            self.ear.hold(block)
        for polka in past.polkas:
            self._polka = polka
            self._updated.add(polka.round)
            self.ear.count(polka)
        for message in past.said:
            self.voice.again(message)
            self._receive(message)
        if self.step is PROPOSE:
            self._timer(Timeout.PROPOSE, self.round)

    # Events

    def receive(self, message: Message) -> list[Effect]:
        """A message, its shape checked, from anybody: signatures are what counts."""
        if self._receive(message):
            self._advance()
        return self._take() if self._out else []

    def timed_out(self, timer: Timer) -> list[Effect]:
        if timer.height == self.height and not self.decided:
            self._on_timer(timer)
            self._advance()
        return self._take()

    def retry(self) -> list[Effect]:
        """Something the application lacked has arrived: the window may end, or proposing work."""
        if self.step <= PROPOSE:
            self._advance()
        return self._take() if self._out else []

    def _take(self) -> list[Effect]:
        out = self._out[:]
        self._out.clear()
        return out

    def _on_timer(self, timer: Timer) -> None:
        if timer.kind is Timeout.WINDOW:
            if self.step is WAIT:
                self._close()
        elif timer.round == self.round:
            if timer.kind in PROPOSING and self.step is PROPOSE:  # L57
                if timer.kind is not Timeout.SILENT or self._patience.silent(self.round):
                    self._prevote(None)
            elif timer.kind is Timeout.PREVOTE and self.step is PREVOTE:  # L61
                self._precommit(None)
            elif timer.kind is Timeout.PRECOMMIT:  # L65
                self._start_round(self.round + 1)

    def _receive(self, message: Message) -> bool:
        """Whether it told us anything about this height: else no rule can apply that did not before."""
        if message.height != self.height:
            self._other_height(message)
        elif self.decided:
            pass
        elif type(message) is Vote:
            return self.ear.vote(message, self.round)
        elif type(message) is Proposal:
            return self.ear.proposal(message, self.round)
        elif type(message) is Seen:
            # Once the window has run, nothing waits for fewer than a quorum's.
            return self.ear.statement(message) and (self.step is WAIT or self._quorate())
        elif type(message) is Body:
            return self.ear.body(message.block, self.round)
        elif type(message) is Decision and self.ear.decision(message):
            self._decide(message.certificate)
            return True
        return False

    def _hear(self, said: Message | None) -> None:
        """One hears oneself."""
        if said is not None:
            self._receive(said)

    def _other_height(self, message: Message) -> None:
        if message.height < self.height:
            self._elsewhere.late(message)
        elif message.height > self.height + 1 or not self._elsewhere.early(message, self.ear):
            self._out.append(FallenBehind(message.height))

    # Rules

    def _advance(self) -> None:
        """Apply rules until none does: each moves to a later step or round, or is applied once per round."""
        committed = self.tally.committed
        while not self.decided:
            if committed and self._commit():
                continue
            if (self.step is WAIT and not self._take_part()) or not self._rules():
                return

    def _take_part(self) -> bool:
        """Whether the window has run, or need not."""
        if self._complete() or self._follows():
            self._close()
        return self.step is not WAIT

    def _complete(self) -> bool:
        return self.timeouts.early and self.application.complete(self.height)

    def _follows(self) -> bool:
        """Whether a quorum's windows have ended and all that more than a third of them vouch for is here. What
        every honest validator held when its own window ended is then held, and vouched for, by this one too."""
        return self._quorate() and not self.application.lacks(self.height, self._statements())

    def _quorate(self) -> bool:
        """Whether a quorum has said what it holds."""
        return self.ear.stated >= self.validators.quorum

    def _statements(self) -> list[Seen]:
        return [self.seen[sender] for sender in sorted(self.seen)]

    def _close(self) -> None:
        """The end of the window: say what is held, and begin."""
        self._hear(self.voice.seen(self.application.held(self.height)))
        self._start_round(0)

    def _rules(self) -> bool:
        if self.tally.latest > self.round and self._skip():
            return True
        at = self.tally.rounds.get(self.round)
        if self.step is PROPOSE:
            if self._propose():
                return True
            self._hurry()
            return at is not None and (self._vote(at) or self._timers(at))
        return at is not None and (self._lock(at) or self._give_up(at) or self._timers(at))

    def _commit(self) -> bool:
        """L49: a quorum precommitted a block that is here."""
        for round, block in self.tally.committed.items():
            if self._known(block):
                self._decide(self.tally.certificate(Ballot.PRECOMMIT, self.height, round, block))
                return True
            self.ear.want(block)
        return False

    def _skip(self) -> bool:
        """L55: more than a third speak of a later round."""
        for round in sorted(self.tally.rounds, reverse=True):
            if round > self.round and self.tally.rounds[round].heard >= self.validators.witnesses:
                self._start_round(round)
                return True
        return False

    def _propose(self) -> bool:
        """L14: our turn: a block with a polka first, else a new one, once a quorum has said what it holds."""
        if self._turn != self.voice.me or self.voice.proposed(self.round):
            return False
        if self.valid is not None and self.valid[1] in self.bodies:
            self._say_proposal(self.bodies[self.valid[1]], self.valid[0], self._polka)
            return True
        block = self.application.propose(self.height, self.round, self._statements()) if self._quorate() else None
        if block is None:
            return False
        self._say_proposal(block, -1, None)
        return True

    def _hurry(self) -> None:
        """Once a quorum has said what it holds, whose turn it is can propose: its window is not waited for."""
        if (Timeout.OVERDUE, self.round) not in self._timed and self._quorate():
            self._timer(Timeout.SILENT if self._patience.silent(self.round) else Timeout.OVERDUE, self.round)

    def _vote(self, at: Round) -> bool:
        """L22 and L28: prevote for what is proposed, unless locked on something else by as late a polka."""
        for proposal in at.proposals:
            if proposal.block not in self.bodies:
                continue
            free = self.locked is None or self.locked[1] == proposal.block
            if proposal.valid_round >= 0:
                # Its polka was counted when it came.
                free = free or (self.locked is not None and self.locked[0] <= proposal.valid_round)
            self._prevote(proposal.block if free and self._acceptable(proposal) else None)
            return True
        return False

    def _acceptable(self, proposal: Proposal) -> bool:
        """Whether its block is valid and, if new, made for this very round."""
        return self._known(proposal.block) and (
            proposal.valid_round >= 0 or self.application.fresh(self.bodies[proposal.block], proposal.round)
        )

    def _lock(self, at: Round) -> bool:
        """L36: a polka of this round for a valid block: lock and precommit, or just remember it."""
        quorum = self.validators.quorum
        if at.prevotes.power < quorum or self.round in self._updated:
            return False
        for block, power in at.prevotes.support.items():
            if block is None or power < quorum:
                continue
            if not self._known(block):
                self.ear.want(block)
                continue
            self._updated.add(self.round)
            polka = self.tally.certificate(Ballot.PREVOTE, self.height, self.round, block)
            self.valid, self._polka = (self.round, block), polka
            if self.step is PREVOTE:
                self.locked = (self.round, block)
                self._precommit(block, Locked(self.bodies[block], polka))
            else:
                self.voice.remember(Validated(self.bodies[block], polka))
            return True
        return False

    def _give_up(self, at: Round) -> bool:
        """L44: a quorum prevoted nil."""
        if self.step is PREVOTE and at.prevotes.support.get(None, 0) >= self.validators.quorum:
            self._precommit(None)
            return True
        return False

    def _timers(self, at: Round) -> bool:
        """L34 and L47: a quorum has voted, though not for one thing: wait a little for the rest. A round in which
        quorums voted for nothing, twice, has neither a polka nor a decision to wait for."""
        quorum = self.validators.quorum
        if at.prevotes.support.get(None, 0) >= quorum and at.precommits.support.get(None, 0) >= quorum:
            self._start_round(self.round + 1)
            return True
        if self.step is PREVOTE and at.prevotes.power >= quorum:
            self._timer(Timeout.PREVOTE, self.round)
        if at.precommits.power >= quorum:
            self._timer(Timeout.PRECOMMIT, self.round)
        return False

    def _enter(self, round: int, step: Step) -> None:
        self.round, self.step = round, step
        #: Whose turn it is to propose.
        self._turn = self.validators.proposer(self.height, round)

    def _start_round(self, round: int) -> None:
        """L11."""
        self._enter(round, PROPOSE)
        self._timer(Timeout.PROPOSE, round)
        at = self.tally.rounds.get(round)
        for proposal in at.proposals if at is not None else ():
            # Its body may have made room for those of the rounds before.
            self.ear.want(proposal.block)

    def _decide(self, certificate: Certificate) -> None:
        self.decided = True
        self._patience.end(self.round)
        self._out.append(Decide(self.height, self.bodies[certificate.block], certificate))

    def _known(self, block: bytes) -> bool:
        """Whether the body is here and valid; asked once per block."""
        if block not in self.bodies:
            return False
        found = self._valid.get(block)
        if found is None:
            found = self._valid[block] = self.application.valid(self.height, self.bodies[block])
        return found

    # Steps: each says its message, and hears itself

    def _say_proposal(self, block: bytes, valid_round: int, polka: Certificate | None) -> None:
        self.ear.hold(block)
        self._hear(self.voice.proposal(self.round, block, valid_round, polka))

    def _prevote(self, block: bytes | None) -> None:
        self.step = PREVOTE
        self._hear(self.voice.vote(Ballot.PREVOTE, self.round, block))

    def _precommit(self, block: bytes | None, lock: Locked | None = None) -> None:
        self.step = PRECOMMIT
        self._hear(self.voice.vote(Ballot.PRECOMMIT, self.round, block, lock))

    def _timer(self, kind: Timeout, round: int) -> None:
        if (kind, round) not in self._timed:
            self._timed.add((kind, round))
            after_ms = self._patience.after_ms(self.timeouts, kind, round)
            self._out.append(SetTimer(Timer(kind, self.height, round), after_ms))
