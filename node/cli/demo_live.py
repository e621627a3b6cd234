"""``walras demo --live``: a network of real processes in one command."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from node.cli.command import Settings, coloured, emit, note

if TYPE_CHECKING:
    from node.livedemo.layout import Layout
    from node.livedemo.shown import Shown
    from node.livedemo.watching import Watch


@dataclass(frozen=True, slots=True)
class LiveRequest:
    """``home``: where the network is kept, ``None``: nowhere. Without ``validators`` or ``solvers`` those that are
    kept, or the usual ones."""

    validators: int | None
    solvers: tuple[str, ...]
    rate: float
    seconds: float | None
    home: Path | None
    seed: int


def run_live(settings: Settings, request: LiveRequest) -> int:
    """Run the network until its time is over or somebody stops it; 5 where two nodes' ledgers differed."""
    import trio

    from node.livedemo.screen import verdict
    from node.livedemo.supervise import Wanted, demonstrate

    with _home(request.home) as root:
        layout = _layout(settings, root, request)
        with _shown(settings) as shown:
            watch: Watch = trio.run(
                demonstrate, layout, Wanted(request.rate, request.seconds, request.seed), shown
            )
    if request.home is not None:
        note(settings, f"kept in {request.home}: the same command goes on with it")
    emit(settings, watch.document(), lambda: f"{watch.totals()}; {verdict(watch)}")
    return 5 if watch.forks else 0


def _layout(settings: Settings, root: Path, request: LiveRequest) -> Layout:
    from node.agreement.timeouts import Timeouts
    from node.livedemo.layout import DEFAULT_SOLVERS, DEFAULT_VALIDATORS, kept_layout, new_layout

    kept = kept_layout(root, request.validators, request.solvers)
    if kept is not None:
        note(settings, f"going on with the network in {root}")
        return kept
    return new_layout(
        root, request.validators or DEFAULT_VALIDATORS, request.solvers or DEFAULT_SOLVERS, Timeouts()
    )


@contextmanager
def _home(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="walras-demo-") as folder:
        yield Path(folder)


@contextmanager
def _shown(settings: Settings) -> Iterator[Shown]:
    from node.livedemo.shown import Lines, Quiet, on_terminal

    if settings.quiet:
        yield Quiet()
    elif sys.stderr.isatty():
        with on_terminal(coloured(settings, stderr=True)) as screen:
            yield screen
    else:
        yield Lines(lambda text: click.echo(text, err=True))
