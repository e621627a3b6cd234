"""The demonstration's one screen of text, and its lines where there is no terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from node.livedemo.desk import Endpoint, Seen, Settled
from node.livedemo.watching import Watch

HEAD: Final = (
    f"{'node':<12}{'role':<11}{'process':>8}{'height':>8}{'auction':>9}  {'phase':<7}{'peers':>6}{'waiting':>9}"
    "  root      state"
)


def introduction(endpoints: Sequence[Endpoint], root: Path, processes: Mapping[str, int]) -> Iterator[str]:
    """Where everything is, for whoever wants to take part in it or to break it."""
    yield f"page: {endpoints[0].url}"
    yield f"homes: {root}/NAME, for `--home`"
    for one in endpoints:
        yield f"{one.name}: {one.role}, process {processes.get(one.name, 0)}, {one.url}"


def changes(before: Mapping[str, Seen | None], after: Mapping[str, Seen | None]) -> Iterator[str]:
    """What has become of nodes between two looks, where it is worth a line; the first look is none."""
    for name, seen in after.items():
        was = _state(before[name]) if name in before else "ready"
        if _without_figures(_state(seen)) != _without_figures(was):
            yield f"{name}: {_state(seen)}" + (f" at height {seen.height}" if seen is not None else "")


def _without_figures(state: str) -> str:
    """How long or how far changes at every look, and is no news."""
    return "".join(character for character in state if not character.isdigit())


def _state(seen: Seen | None) -> str:
    if seen is None:
        return "does not answer"
    return "ready" if seen.ready else seen.trouble or "starting"


def lines(watch: Watch, url: str, root: Path, seconds: float, notes: Sequence[str] = ()) -> list[str]:
    """The whole picture, at most a screen high."""
    return [
        f"page {url}    homes {root}/NAME    {seconds:.0f} s, Ctrl-C ends it",
        "",
        HEAD,
        *(_node(name, seen, watch.processes.get(name, 0)) for name, seen in watch.seen.items()),
        "",
        f"{'auction':<9}{'intents':>8}{'filled':>8}{'bids':>6}  won by",
        *(_auction(row) for row in reversed(watch.latest)),
        "",
        *notes,
        f"{watch.totals()}; {verdict(watch)}",
    ]


def verdict(watch: Watch) -> str:
    """Whether all nodes have the same ledger, in words."""
    if watch.forks:
        return f"ROOTS DIFFER at height {watch.forks[0]}"
    return f"roots equal at {watch.agreed} heights compared" if watch.agreed else "no heights compared yet"


def line(row: Settled) -> str:
    """One settled auction, where output is not a terminal."""
    return (
        f"auction {row.number}: {row.filled} of {row.intents} filled, {row.solutions} bids, won by {_names(row)}"
    )


def _node(name: str, seen: Seen | None, process: int) -> str:
    if seen is None:
        return f"{name:<12}{'':<11}{process:>8}  {_state(seen)}"
    return (
        f"{name:<12}{seen.role:<11}{process:>8}{seen.height:>8}{seen.auction:>9}  {seen.phase:<7}{seen.peers:>6}"
        f"{seen.waiting:>9}  {seen.root[2:10]:<8}  {_state(seen)}"
    )


def _auction(row: Settled) -> str:
    return f"{row.number:<9}{row.intents:>8}{row.filled:>8}{row.solutions:>6}  {_names(row)}"


def _names(row: Settled) -> str:
    return ", ".join(row.winners) or "nobody"
