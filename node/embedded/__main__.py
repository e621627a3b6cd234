"""``python -m node.embedded FOLDER``: run the node of a folder on standard input and output (see ``pipe``)."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import trio

from intents.errors import UsageError, WalrasError
from node.agreement.timeouts import Timeouts
from node.embedded.folder import SCRATCH, STORE, locked, solver_key, validator_key
from node.embedded.groups import GROUP_MS
from node.embedded.node import Node, Solving
from node.embedded.pipe import Pipe
from node.embedded.recovery import recovered
from node.storage.store import Store

#: How long whoever reads acknowledgements may take for the last of them.
LAST_WORDS_S: Final = 5.0


def main(arguments: list[str]) -> int:
    """The exit code: 0 after the end of the input or SIGTERM; that of the error, told on stderr, otherwise."""
    options = _parser().parse_args(arguments)
    try:
        trio.run(_run, options)
    except (WalrasError, BaseExceptionGroup) as error:
        found = _only(error)
        if found is None:
            raise
        if isinstance(found, WalrasError):
            print(f"error[{found.code}]: {found}", file=sys.stderr)
            return found.exit_code
        # Whoever read what this node writes has gone: nobody is left to be told.
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m node.embedded", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--windows", default="1000,2000,500", help="milliseconds to collect, solve and reveal")
    parser.add_argument(
        "--group-ms", type=float, default=GROUP_MS, help="how long items are collected for a commit"
    )
    parser.add_argument("--solver", default="", help="answer auctions: a built-in's name, a .py file or a URL")
    parser.add_argument("--in-thread", action="store_true", help="the solver, a built-in, runs in this process")
    parser.add_argument("--tell", action="store_true", help="write what this validator says to others")
    parser.add_argument("--one-by-one", action="store_true", help="commit each effect by itself")
    return parser


async def _run(options: argparse.Namespace) -> None:
    timeouts = _timeouts(options.windows)
    folder: Path = options.folder
    with locked(folder):
        key, solver = validator_key(folder), solver_key(folder)
        pipe = Pipe(trio.lowlevel.FdStream(os.dup(0)), trio.lowlevel.FdStream(os.dup(1)))
        with Store(folder / STORE, None) as store:
            found = recovered(store, timeouts, key, solver)
            async with _solving(options.solver, timeouts, options.in_thread, folder / SCRATCH) as solving:
                node = Node(
                    store,
                    found,
                    solving=solving,
                    outside=pipe.said if options.tell else None,
                    group_ms=options.group_ms,
                    one_by_one=options.one_by_one,
                )
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_heed_signals, node)
                    async with trio.open_nursery() as served:
                        served.start_soon(pipe.serve, node)
                        await node.run()
                        pipe.finish()
                        served.cancel_scope.deadline = trio.current_time() + LAST_WORDS_S
                    nursery.cancel_scope.cancel()


async def _heed_signals(node: Node) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for _ in signals:
            node.stop()


@asynccontextmanager
async def _solving(name: str, timeouts: Timeouts, threaded: bool, scratch: Path) -> AsyncIterator[Solving | None]:
    if not name:
        yield None
        return
    from node.embedded.answering import in_process, in_thread
    from solver.spec import parse_spec

    # What is left of the window is for handing over, sealing and writing.
    seconds = 0.7 * timeouts.window_ms[1] / 1000
    if threaded:
        yield in_thread(name, seconds)
        return
    async with in_process(parse_spec(name), seconds, scratch) as solving:
        yield solving


def _timeouts(text: str) -> Timeouts:
    parts = text.split(",")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        raise UsageError("--windows", f'three numbers of milliseconds, not "{text[:40]}"')
    collect, solve, reveal = (int(part) for part in parts)
    return Timeouts(window_ms=(collect, solve, reveal))


def _only(error: BaseException) -> WalrasError | trio.BrokenResourceError | None:
    """The one expected error in it, if nothing unexpected is."""
    leaves = list(_leaves(error))
    known = [leaf for leaf in leaves if isinstance(leaf, WalrasError | trio.BrokenResourceError)]
    return known[0] if len(known) == len(leaves) else None


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _leaves(part)
    else:
        yield error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
