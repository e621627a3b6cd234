"""The decoders of what solvers say, inside a process of ours or outside, and of where peers say they are."""

from __future__ import annotations

from contextlib import suppress
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import httpx
import trio

from benchmarks.fuzzing import corpus
from benchmarks.fuzzing.file_targets import documents
from benchmarks.fuzzing.mutate import spoilt
from benchmarks.fuzzing.target import Target
from intents.errors import WalrasError
from intents.strict_json import parse_json
from p2p.base import BadAddress
from p2p.libp2p.host import address
from settlement.certificate.dual import KIND as PRICES
from settlement.certificate.kinds import prove
from settlement.certificate.price_cells import KIND as CELLS
from settlement.solution_codec import decode_solution, encode_solution
from solver.engine_client import reason_of
from solver.frames import MEMORY, FrameKind, frame
from solver.host import HostedSolver, _Progress
from solver.limits import Limits
from solver.spec import SolverSpec, SpecKind
from solver.worker_process import WorkerLost, WorkerProcess
from tests.solver_worlds import ONE, auction, pool, swap

_ORDERS = [swap(1, "A", 10 * ONE, "B", 9 * ONE, partial=True), swap(2, "B", 10 * ONE, "A", 9 * ONE, partial=True)]
_BARE, _POOLED = auction(_ORDERS), auction(_ORDERS, [pool("p", "A", 100 * ONE, "B", 100 * ONE)])
_PEER = "12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo"
_ADDRESSES = (
    *("/ip4/10.0.0.1/tcp/8644", "/ip6/::1/tcp/8644", "/dns4/a.example/tcp/1", f"/ip4/1.2.3.4/tcp/1/p2p/{_PEER}"),
    *(f"/dns/é/tcp/99999/p2p/{_PEER[:-1]}", "/ip4/1.2.3.4/udp/1/quic-v1", "/unix/x", "/ip4", "//", "/p2p-circuit"),
)


def solver_targets() -> tuple[Target, ...]:
    return (
        Target("solver's frames", _piped, _framed, (WorkerLost,)),
        Target("solver's pipe, hosted", _piped, _hosted, (WorkerLost,), share=0.2, most=20_000),
        Target("engine's refusal", documents({"error": {"message": "no"}}, spoil=0.5), _reasoned),
        Target("certificate: prices", documents(_prices()), lambda data: _proven(data, _POOLED)),
        Target("certificate: cells", documents(_cells()), lambda data: _proven(data, _BARE)),
        Target(
            "address", _address, lambda data: address(data.decode("utf-8", "replace")), (BadAddress,), share=0.5
        ),
    )


def _piped(rng: Random) -> bytes:
    """Frames as a solver's process writes them, some of other kinds, lengths and contents."""
    said = [encode_solution(solution) for solution in corpus.solutions()]
    frames = [
        frame(FrameKind.SOLUTION, rng.choice((rng.choice(said), spoilt(rng.choice(said), rng)))) for _ in "ab"
    ]
    frames.append(
        frame(FrameKind.FAILED, b"\xff why") if rng.random() < 0.2 else frame(FrameKind.DONE, _peak(rng))
    )
    data = b"".join(frames)
    return data if rng.random() < 0.6 else spoilt(data, rng, (data,))


def _peak(rng: Random) -> bytes:
    return rng.choice((MEMORY.pack(7), b"", b"x" * 9))


class _Pipe:
    """What a process has written, in pieces, and then its end."""

    def __init__(self, data: bytes) -> None:
        step = 1 + (data[0] if data else 0) * 7
        self._pieces = iter([data[at : at + step] for at in range(0, len(data), step)])

    async def receive_some(self, most: int) -> bytes:
        return next(self._pieces, b"")

    async def send_all(self, data: bytes) -> None:
        """What it is told is not looked at."""

    async def wait(self) -> int:
        return 1


class _Lost(WorkerProcess):
    """Says at once that it is gone, where another waits for its process and so needs a loop of events."""

    async def last_words(self) -> str:
        return "gone"


def _framed(data: bytes) -> None:
    """To the end of what a worker says. Nothing here waits, so that no loop of events need run."""
    worker, frames = _Lost(_process(data), -1), 0
    while True:
        try:
            worker.receive().send(None)
        except StopIteration as received:
            kind, payload = received.value
        frames += 1
        assert frames <= len(data)
        if kind is FrameKind.DONE:
            return
        if kind is FrameKind.SOLUTION:
            with suppress(WalrasError):
                decode_solution(payload)


def _hosted(data: bytes) -> None:
    worker, spec = WorkerProcess(_process(data), -1), SolverSpec("naive", SpecKind.BUILT_IN, "naive")
    trio.run(HostedSolver(spec, Limits(), cast(Any, None), "")._run, worker, _Progress(), b"", 0.0)


def _process(data: bytes) -> Any:
    pipe = _Pipe(data)
    return SimpleNamespace(stdin=pipe, stdout=pipe, stderr=pipe, wait=pipe.wait, returncode=1)


def _reasoned(data: bytes) -> None:
    assert len(reason_of(httpx.Response(400, content=data), data)) <= 500


def _prices() -> dict[str, Any]:
    return {"kind": PRICES, "bound": str(2 * ONE), "cost_weight": "1/1", "prices": {"A": "1/1", "B": "1/1"}}


def _cells() -> dict[str, Any]:
    cells = [{"cut": ["A", "B", "1/1"]}, {"prices": ["1/1", "1/1"]}, {"prices": ["1/1", "2/1"]}]
    return {"kind": CELLS, "bound": str(2 * ONE), "blocks": [{"assets": ["A", "B"], "cells": cells}]}


def _proven(data: bytes, batch: Any) -> None:
    claim = parse_json(data, "x")
    if isinstance(claim, dict):
        prove(batch, claim)


def _address(rng: Random) -> bytes:
    sound = [text.encode() for text in _ADDRESSES]
    return spoilt(rng.choice(sound), rng, sound)
