"""One validator's side of Tendermint, height by height: events in, effects out.

Rules are named by their lines in Algorithm 1 of arXiv:1807.04938. Three points the paper leaves open: votes are
kept up to two per sender (``tally``), a proposal of an earlier round's block carries the polka that makes it
safe, and a round is skipped to only on word of more than a third, at most ``MAX_SKIP`` rounds ahead.

A height begins in WAIT: until its window has run, what arrives is counted but nothing is voted for, so clocks
that differ can only delay. A block counts as proposed once its body is here and found valid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from node.agreement.effects import (
    Accuse,
    Broadcast,
    Decide,
    Effect,
    FallenBehind,
    Locked,
    Persist,
    Pull,
    Record,
    Sent,
    SetTimer,
    Timeout,
    Timer,
    Validated,
)
from node.agreement.messages import (
    MAX_ROUND,
    MAX_SEEN,
    Ballot,
    Body,
    Certificate,
    Decision,
    Message,
    Proposal,
    Seen,
    Step,
    Vote,
    block_id,
    vote_digest,
)
from node.agreement.tally import Tally
from node.agreement.timeouts import Timeouts
from node.agreement.validators import ValidatorSet

#: Rounds ahead that anybody can make us look at.
MAX_SKIP: Final = 1000
#: Messages of the next height kept per sender, and bodies of one height.
MAX_EARLY: Final = 64
MAX_BODIES: Final = 64

Sign = Callable[[bytes], bytes]
Verify = Callable[[bytes, bytes, bytes], bool]


class Application(Protocol):
    """What is agreed on: the rules of blocks, as pure functions of the state before the height."""

    def held(self, height: int) -> Sequence[bytes]:
        """The ids this node can vouch for as its window closes."""

    def propose(self, height: int, round: int, seen: Sequence[Seen]) -> bytes | None:
        """A block that follows the inclusion rule for ``seen``; ``None`` if it cannot be made (yet)."""

    def valid(self, height: int, block: bytes) -> bool:
        """Whether ``block`` may be decided at ``height``."""


class Agreement:
    """State of one height; ``start`` moves to the next. ``me`` is ``None`` for an observer: it signs nothing."""

    def __init__(self, network: bytes, sign: Sign, verify: Verify, application: Application, timeouts: Timeouts):
        self.network = network
        self.sign = sign
        self.verify = verify
        self.application = application
        self.timeouts = timeouts
        self.height = -1
        self._early: dict[int, list[Message]] = {}

    # Starting

    def start(
        self, height: int, validators: ValidatorSet, me: int | None, records: Sequence[Record] = ()
    ) -> list[Effect]:
        """Begin ``height``; ``records`` are what the log holds of it when it was begun before a crash."""
        assert height > self.height
        self.height, self.validators, self.me = height, validators, me
        self.round, self.step = 0, Step.WAIT
        self.tally = Tally(validators)
        self.seen: dict[int, Seen] = {}
        self.bodies: dict[bytes, bytes] = {}
        self._valid: dict[bytes, bool] = {}
        self._pulled: set[bytes] = set()
        self._sent: dict[tuple[type, int, int], Message] = {}
        self.locked: tuple[int, bytes] | None = None
        self.valid: tuple[int, bytes] | None = None
        self._polka: Certificate | None = None
        self._timed: set[tuple[Timeout, int]] = set()
        self._updated: set[int] = set()
        self.decided = False
        self._out: list[Effect] = []
        if records:
            self._restore(records)
        if self.step is Step.WAIT:
            self._timer(Timeout.WINDOW, 0)
        early, self._early = self._early, {}
        for messages in early.values():
            for message in messages:
                self._receive(message)
        self._advance()
        return self._take()

    def _restore(self, records: Sequence[Record]) -> None:
        """Be again who the log says we were: the same locks, the same votes, the step they imply."""
        for record in records:
            if isinstance(record, Sent):
                self._resend(record.message)
            else:
                self._keep_body(record.block)
                place = (record.polka.round, record.polka.block)
                if isinstance(record, Locked):
                    self.locked = place
                self.valid, self._polka = place, record.polka
                self._updated.add(record.polka.round)
                self._count(record.polka)

    def _resend(self, message: Message) -> None:
        if isinstance(message, Seen):
            self._sent[Seen, 0, 0] = message
            self.step = max(self.step, Step.PROPOSE)
        elif isinstance(message, Proposal):
            self._sent[Proposal, message.round, 0] = message
            self.round, self.step = max((self.round, self.step), (message.round, Step.PROPOSE))
        elif isinstance(message, Vote):
            self._sent[Vote, message.round, message.ballot] = message
            step = Step.PREVOTE if message.ballot is Ballot.PREVOTE else Step.PRECOMMIT
            self.round, self.step = max((self.round, self.step), (message.round, step))
        elif isinstance(message, Body):
            self._keep_body(message.block)
        self._out.append(Broadcast(message))
        self._receive(message)
        if self.step is Step.PROPOSE:
            self._timer(Timeout.PROPOSE, self.round)

    # Events

    def receive(self, message: Message) -> list[Effect]:
        """A message, its shape checked, from anybody: signatures are what counts."""
        self._receive(message)
        self._advance()
        return self._take()

    def timed_out(self, timer: Timer) -> list[Effect]:
        if timer.height == self.height and not self.decided:
            self._on_timer(timer)
            self._advance()
        return self._take()

    def retry(self) -> list[Effect]:
        """Something the application lacked has arrived: proposing or validating may now work."""
        self._advance()
        return self._take()

    def _take(self) -> list[Effect]:
        out, self._out = self._out, []
        return out

    def _on_timer(self, timer: Timer) -> None:
        if timer.kind is Timeout.WINDOW:
            if self.step is Step.WAIT:
                self._say_seen()
                self._start_round(0)
        elif timer.round == self.round:
            if timer.kind is Timeout.PROPOSE and self.step is Step.PROPOSE:  # L57
                self._prevote(None)
            elif timer.kind is Timeout.PREVOTE and self.step is Step.PREVOTE:  # L61
                self._precommit(None)
            elif timer.kind is Timeout.PRECOMMIT:  # L65
                self._start_round(self.round + 1)

    def _receive(self, message: Message) -> None:
        height = message.height
        if height != self.height:
            self._other_height(message)
        elif self.decided:
            pass
        elif isinstance(message, Vote):
            self._on_vote(message)
        elif isinstance(message, Proposal):
            self._on_proposal(message)
        elif isinstance(message, Seen):
            self._on_seen(message)
        elif isinstance(message, Body):
            self._keep_body(message.block)
        elif isinstance(message, Decision):
            self._on_decision(message)

    def _other_height(self, message: Message) -> None:
        if message.height == self.height + 1 and isinstance(message, Vote | Proposal | Seen | Body):
            sender = -1 if isinstance(message, Body) else message.sender
            kept = self._early.setdefault(sender, []) if -1 <= sender < len(self.validators) + 1 else []
            if len(kept) < MAX_EARLY:
                kept.append(message)
        elif message.height > self.height:
            self._out.append(FallenBehind(message.height))

    def _on_vote(self, vote: Vote) -> None:
        if not self._plausible(vote.sender, vote.round) or self.tally.knows(vote):
            return
        if self._signed(vote):
            earlier = self.tally.add(vote)
            if earlier is not None:
                self._out.append(Accuse(earlier, vote))

    def _on_proposal(self, proposal: Proposal) -> None:
        if not self._plausible(proposal.sender, proposal.round) or self.tally.knows_proposal(proposal):
            return
        if proposal.sender != self.validators.proposer(self.height, proposal.round):
            return
        if not -1 <= proposal.valid_round < proposal.round or not self._signed(proposal):
            return
        if proposal.valid_round >= 0 and not self._proven(proposal):
            return
        earlier = self.tally.propose(proposal)
        if earlier is not None:
            self._out.append(Accuse(earlier, proposal))
        self._want(proposal.block)

    def _proven(self, proposal: Proposal) -> bool:
        """Whether its polka is one of its own block at its valid round; the prevotes in it then count as heard."""
        polka = proposal.polka
        if (
            polka is None
            or (polka.ballot, polka.height, polka.round, polka.block)
            != (Ballot.PREVOTE, self.height, proposal.valid_round, proposal.block)
            or not self.checks(polka)
        ):
            return False
        self._count(polka)
        return True

    def _count(self, certificate: Certificate) -> None:
        for sender, signature in certificate.votes:
            vote = Vote(
                certificate.ballot, certificate.height, certificate.round, certificate.block, sender, signature
            )
            if not self.tally.knows(vote):
                earlier = self.tally.add(vote)
                if earlier is not None:
                    self._out.append(Accuse(earlier, vote))

    def checks(self, certificate: Certificate) -> bool:
        """Whether distinct validators of this height with a quorum's power signed it."""
        digest = vote_digest(
            self.network, certificate.ballot, certificate.height, certificate.round, certificate.block
        )
        members, power, last = self.validators.members, 0, -1
        for sender, signature in certificate.votes:
            if not last < sender < len(members) or not self.verify(members[sender].key, digest, signature):
                return False
            power, last = power + members[sender].power, sender
        return power >= self.validators.quorum

    def _on_seen(self, seen: Seen) -> None:
        if 0 <= seen.sender < len(self.validators) and seen.sender not in self.seen and self._signed(seen):
            self.seen[seen.sender] = seen

    def _on_decision(self, decision: Decision) -> None:
        certificate = decision.certificate
        if (
            certificate.ballot is Ballot.PRECOMMIT
            and certificate.height == self.height
            and certificate.block == block_id(decision.block)
            and self.checks(certificate)
        ):
            self._keep_body(decision.block)
            self._decide(certificate)

    def _plausible(self, sender: int, round: int) -> bool:
        return 0 <= sender < len(self.validators) and 0 <= round <= min(self.round + MAX_SKIP, MAX_ROUND)

    def _signed(self, message: Vote | Proposal | Seen) -> bool:
        key = self.validators.members[message.sender].key
        return self.verify(key, message.signed(self.network), message.signature)

    def _keep_body(self, block: bytes) -> None:
        if len(self.bodies) < MAX_BODIES:
            self.bodies.setdefault(block_id(block), block)

    # Rules

    def _advance(self) -> None:
        """Apply rules until none does: each moves to a later step or round, or is applied once per round."""
        while not self.decided and (self._commit() or (self.step is not Step.WAIT and self._rules())):
            pass

    def _rules(self) -> bool:
        return self._skip() or self._propose() or self._vote() or self._lock() or self._give_up() or self._timers()

    def _commit(self) -> bool:
        """L49: a quorum precommitted a block that is here."""
        for round, block in self.tally.committed.items():
            if self._known(block):
                self._decide(self.tally.certificate(Ballot.PRECOMMIT, self.height, round, block))
                return True
            self._want(block)
        return False

    def _skip(self) -> bool:
        """L55: more than a third speak of a later round."""
        if self.tally.latest > self.round:
            for round in sorted(self.tally.rounds, reverse=True):
                if round > self.round and self.tally.rounds[round].heard >= self.validators.witnesses:
                    self._start_round(round)
                    return True
        return False

    def _propose(self) -> bool:
        """L14: our turn: a block with a polka first, else a new one, once a quorum has said what it holds."""
        if self.step is not Step.PROPOSE or self.me is None or (Proposal, self.round, 0) in self._sent:
            return False
        if self.validators.proposer(self.height, self.round) != self.me:
            return False
        if self.valid is not None and self.valid[1] in self.bodies:
            self._say_proposal(self.bodies[self.valid[1]], self.valid[0], self._polka)
            return True
        power = sum(self.validators.members[sender].power for sender in self.seen)
        if power < self.validators.quorum:
            return False
        seen = [self.seen[sender] for sender in sorted(self.seen)]
        block = self.application.propose(self.height, self.round, seen)
        if block is None:
            return False
        self._say_proposal(block, -1, None)
        return True

    def _vote(self) -> bool:
        """L22 and L28: prevote for what is proposed, unless locked on something else by as late a polka."""
        if self.step is not Step.PROPOSE:
            return False
        at = self.tally.rounds.get(self.round)
        for proposal in at.proposals if at is not None else ():
            if not self._here(proposal.block):
                continue
            free = self.locked is None or self.locked[1] == proposal.block
            if proposal.valid_round >= 0:
                # Its polka was counted when it came.
                free = free or (self.locked is not None and self.locked[0] <= proposal.valid_round)
            self._prevote(proposal.block if free and self._known(proposal.block) else None)
            return True
        return False

    def _lock(self) -> bool:
        """L36: a polka of this round for a valid block: lock and precommit, or just remember it."""
        if self.step < Step.PREVOTE or self.round in self._updated:
            return False
        at = self.tally.rounds.get(self.round)
        quorum = self.validators.quorum
        support = at.prevotes.support if at is not None else {}
        for block, power in support.items():
            if block is None or power < quorum or not self._known(block):
                if block is not None and power >= quorum:
                    self._want(block)
                continue
            self._updated.add(self.round)
            polka = self.tally.certificate(Ballot.PREVOTE, self.height, self.round, block)
            self.valid, self._polka = (self.round, block), polka
            if self.step is Step.PREVOTE:
                self.locked = (self.round, block)
                self._precommit(block, Locked(self.bodies[block], polka))
            else:
                self._persist(Validated(self.bodies[block], polka))
            return True
        return False

    def _give_up(self) -> bool:
        """L44: a quorum prevoted nil."""
        if self.step is Step.PREVOTE and self.tally.polka(self.round, None):
            self._precommit(None)
            return True
        return False

    def _timers(self) -> bool:
        """L34 and L47: a quorum has voted, though not for one thing: wait a little for the rest."""
        at = self.tally.rounds.get(self.round)
        if at is None:
            return False
        quorum = self.validators.quorum
        if self.step is Step.PREVOTE and at.prevotes.power >= quorum:
            self._timer(Timeout.PREVOTE, self.round)
        if at.precommits.power >= quorum:
            self._timer(Timeout.PRECOMMIT, self.round)
        return False

    def _start_round(self, round: int) -> None:
        """L11."""
        self.round, self.step = round, Step.PROPOSE
        self._timer(Timeout.PROPOSE, round)

    def _decide(self, certificate: Certificate) -> None:
        self.decided = True
        self._out.append(Decide(self.height, self.bodies[certificate.block], certificate))

    # Blocks

    def _here(self, block: bytes) -> bool:
        return block in self.bodies

    def _known(self, block: bytes) -> bool:
        """Whether the body is here and valid; asked once per block."""
        if block not in self.bodies:
            return False
        found = self._valid.get(block)
        if found is None:
            found = self._valid[block] = self.application.valid(self.height, self.bodies[block])
        return found

    def _want(self, block: bytes) -> None:
        if block not in self.bodies and block not in self._pulled:
            self._pulled.add(block)
            self._out.append(Pull(self.height, block, self.tally.holders(block)))

    # Speaking: nothing leaves before it is on disk, and nothing is said twice in other words

    def _say_seen(self) -> None:
        if self.me is not None and (Seen, 0, 0) not in self._sent:
            ids = tuple(sorted(self.application.held(self.height)))[:MAX_SEEN]
            said = Seen(self.height, ids, self.me)
            self._say((Seen, 0, 0), Seen(said.height, ids, self.me, self.sign(said.signed(self.network))))

    def _say_proposal(self, block: bytes, valid_round: int, polka: Certificate | None) -> None:
        assert self.me is not None
        place = block_id(block)
        said = Proposal(self.height, self.round, place, valid_round, polka, self.me)
        signature = self.sign(said.signed(self.network))
        self._keep_body(block)
        self._say(
            (Proposal, self.round, 0),
            Proposal(self.height, self.round, place, valid_round, polka, self.me, signature),
            body=Body(self.height, block),
        )

    def _prevote(self, block: bytes | None) -> None:
        self.step = Step.PREVOTE
        self._say_vote(Ballot.PREVOTE, block)

    def _precommit(self, block: bytes | None, lock: Locked | None = None) -> None:
        self.step = Step.PRECOMMIT
        self._say_vote(Ballot.PRECOMMIT, block, lock)

    def _say_vote(self, ballot: Ballot, block: bytes | None, lock: Locked | None = None) -> None:
        if self.me is None:
            return
        digest = vote_digest(self.network, ballot, self.height, self.round, block)
        vote = Vote(ballot, self.height, self.round, block, self.me, self.sign(digest))
        self._say((Vote, self.round, ballot), vote, lock=lock)

    def _say(
        self, key: tuple[type, int, int], message: Message, *, body: Body | None = None, lock: Locked | None = None
    ) -> None:
        """Persist, then send, then hear it ourselves. What was said before under ``key`` is what is said again."""
        if key in self._sent:
            return
        self._sent[key] = message
        records: list[Record] = [] if lock is None else [lock]
        if body is not None:
            records.append(Sent(body))
        self._persist(*records, Sent(message))
        if body is not None:
            self._out.append(Broadcast(body))
        self._out.append(Broadcast(message))
        self._receive(message)

    def _persist(self, *records: Record) -> None:
        self._out.append(Persist(self.height, records))

    def _timer(self, kind: Timeout, round: int) -> None:
        if (kind, round) not in self._timed:
            self._timed.add((kind, round))
            after_ms = self.timeouts.after_ms(kind, self.height, round)
            self._out.append(SetTimer(Timer(kind, self.height, round), after_ms))
