"""What is kept of events: bounded in number and bytes, by kind of topic, and no hole is kept from a reader."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from node.api.ring import KINDS, Ring, kind_of

ROOM, ROOM_BYTES = 5, 40
#: Topics, and lengths of their messages: some alone larger than a ring.
EVENTS = st.lists(st.tuples(st.sampled_from((*KINDS, "intents:0xaa", "intents:0xbb")), st.integers(1, 50)))


def filled(events: list[tuple[str, int]]) -> Ring:
    ring = Ring(ROOM, ROOM_BYTES)
    for topic, size in events:
        seq = ring.next()
        ring.keep(seq, topic, b"x" * size)
    return ring


@given(EVENTS)
def test_each_kind_of_topic_keeps_the_longest_run_of_its_newest_events_that_has_room(
    events: list[tuple[str, int]],
) -> None:
    """Against the definition, worked out from all events; one from before the run is told that it lost some."""
    ring = filled(events)
    for kind in KINDS:
        own = [(seq, topic, size) for seq, (topic, size) in enumerate(events, 1) if kind_of(topic) == kind]
        fits = [
            n
            for n in range(min(ROOM, len(own)) + 1)
            if sum(size for *_, size in own[len(own) - n :]) <= ROOM_BYTES
        ]
        fit = max(fits)
        kept, gone = own[len(own) - fit :], own[: len(own) - fit]
        topics = {topic for _, topic, _ in own} or {kind}
        since = gone[-1][0] if gone else 0
        found = ring.after(since, topics)
        assert found is not None
        assert [len(message) for message in found] == [size for _, _, size in kept]
        if gone:
            assert ring.after(since - 1, topics) is None
