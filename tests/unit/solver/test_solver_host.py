"""Hosting solvers in real processes: what counts, how each bad ending is told, and that nothing is left over."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from intents.auction_codec import encode_auction
from settlement.solution import MAX_SOLUTIONS_PER_SOLVER
from solver import host as module
from solver.host import host
from solver.limits import Limits
from solver.outcome import OutcomeKind, SolverRun
from solver.spec import SolverSpec, SpecKind
from tests.hostile import alive, children, written
from tests.solver_worlds import auction, pool, swap

AUCTION = encode_auction(auction([swap(1, "A", 10**6, "B", 9 * 10**5)], [pool("p", "A", 10**12, "B", 10**12)]))
#: No speed test: far more than a noisy machine needs, far less than a hung solver would take.
MARGIN_S = 5.0
DEADLINE_S = 0.4


@pytest.fixture(autouse=True)
def _nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test here must leave neither a process nor a scratch folder."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    before = children()
    yield
    assert children() <= before
    assert list(scratch.iterdir()) == []


async def run(spec: SolverSpec, seconds: float = DEADLINE_S, limits: Limits | None = None) -> SolverRun:
    """One hosted run, which must not outlast its deadline by much."""
    async with host(spec, limits) as hosted:
        await hosted.start()
        started = trio.current_time()
        found = await hosted.solve(AUCTION, seconds)
        assert trio.current_time() - started < seconds + MARGIN_S
    return found


async def test_an_answer_counts(tmp_path: Path) -> None:
    """The solver's solution arrives with its time and memory, under the spec's label whatever it said."""
    found = await run(written(tmp_path, "yield answer(3, solver='somebody else')"), 30.0)
    assert (found.kind, found.stopped, found.detail) == (OutcomeKind.OK, False, "")
    assert [(item.solver, item.id) for item in found.solutions] == [("mine", 3)]
    assert found.first_s is not None
    assert 0 < found.first_s <= found.seconds
    assert found.peak_memory_mb > 0


async def test_nobody_answers_in_anothers_name(tmp_path: Path) -> None:
    """Not even by reaching for the worker's own encoder: the host gives the label."""
    body = """
        main = sys.modules['__main__']
        encode = main.encode_solution
        main.encode_solution = lambda solution: encode(Solution('walras', 7, {}, ()))
        yield answer()
    """
    found = await run(written(tmp_path, body), 30.0)
    assert [(item.solver, item.id) for item in found.solutions] == [("mine", 7)]


async def test_a_later_solution_of_one_id_replaces_the_earlier(tmp_path: Path) -> None:
    """Ids come back sorted, each with what was yielded last; a list will do as well as a generator."""
    body = "return [answer(2, gas=1), answer(1), answer(2, gas=5)]"
    found = await run(written(tmp_path, body), 30.0)
    assert [(item.id, item.gas) for item in found.solutions] == [(1, 0), (2, 5)]


ENDINGS = {
    "nothing": ("return []", OutcomeKind.EMPTY, ""),
    "raises": ("raise KeyError('no such pool')", OutcomeKind.CRASH, "KeyError: 'no such pool'"),
    "exits": ("sys.exit(3)", OutcomeKind.CRASH, "SystemExit: 3"),
    "exits at once": ("os._exit(7)", OutcomeKind.CRASH, "died with exit status 7"),
    "exits at once, saying why": (
        "os.write(2, b'out of ideas\\n'); os._exit(7)",
        OutcomeKind.CRASH,
        "died with exit status 7: out of ideas",
    ),
    "segmentation fault": ("os.kill(os.getpid(), signal.SIGSEGV)", OutcomeKind.CRASH, "died with signal 11"),
    "an error that cannot print": (
        "class Odd(Exception):\n    __str__ = None\nraise Odd()",
        OutcomeKind.CRASH,
        "Odd: (without a message)",
    ),
    "returns nothing iterable": ("return None", OutcomeKind.CRASH, "TypeError: 'NoneType' object is not iterable"),
    "yields numbers": ("yield 42", OutcomeKind.CRASH, "TypeError: solution 0 is a int, not a Solution"),
    "yields itself": (
        "yield answer(); yield self",
        OutcomeKind.OK,
        "TypeError: solution 1 is a Solver, not a Solution",
    ),
    "negative id": ("yield answer(-1)", OutcomeKind.INVALID, "solution.id: -1 is outside"),
    "huge id": ("yield answer(2**64)", OutcomeKind.CRASH, "solution 0 holds what no solution may"),
    "strange fills": (
        "yield Solution('s', 0, {}, (1, None))",
        OutcomeKind.CRASH,
        "solution 0 holds what no solution may",
    ),
    "strange prices": (
        "yield Solution('s', 0, [1], ())",
        OutcomeKind.CRASH,
        "solution 0 holds what no solution may",
    ),
    "negative price": ("yield Solution('s', 0, {'a': -1}, ())", OutcomeKind.CRASH, ""),
    "closes every pipe": (
        "os.closerange(0, 256); time.sleep(60)",
        OutcomeKind.CRASH,
        "closed its pipe and went on",
    ),
    "writes into the pipe": (
        "for fd in range(3, 20):\n    try: os.write(fd, b'\\xff' * 64)\n    except OSError: pass\ntime.sleep(60)",
        OutcomeKind.CRASH,
        "broke the pipe's protocol",
    ),
}


@pytest.mark.parametrize("name", ENDINGS)
async def test_endings_are_told_apart(name: str, tmp_path: Path) -> None:
    """What a solver did is in the kind of its run, and why in the detail, in one line."""
    body, kind, detail = ENDINGS[name]
    found = await run(written(tmp_path, body), 30.0)
    assert found.kind is kind
    assert detail in found.detail
    assert bool(detail) == bool(found.detail) or kind is OutcomeKind.CRASH
    assert "\n" not in found.detail
    assert len(found.detail) < 800


async def test_a_hung_solver_is_cut_off(tmp_path: Path) -> None:
    """An endless loop is a timeout; what it had yielded before counts, and it is not waited for."""
    empty = await run(written(tmp_path, "while True: pass"))
    assert (empty.kind, empty.stopped, empty.solutions) == (OutcomeKind.TIMEOUT, True, ())
    found = await run(written(tmp_path, "yield answer(1)\nyield answer(2)\nwhile True: pass"), 1.0)
    assert (found.kind, found.stopped) == (OutcomeKind.OK, True)
    assert [item.id for item in found.solutions] == [1, 2]


async def test_signals_do_not_save_it(tmp_path: Path) -> None:
    """Ignoring every signal that can be ignored, it is killed at the deadline like any other."""
    body = """
        for number in range(1, 32):
            if number not in (signal.SIGKILL, signal.SIGSTOP):
                signal.signal(number, signal.SIG_IGN)
        while True: time.sleep(1)
    """
    assert (await run(written(tmp_path, body))).kind is OutcomeKind.TIMEOUT


async def test_memory_is_limited(tmp_path: Path) -> None:
    """Twenty GiB under a limit of one is the solver's crash and nobody else's; a later auction is served."""
    body = """
        yield answer(1)
        if not os.path.exists('again'):
            open('again', 'w').close()
            hog = bytearray(20 << 30)
            yield answer(len(hog))
    """
    async with host(written(tmp_path, body), Limits(memory_mb=1024)) as hosted:
        first = await hosted.solve(AUCTION, 30.0)
        assert (first.kind, first.detail) == (OutcomeKind.OK, "MemoryError: ")
        second = await hosted.solve(AUCTION, 30.0)
    assert (second.kind, second.detail) == (OutcomeKind.OK, "")


async def test_the_kernel_holds_the_limits(tmp_path: Path) -> None:
    """Address space, CPU time and core dumps, as the solver's process sees them."""
    body = """
        import resource
        kinds = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE)
        limits = [resource.getrlimit(kind)[0] for kind in kinds]
        yield answer(certificate={'limits': limits})
    """
    found = await run(written(tmp_path, body), 10.0, Limits(memory_mb=2048))
    certificate = found.solutions[0].certificate
    assert certificate is not None
    limits = certificate["limits"]
    assert isinstance(limits, list)
    memory, cpu, core = limits
    assert (memory, core) == (2048 << 20, 0)
    assert 10 < cpu < 10 * (os.cpu_count() or 1) + 60


async def test_prints_are_harmless(tmp_path: Path) -> None:
    """Megabytes on stdout and raw bytes on descriptor 1 take nothing from the answer."""
    body = """
        print('x' * 3_000_000, flush=True)
        os.write(1, bytes(range(256)) * 2000)
        sys.stderr.write('y' * 500_000)
        sys.stdout.buffer.write(b'\\xff' * 1000)
        yield answer(1)
    """
    found = await run(written(tmp_path, body), 30.0)
    assert (found.kind, found.detail, len(found.solutions)) == (OutcomeKind.OK, "", 1)


async def test_a_flood_is_bounded(tmp_path: Path) -> None:
    """The first 256 bids count; whoever offers more, or the same one for ever, is stopped."""
    many = await run(written(tmp_path, "for n in range(10**9): yield answer(n)"), 30.0)
    assert many.kind is OutcomeKind.OK
    assert [item.id for item in many.solutions] == list(range(MAX_SOLUTIONS_PER_SOLVER))
    assert many.detail == "offered more than 256 solutions"


async def test_frames_and_bytes_of_one_run_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replacing one solution over and over ends at a bound, by count and by size; so does a single huge one."""
    monkeypatch.setattr(module, "MAX_FRAMES", 50)
    again = written(tmp_path, "for n in range(10**9): yield answer(0, gas=n)")
    found = await run(again, 30.0)
    assert (found.kind, [item.gas for item in found.solutions]) == (OutcomeKind.OK, [49])
    assert found.detail.startswith("flooded its pipe (51 frames")
    monkeypatch.setattr(module, "MAX_RUN_BYTES", 500)
    assert "flooded its pipe" in (await run(again, 30.0)).detail
    huge = """
        from settlement.solution import Fill
        yield answer(0, certificate={'a': 'x' * 4_190_000})
        yield Solution('s', 1, {}, (Fill(bytes(64), 1),) * 200, certificate={'a': 'x' * 4_190_000})
    """
    monkeypatch.setattr(module, "MAX_RUN_BYTES", 10**9)
    found = await run(written(tmp_path, huge, "huge"), 30.0)
    assert [item.id for item in found.solutions] == [0]
    assert "broke the pipe's protocol (kind 5" in found.detail


async def test_what_cannot_be_read_is_invalid(tmp_path: Path) -> None:
    """Frames that hold no solution are not a crash: the solver answered, and not one answer could be read."""
    body = """
        sys.modules['__main__'].encode_solution = lambda solution: b'\\x90'
        yield answer(1)
    """
    found = await run(written(tmp_path, body), 30.0)
    assert (found.kind, found.solutions) == (OutcomeKind.INVALID, ())
    assert "solution" in found.detail


async def test_a_slow_import_is_not_waited_for_twice(tmp_path: Path) -> None:
    """Past the limit for starting it is a crash, and later auctions are told so at once."""
    spec = written(tmp_path, "time.sleep(60)\nclass Solver: pass")
    async with host(spec, Limits(start_s=1.0)) as hosted:
        started = trio.current_time()
        first = await hosted.solve(AUCTION, DEADLINE_S)
        assert trio.current_time() - started < 1.0 + MARGIN_S
        assert (first.kind, first.detail) == (OutcomeKind.CRASH, "did not start within 1 s")
        second = await hosted.solve(AUCTION, DEADLINE_S)
    assert second.kind is OutcomeKind.CRASH
    assert second.detail == "did not start within 1 s before, not tried again"
    assert second.seconds < 1.0


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("import no_such_package\nclass Solver: pass", "ModuleNotFoundError: No module named 'no_such_package'"),
        ("1 / 0\nclass Solver: pass", "ZeroDivisionError: division by zero"),
        ("class Solver\n    pass", "SyntaxError: expected ':'"),
        ("class Solver: pass", "`Solver` has no method solve(auction, deadline)"),
        ("os._exit(1)\nclass Solver: pass", "died with exit status 1"),
    ],
)
async def test_what_does_not_import_says_so(body: str, detail: str, tmp_path: Path) -> None:
    """The error of the file itself, in a line."""
    async with host(written(tmp_path, body)) as hosted:
        found = await hosted.solve(AUCTION, DEADLINE_S)
    assert found.kind is OutcomeKind.CRASH
    assert detail in found.detail


async def test_its_children_die_with_it(tmp_path: Path) -> None:
    """Processes that a solver started and left running, holding its pipes, are killed with its group."""
    body = """
        pids = [subprocess.Popen(['sleep', '600']).pid]
        if (pid := os.fork()) == 0:
            while True: time.sleep(60)
        yield answer(pids[0])
        yield answer(pid)
        while True: time.sleep(60)
    """
    found = await run(written(tmp_path, body), 2.0)
    pids = [item.id for item in found.solutions]
    assert len(pids) == 2
    with trio.fail_after(MARGIN_S):  # being reaped by init is not ours to time
        while any(map(alive, pids)):
            await trio.sleep(0.02)


async def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    """A run that is cancelled ends its worker; the next auction gets a fresh one and only its own answers."""
    body = """
        yield answer(os.getpid())
        if not os.path.exists('again'):
            open('again', 'w').close()
            time.sleep(1)
            yield answer(1)
            while True: time.sleep(60)
    """
    async with host(written(tmp_path, body)) as hosted:
        await hosted.start()
        with trio.move_on_after(0.3) as scope:
            await hosted.solve(AUCTION, 60.0)
        assert scope.cancelled_caught
        assert hosted._worker is None
        found = await hosted.solve(AUCTION, 30.0)
    assert (found.kind, found.detail, len(found.solutions)) == (OutcomeKind.OK, "", 1)
    assert not alive(found.solutions[0].id)


async def test_cancelling_from_outside_leaves_nothing(tmp_path: Path) -> None:
    """Also where the whole host is cancelled, mid-solve or while starting."""
    with trio.move_on_after(1.0) as scope:
        async with host(written(tmp_path, "while True: pass")) as hosted:
            await hosted.solve(AUCTION, 60.0)
    assert scope.cancelled_caught
    with trio.move_on_after(0.2) as scope:
        async with host(written(tmp_path, "time.sleep(60)\nclass Solver: pass", "slow")) as hosted:
            await hosted.start()
    assert scope.cancelled_caught


HOST = """
import sys, trio
from solver.host import host
from solver.spec import SolverSpec, SpecKind

async def main():
    async with host(SolverSpec("mine", SpecKind.FILE, sys.argv[1])) as hosted:
        await hosted.solve(open(sys.argv[2], "rb").read(), 600.0)

trio.run(main)
"""


async def test_a_worker_does_not_outlive_its_host(tmp_path: Path) -> None:
    """Not even a host that is killed, and not even a worker and its children that never read their pipes."""
    body = """
        child = subprocess.Popen(['sleep', '600']).pid
        with open('PIDS.new', 'w') as file: file.write(f'{os.getpid()} {child}')
        os.rename('PIDS.new', 'PIDS')
        while True: pass
    """
    pids = tmp_path / "pids"
    spec = written(tmp_path, body.replace("PIDS", str(pids)))
    (tmp_path / "auction").write_bytes(AUCTION)
    command = [sys.executable, "-c", HOST, spec.target, str(tmp_path / "auction")]
    with trio.fail_after(60.0):
        process = await trio.lowlevel.open_process(command, env=os.environ | {"TMPDIR": str(tmp_path)})
        while not pids.exists():
            await trio.sleep(0.02)
        process.kill()
        await process.wait()
    with trio.fail_after(MARGIN_S):
        while any(alive(int(pid)) for pid in pids.read_text().split()):
            await trio.sleep(0.02)


async def test_one_worker_serves_many_auctions(tmp_path: Path) -> None:
    """It keeps its process while it behaves, and sees each auction as it is, with the seed it was given."""
    body = """
        yield answer(os.getpid(), gas=len(auction.orders), certificate={'seed': deadline.seed})
    """
    other = encode_auction(auction([swap(1, "A", 10, "B", 9), swap(2, "A", 10, "B", 9)]))
    async with host(written(tmp_path, body)) as hosted:
        runs = [await hosted.solve(data, 30.0, seed=seed) for seed, data in enumerate((AUCTION, other, AUCTION))]
    assert len({run.solutions[0].id for run in runs}) == 1
    assert [run.solutions[0].gas for run in runs] == [1, 2, 1]
    assert [run.solutions[0].certificate for run in runs] == [{"seed": 0}, {"seed": 1}, {"seed": 2}]


async def test_one_hung_solver_does_not_hold_up_another(tmp_path: Path) -> None:
    """Side by side, the good one is done long before the deadline that the other runs into."""
    good, bad = written(tmp_path, "yield answer()", "good"), written(tmp_path, "while True: pass", "bad")
    runs: dict[str, SolverRun] = {}
    async with host(good) as first, host(bad) as second:

        async def solve(hosted: module.HostedSolver) -> None:
            found = await hosted.solve(AUCTION, 3.0)
            runs[found.solver] = found

        async with trio.open_nursery() as nursery:
            nursery.start_soon(solve, second)
            nursery.start_soon(solve, first)
    assert (runs["good"].kind, runs["bad"].kind) == (OutcomeKind.OK, OutcomeKind.TIMEOUT)
    assert runs["good"].seconds < runs["bad"].seconds


async def test_a_built_in_is_hosted_like_any_other() -> None:
    """The path of every command: a built-in by its name."""
    found = await run(SolverSpec("ours", SpecKind.BUILT_IN, "baseline"), 30.0)
    assert found.kind is OutcomeKind.OK
    assert {item.solver for item in found.solutions} == {"ours"}
