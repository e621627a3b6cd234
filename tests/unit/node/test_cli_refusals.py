"""What a user gets who names the wrong thing, or whose machine has no more room: one line and a code."""

from __future__ import annotations

import errno
import json
import os
import resource
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from node.agreement.timeouts import Timeouts
from node.cli.run import cli, run
from node.livedemo.layout import new_layout

WALRAS = Path(sys.executable).with_name("walras")


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Exit code and the error's code; nothing goes to stdout."""
    code = run([str(argument) for argument in arguments])
    found = capsys.readouterr()
    assert found.out == ""
    assert found.err.startswith("error[")
    return code, found.err[len("error[") :].partition("]")[0]


@pytest.mark.parametrize("url", ["http://[::1", "http://a:b", "nonsense", "ftp://a", "http://", "http://a:99999"])
def test_what_is_no_url_is_wrong_usage(capsys: pytest.CaptureFixture[str], tmp_path: Path, url: str) -> None:
    """Also where the home has a token, which is shown to its own node alone."""
    home = tmp_path / "home"
    assert run(["init", "--home", str(home), "--quiet"]) == 0
    capsys.readouterr()
    assert refused(capsys, "node", "status", "--node", url, "--home", home) == (2, "usage")


def test_a_home_that_is_not_there_is_not_asked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Rather than whoever listens at the usual port."""
    for command in (("node", "peers"), ("intent", "quote", "1", "ETH", "for", "USDC")):
        assert refused(capsys, *command, "--home", tmp_path / "nowhere") == (3, "home.missing")


def test_wrong_settings_make_no_home(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """They are read before a development home is made."""
    home = tmp_path / "home"
    assert refused(capsys, "node", "run", "--home", home, "--role", "king")[0] == 3
    assert refused(capsys, "node", "run", "--home", home, "--config", tmp_path / "none") == (3, "input.unreadable")
    assert not home.exists()


def test_a_demonstration_needs_a_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Not a file, nor a place below one."""
    file = tmp_path / "file"
    file.write_text("")
    for place in (file, file / "below"):
        assert refused(capsys, "demo", "--live", "--home", place)[0] == 3


@pytest.mark.parametrize(
    "other", [("--validators", "3"), ("--solvers", "naive"), ("--solvers", "walras,naive"), ("--solvers", ",")]
)
def test_a_kept_demonstration_is_not_run_as_another(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, other: tuple[str, ...]
) -> None:
    """Nodes that are not there were left aside in silence; nothing is started and nothing written."""
    new_layout(tmp_path, 1, ["walras"], Timeouts())
    before = sorted(tmp_path.rglob("*"))
    assert refused(capsys, "demo", "--live", "--home", tmp_path, "--seconds", "1", *other) == (2, "usage")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("--home", "x"),
        ("--rate", "2"),
        ("--seconds", "2"),
        ("--validators", "4"),
        ("--solvers", "walras"),
        ("--live", "--deadline", "2"),
        ("--live", "--out", "x"),
        ("--live", "--auctions", "x.json"),
        ("--live", "x.json"),
    ],
)
def test_what_is_said_of_the_other_demonstration_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """Rather than left aside in silence, before anything is run or written."""
    monkeypatch.chdir(tmp_path)
    assert refused(capsys, "demo", *arguments) == (2, "usage")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("init --validators 2 --port 7000", "--port"),
        ("init --validators 2 --api-port 7000", "--api-port"),
        ("init --validators 2 --name mine", "--name"),
        ("init --base-port 9000", "--base-port"),
        ("init --key-only --windows 1,2,3", "--windows"),
        ("init --key-only --api-port 9000", "--api-port"),
        ("init --join genesis.json --whole-windows", "--whole-windows"),
        ("init --genesis-from a.json --solver walras", "--solver"),
        ("init --solver walras --solver naive", "--solver"),
        ("init --validators 2 --solvers 1 --solver walras --solver naive", "--solver"),
        ("intent submit 1 ETH for 2 USDC --dev bob --slippage-bps 5", "--slippage-bps"),
        ("intent submit --file i.json --dev bob --slippage-bps 5", "--slippage-bps"),
        ("intent submit 1 ETH for 2 USDC --dev bob --timeout 5", "--timeout"),
        ("intent submit 1 ETH for 2 USDC --dev bob --from mine", "signer"),
        (f"intent cancel {'1f' * 32} --dev bob --no-wait --timeout 5", "--timeout"),
        ("compete --auctions a.json --batches 2", "--batches"),
        ("auction solve a.json --solver walras --all", "--all"),
        ("keys show mine --yes", "--yes"),
        ("keys show mine --password-file p", "--password-file"),
        ("sim run honest-1 --no-record --out x", "--out"),
        ("sim run honest-1 --no-record --force", "--force"),
        ("sim sweep honest-1 --out x --ray local --processes 2", "--processes"),
        ("sim report x --out page.html", "--out"),
        ("sim report x --variant a --variant b", "--variant"),
    ],
)
def test_what_would_be_of_no_effect_is_refused(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    option: str,
) -> None:
    """By the option's name, before anything is asked, made or written: it had been left aside in silence."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WALRAS_HOME", str(tmp_path / "home"))
    assert run(command.split()) == 2
    found = capsys.readouterr()
    assert found.out == ""
    assert found.err.startswith(f"error[usage] {option}: ")
    assert list(tmp_path.iterdir()) == []


def test_settings_kept_in_a_file_are_not_held_against_a_command(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are for every way of calling it: of those of a network one node takes none."""
    monkeypatch.chdir(tmp_path)
    Path("walras.toml").write_text("[init]\nbase_port = 9000\n")
    home = str(tmp_path / "home")
    assert run(["--config", "walras.toml", "init", "--home", home, "--quiet"]) == 0


@pytest.mark.parametrize(
    ("command", "meant"),
    [
        ("inten", "intent"), ("intent sumbit", "submit"), ("ledger transfr", "transfer"), ("solver srve", "serve"),
        ("node stats", "status"), ("keys lst", "list"), ("sim sweeep", "sweep"), ("scenario drow", "draw"),
        ("auction veryfy", "verify"),
    ],
)  # fmt: skip
def test_a_mistyped_command_is_answered_with_the_near_one(
    capsys: pytest.CaptureFixture[str], command: str, meant: str
) -> None:
    """Wherever it stands, in the same words."""
    assert run(command.split()) == 2
    said = f'error[usage] no command "{command.split()[-1]}"; did you mean "{meant}"?\n'
    assert capsys.readouterr().err == said


def test_a_scenario_that_is_no_file_is_told_as_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    """The machine's reason in the same letters, whichever command was given the name."""
    for command in (("scenario", "check"), ("sim", "run"), ("auction", "show")):
        assert run([*command, "none.toml"]) == 3
        assert "none.toml: no such file or directory" in capsys.readouterr().err


def test_who_refuses_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    """The address and the machine's reason, without the number of it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert run(["node", "status", "--node", url]) == 4
    said = "no node answers there: connection refused (`walras node run` starts one)"
    assert capsys.readouterr().err == f"error[peer.unreachable] {url}: {said}\n"


def test_a_file_of_settings_names_options_as_users_do(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--home is `home`, and what --print-config prints can be read back."""
    monkeypatch.delenv("WALRAS_HOME", raising=False)
    file = tmp_path / "settings.toml"
    file.write_text(
        '[intent.submit]\nhome = "there"\ndev = "bob"\nnode = "http://n"\nslippage_bps = 7\nfok = true\n'
    )
    assert run(["--config", str(file), "intent", "submit", "1", "ETH", "for", "USDC", "--print-config"]) == 0
    printed = capsys.readouterr().out
    for line in file.read_text().splitlines():
        assert line in printed.splitlines()
    again = tmp_path / "again.toml"
    again.write_text(printed)
    assert run(["--config", str(again), "intent", "submit", "1", "ETH", "for", "USDC", "--print-config"]) == 0
    assert capsys.readouterr().out == printed
    file.write_text('[intent.submit]\nfolder = "there"\n')
    assert refused(capsys, "--config", file, "intent", "submit") == (3, "input.unknown-field")


def test_a_full_machine_is_no_bug_of_ours(tmp_path: Path) -> None:
    """Files that may not grow, as on a full disk: one line with the machine's own words."""
    done = subprocess.run(
        [WALRAS, "init", "--home", tmp_path / "home"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("error[machine]")
    assert os.strerror(errno.EFBIG).lower() in done.stderr


def _full_database() -> None:
    with sqlite3.connect(":memory:") as database:
        database.execute("pragma max_page_count = 1")
        database.execute("create table t (x)")
        database.execute("create table u (x)")


def _full_disk() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "place")


def _no_such_name() -> None:
    Path("x" * 5_000).stat()


def _no_worker() -> None:
    raise BrokenProcessPool("A process in the process pool was terminated abruptly")


def _two_of_them() -> None:
    try:
        _full_disk()
    except OSError as error:
        raise ExceptionGroup("tasks", [ValueError("x"), ExceptionGroup("more", [error])]) from None


def _bug() -> None:
    raise OSError(errno.EBADF, os.strerror(errno.EBADF))


@pytest.mark.parametrize(
    ("fails", "code", "said"),
    [
        (_full_disk, 3, "error[machine] place: no space left on device"),
        (_full_database, 3, "error[machine] database or disk is full"),
        (_no_such_name, 3, f"error[machine] {'x' * 120}…: file name too long"),
        (_no_worker, 3, "error[machine] a worker process was ended from outside"),
        (_two_of_them, 3, "error[machine] place: no space left on device"),
        (_bug, 70, "error[bug] OSError"),
    ],
)
def test_endings_of_a_full_machine(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    fails: Callable[[], None],
    code: int,
    said: str,
) -> None:
    """Alone, in a database, in a group of tasks, or of a path that cannot be; what is none of these is still a
    bug."""
    monkeypatch.setattr(cli, "main", lambda **options: fails())
    assert run(["demo"]) == code
    assert capsys.readouterr().err.startswith(said)


def test_an_error_that_cannot_be_told_keeps_its_exit_code() -> None:
    """Standard error on a full disk, or on a terminal that has gone."""
    program = "import sys; from node.cli.run import run; sys.exit(run(['node', 'run', '--no-such-option']))"
    with open("/dev/full", "wb") as full:
        ended = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=full, timeout=60)
    assert (ended.returncode, ended.stdout) == (2, b"")


def test_a_reader_that_leaves_ends_tasks_quietly() -> None:
    """`walras demo --live | head`: a closed pipe in a group of tasks is no more a bug than one alone."""
    program = (
        "import sys; from node.cli.run import cli, run\n"
        "def fails(**options: object) -> None:\n"
        "    raise ExceptionGroup('tasks', [ExceptionGroup('more', [BrokenPipeError()])])\n"
        "cli.main = fails; sys.exit(run(['demo']))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


def test_names_that_are_no_unicode_are_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A file may be called by any bytes: it is written, and named in valid JSON and on a terminal alike."""
    odd = tmp_path / "odd\udcff.json"
    for form in ((), ("--json",)):
        assert run(["scenario", "draw", "one-sided", "-o", str(odd), *form]) == 0
        assert "odd\\udcff.json" in capsys.readouterr().out
    assert odd.exists()


def test_a_dash_is_stdout(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For what reads "-" as stdin, writing to it is stdout, and no file of that name comes to be."""
    monkeypatch.chdir(tmp_path)
    assert run(["scenario", "draw", "one-sided", "-o", "-"]) == 0
    drawn = capsys.readouterr().out
    assert json.loads(drawn)["format"] == "walras-auction/1"
    Path("a.json").write_text(drawn)
    assert run(["auction", "import", "a.json", "-o", "-", "--quiet"]) == 0
    assert capsys.readouterr().out == drawn
    assert run(["auction", "solve", "a.json", "-s", "naive", "-o", "-", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["format"] == "walras-solution/1"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
