"""The command line as a whole: what help imports, where options may stand, and serving with an engine's TOML."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.command_line import WALRAS, cow_auction, refused, walras, write
from tests.shared import shared

#: Heavy libraries that telling what commands there are must not wait for.
HEAVY = {
    "cryptography",
    "coincurve",
    "httpx",
    "matplotlib",
    "networkx",
    "numpy",
    "ortools",
    "polars",
    "scipy",
    "trio",
}


@pytest.mark.parametrize("arguments", [("--help",), ("auction", "--help"), ("--version",)])
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    """Help and version come without any of the libraries that do the work."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", WALRAS, *arguments], capture_output=True, text=True, check=True
    )
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "click" in imported
    assert not imported & HEAVY
    assert done.stdout


def test_global_options_stand_anywhere(tmp_path: Path) -> None:
    """--json before the group, between group and command, and after it prints the same one document."""
    file = write(tmp_path / "auction.json", cow_auction())
    texts = {
        walras(*arguments).out
        for arguments in (
            ("--json", "auction", "show", file),
            ("auction", "--json", "show", file),
            ("auction", "show", "--json", file),
            ("auction", "show", file, "--json"),
        )
    }
    assert len(texts) == 1
    assert json.loads(texts.pop())["orders"]["count"] == 3


def test_wrong_calls_are_exit_code_2(tmp_path: Path) -> None:
    """A wrong command, option or solver is one line, with the nearest right one."""
    assert '"show"' in refused(walras("auction", "shwo"), "usage", 2)
    assert "--json" in refused(walras("auction", "show", "--jsn"), "usage", 2)
    file = write(tmp_path / "auction.json", cow_auction())
    assert '"baseline"' in refused(walras("auction", "solve", file, "-s", "baselin"), "usage", 2)


def test_the_config_file_sets_options_of_commands(tmp_path: Path) -> None:
    """--config before a command is Walras's own file: its values are in effect, its typos are refused."""
    config = write(tmp_path / "walras.toml", "[auction.show]\npairs = 1\n")
    file = write(tmp_path / "auction.json", cow_auction())
    assert len(walras("--config", config, "auction", "show", file, "--json").document["top_pairs"]) == 1
    write(config, "[auction.show]\npairz = 1\n")
    message = refused(walras("--config", config, "auction", "show", file), "input.unknown-field")
    assert '"pairs"' in message


@pytest.mark.parametrize("case", ["baseline__direct_swap__test", "naive__limit_order_price__test"])
def test_serve_takes_the_engines_toml_as_config(case: str, tmp_path: Path) -> None:
    """`solver serve NAME --config FILE`, the recorded text as it is, answers as the engine configured so did."""
    vector = json.loads(shared(f"vectors/cow/solver_engine/{case}.json").read_bytes())
    config = write(tmp_path / "engine.toml", vector["config_toml"])
    answer = _served(vector["engine"], config, json.dumps(vector["auction"]).encode())
    expected = vector["expected_response"]["solutions"]
    for field in ("prices", "trades"):
        assert [found[field] for found in answer["solutions"]] == [known[field] for known in expected]


def test_serve_refuses_a_config_that_is_not_there(tmp_path: Path) -> None:
    """A wrong configuration is told before anything listens."""
    missing = tmp_path / "missing.toml"
    message = refused(walras("solver", "serve", "baseline", "--config", missing), "input.unreadable")
    assert message.startswith(str(missing))


def _served(engine: str, config: Path, request: bytes) -> dict[str, list[dict[str, object]]]:
    """The answer of ``walras solver serve`` to one request."""
    command = [str(WALRAS), "solver", "serve", engine, "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip() + "/solve"
            sent = urllib.request.Request(url, request, {"content-type": "application/json"})
            with urllib.request.urlopen(sent, timeout=30) as response:
                answer: dict[str, list[dict[str, object]]] = json.load(response)
        finally:
            process.send_signal(signal.SIGTERM)
    assert process.returncode == 0
    return answer


def test_an_interruption_is_one_line_and_leaves_no_process(tmp_path: Path) -> None:
    """Ctrl-C while a solver works stops that too: exit code 130, no traceback."""
    slow = tmp_path / "slow.py"
    started = tmp_path / "started"
    slow.write_text(
        "import os, pathlib, time\n"
        "class Solver:\n"
        "    name = 'slow'\n"
        "    def solve(self, auction, deadline):\n"
        f"        pathlib.Path({str(started)!r}).write_text(str(os.getpid()))\n"
        "        time.sleep(60)\n"
        "        return []\n"
    )
    auction = write(tmp_path / "auction.json", cow_auction())
    command = [str(WALRAS), "auction", "solve", str(auction), "-s", str(slow), "--deadline", "50"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        for _ in range(600):
            if started.exists() and started.read_text():
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, b"")
    assert err.decode().splitlines()[-1] == "error[interrupted] stopped at your request"
    assert b"Traceback" not in err
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)
