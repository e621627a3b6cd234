"""What is added up of a network: batches once each, roots per height, and the picture of it."""

from __future__ import annotations

from pathlib import Path

from node.livedemo.desk import Endpoint, Seen, Settled
from node.livedemo.screen import changes, introduction, lines, verdict
from node.livedemo.watching import HEIGHTS_KEPT, Watch


def seen(name: str, height: int, root: str = "0xaa", *, ready: bool = True, trouble: str = "") -> Seen:
    return Seen(name, "validator", height, 0, height // 3 + 1, "batch", root, 2, 5, 3, ready, trouble)


def settled(number: int, filled: int = 2, winners: tuple[str, ...] = ("walras",)) -> Settled:
    return Settled(number, 3, filled, 2, winners)


def test_an_auction_counts_once() -> None:
    """However often it is reported, and only from the first that began under watch."""
    watch = Watch(first=4)
    assert [row.number for row in watch.auctions([settled(5), settled(4), settled(3)])] == [4, 5]
    assert watch.auctions([settled(6), settled(5)]) == [settled(6)]
    assert (watch.batches, watch.settled, watch.wins) == (3, 6, {"walras": 3})


def test_roots_are_compared_by_height() -> None:
    """Nodes at different heights say nothing about each other; at one height they agree or have forked."""
    watch = Watch()
    watch.statuses({"a": seen("a", 5), "b": seen("b", 6, "0xbb"), "c": None})
    assert (watch.agreed, watch.forks, watch.level) == (0, [], False)
    watch.statuses({"a": seen("a", 6, "0xbb"), "b": seen("b", 6, "0xbb")})
    assert (watch.agreed, watch.forks, watch.level) == (1, [], True)
    assert watch.document()["roots_equal"] is True
    watch.statuses({"a": seen("a", 7, "0xcc"), "b": seen("b", 7, "0xdd")})
    assert (watch.forks, watch.document()["roots_equal"]) == ([7], False)
    assert "DIFFER" in verdict(watch)


def test_old_heights_are_forgotten() -> None:
    """The memory of a demonstration that runs for days is bounded."""
    watch = Watch()
    for height in range(3 * HEIGHTS_KEPT):
        watch.statuses({name: seen(name, height) for name in "ab"})
    assert watch.agreed == HEIGHTS_KEPT


def test_the_picture_tells_who_is_in_trouble() -> None:
    """A node that does not answer, one in trouble and the winners are all on it."""
    watch = Watch(first=1, processes={"v2": 4711})
    watch.auctions([settled(1)])
    watch.statuses({"v0": seen("v0", 6), "v1": seen("v1", 5, ready=False, trouble="no quorum"), "v2": None})
    shown = "\n".join(lines(watch, "http://127.0.0.1:1", Path("/homes"), 12.0))
    for word in (
        "http://127.0.0.1:1",
        "no quorum",
        "/homes/NAME",
        "does not answer",
        "4711",
        "walras",
        "1 batches",
    ):
        assert word in shown


def test_where_everything_is() -> None:
    """The page first, then the homes, then each node with its process: what a user needs to break one."""
    nodes = [
        Endpoint("v0", "validator", "http://127.0.0.1:1", ""),
        Endpoint("s", "solver", "http://127.0.0.1:2", ""),
    ]
    assert list(introduction(nodes, Path("/homes"), {"v0": 7, "s": 8})) == [
        "page: http://127.0.0.1:1",
        "homes: /homes/NAME, for `--home`",
        "v0: validator, process 7, http://127.0.0.1:1",
        "s: solver, process 8, http://127.0.0.1:2",
    ]


def test_only_what_has_become_of_a_node_is_told() -> None:
    """Nothing while all is well; a line when a node is gone, in trouble, or back."""
    well, cut = seen("v0", 6), seen("v0", 7, ready=False, trouble="no quorum")
    assert list(changes({}, {"v0": well})) == []
    assert list(changes({"v0": well}, {"v0": seen("v0", 9)})) == []
    assert list(changes({"v0": well}, {"v0": cut})) == ["v0: no quorum at height 7"]
    longer = [seen("v0", 7, ready=False, trouble=f"no decision for {seconds} s") for seconds in (9, 15)]
    assert list(changes({"v0": longer[0]}, {"v0": longer[1]})) == []
    assert list(changes({"v0": cut}, {"v0": None})) == ["v0: does not answer"]
    assert list(changes({"v0": None}, {"v0": well})) == ["v0: ready at height 6"]
