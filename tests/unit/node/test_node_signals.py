"""What ends a process, wherever it was started: in the background, under nohup, while it still imports."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

WAITING = (
    "import sys; from node.signals import end_like_ctrl_c; end_like_ctrl_c()\n"
    "try:\n"
    "    print('on', flush=True)\n"
    "    print(sys.stdin.readline(), flush=True)\n"
    "    sys.stdin.readline()\n"
    "except KeyboardInterrupt:\n"
    "    sys.exit(3)"
)
IMPORTING = (
    "import signal, sys\n"
    "sys.addaudithook(lambda event, given: event == 'import' and given[0] == {module!r}"
    " and signal.raise_signal({number}))\n"
    "from node.cli.main import main; main(['compete', '--help'])"
)


def ignoring(*numbers: signal.Signals) -> Callable[[], None]:
    """What shells do to what they start in the background, and nohup to what it starts."""

    def ignore() -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)

    return ignore


@pytest.fixture(autouse=True)
def heeding() -> Iterator[None]:
    """What tests start heeds every signal unless told otherwise, though they may run under nohup themselves."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    for number, handler in zip(numbers, before, strict=True):
        if handler is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@contextmanager
def waiting(*ignored: signal.Signals) -> Iterator[subprocess.Popen[str]]:
    """A process that exits with 3 when interrupted, and says again what it is told first."""
    command = [sys.executable, "-c", WAITING]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, preexec_fn=ignoring(*ignored)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "on\n"
        yield process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_is_met_like_ctrl_c_in_the_background_too(number: signal.Signals) -> None:
    """Where a script's shell has SIGINT ignored, none of them is lost."""
    with waiting(signal.SIGINT) as process:
        process.send_signal(number)
        assert process.wait(60) == 3


def test_under_nohup_a_lost_terminal_ends_nothing() -> None:
    """SIGHUP stays ignored; SIGTERM does its work."""
    with waiting(signal.SIGHUP) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.send_signal(signal.SIGHUP)
        process.stdin.write("still here\n")
        process.stdin.flush()
        assert process.stdout.readline() == "still here\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("module", ["click", "intents.errors", "node.cli.competing"])
def test_interrupted_while_it_imports_the_command_line_says_nothing(module: str, number: signal.Signals) -> None:
    """The code of an interruption, and no traceback of whatever was being imported."""
    code = IMPORTING.format(module=module, number=int(number))
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, b"", b"")


def test_a_node_that_ended_is_not_taken_apart(tmp_path: Path) -> None:
    """That takes seconds of a busy machine where much was held; what it said is out, and its exit code stands."""
    (tmp_path / "walras.toml").write_text("", "utf-8")
    code = "import atexit; atexit.register(print, 'apart'); print('said'); from node.cli.main import main; main("

    def ended(*arguments: str) -> tuple[int, bytes, bytes]:
        found = subprocess.run(
            [sys.executable, "-c", f"{code}{arguments})"], capture_output=True, timeout=60, check=False
        )
        return found.returncode, found.stdout, found.stderr

    assert ended("ledger", "show", "--home", str(tmp_path))[1].endswith(b"apart\n")
    status, said, why = ended("node", "run", "--home", str(tmp_path))
    assert (status, said) == (3, b"said\n")
    assert why.startswith(b"error[home")
