"""Hosting solvers in real processes: what counts, and how each ending is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import trio

from intents.auction_codec import encode_auction
from intents.records import replace
from solver.host import host
from solver.limits import Limits
from solver.outcome import OutcomeKind
from solver.spec import SolverSpec, SpecKind
from tests.batches import build
from tests.hostile import written
from tests.hosting import AUCTION, DEADLINE_S, MARGIN_S, nothing_left, run
from tests.solver_worlds import auction, swap


@pytest.fixture(autouse=True)
def _nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with nothing_left(tmp_path, monkeypatch):
        yield


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


async def test_a_slow_start_is_tried_again_where_limits_say_when(tmp_path: Path) -> None:
    """Not before; then it answers, once it starts in time."""
    mark = tmp_path / "started"
    body = f"""
        from pathlib import Path
        if not Path({str(mark)!r}).exists():
            Path({str(mark)!r}).touch()
            time.sleep(60)
        class Solver:
            def solve(self, auction, deadline):
                return []
    """
    async with host(written(tmp_path, body), Limits(start_s=4.0, again_s=3.0)) as hosted:
        assert (await hosted.solve(AUCTION, DEADLINE_S)).detail == "did not start within 4 s"
        told = await hosted.solve(AUCTION, DEADLINE_S)
        assert (told.kind, told.detail[:-4]) == (
            OutcomeKind.CRASH,
            "did not start within 4 s before, tried again in",
        )
        await trio.sleep(3.0)
        assert (await hosted.solve(AUCTION, DEADLINE_S)).kind is OutcomeKind.EMPTY


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


async def test_signatures_that_were_checked_are_not_checked_again() -> None:
    """A built-in asks the law before it answers: what nobody signed is left out, unless the host vouches."""
    signed = build(Random(3)).auction
    unsigned = encode_auction(
        replace(signed, orders=tuple(replace(o, signature=bytes(64)) for o in signed.orders))
    )
    async with host(SolverSpec("ours", SpecKind.BUILT_IN, "baseline")) as hosted:
        runs = [await hosted.solve(unsigned, 30.0, checked=checked) for checked in (False, True, False)]
    assert [run.kind for run in runs] == [OutcomeKind.EMPTY, OutcomeKind.OK, OutcomeKind.EMPTY]


async def test_a_built_in_is_hosted_like_any_other() -> None:
    """The path of every command: a built-in by its name."""
    found = await run(SolverSpec("ours", SpecKind.BUILT_IN, "baseline"), 30.0)
    assert found.kind is OutcomeKind.OK
    assert {item.solver for item in found.solutions} == {"ours"}
