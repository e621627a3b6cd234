"""walras init and walras keys, as commands: what they make, print and refuse."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from node.cli.run import run
from node.home.config_file import read_config
from node.home.development import account
from node.home.genesis_file import read_genesis
from node.home.paths import Home


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine's own user has set is nobody's business here."""
    for name in ("WALRAS_HOME", "WALRAS_PASSWORD", "WALRAS_API_PORT"):
        monkeypatch.delenv(name, raising=False)


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = run([str(argument) for argument in arguments])
    found = capsys.readouterr()
    return code, found.out, found.err


def document(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    code, out, err = call(capsys, *arguments)
    assert code == 0, err
    return json.loads(out)


def test_cli_init_makes_one_home(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """One document on stdout, a home on disk, and no second one in its place."""
    home = tmp_path / "home"
    found = document(capsys, "init", "--home", home, "--windows", "1,2,3", "--api-port", "0", "--json")
    genesis = read_genesis(Home(home).genesis)
    assert found["homes"] == [str(home)]
    assert genesis.timeouts.window_ms == (1, 2, 3)
    assert read_config(Home(home).config, {}, {}).api.port == 0
    code, out, err = call(capsys, "init", "--home", home)
    assert (code, out) == (3, "")
    assert err.startswith("error[home.exists]")


def test_cli_init_follows_the_environment(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WALRAS_HOME names the home where no flag does."""
    monkeypatch.setenv("WALRAS_HOME", str(tmp_path / "w"))
    assert document(capsys, "init", "--json")["homes"] == [str(tmp_path / "w")]


def test_cli_init_of_several_owners(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Entries are printed, collected into a genesis on stdout, and joined under their names."""
    entries = []
    for name in ("anna", "ben"):
        made = call(capsys, "init", "--key-only", "--home", tmp_path / name, "--name", name, "--host", "10.0.0.1")
        assert made[0] == 0
        assert f"made keys in {tmp_path / name}" in made[2]
        assert f"walras init --home {tmp_path / name} --join GENESIS" in made[2]
        entries.append(tmp_path / f"{name}.json")
        entries[-1].write_text(made[1])
    code, text, _ = call(capsys, "init", *(part for entry in entries for part in ("--genesis-from", entry)))
    assert code == 0
    genesis = tmp_path / "genesis.json"
    genesis.write_text(text)
    for name in ("anna", "ben"):
        joined = document(capsys, "init", "--join", genesis, "--home", tmp_path / name, "--json")
        assert joined["network"] == json.loads(text)["network"]
        config = read_config(Home(tmp_path / name).config, {}, {})
        assert (config.node.name, config.node.role) == (name, "validator")


def test_cli_init_of_a_light_client(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """It dials no peers: the remark says whom it asks."""
    document(capsys, "init", "--home", tmp_path / "anna", "--host", "10.0.0.1", "--json")
    asked = ("--full-node", "http://a.example:8645", "--full-node", "http://b.example:8645")
    genesis = tmp_path / "anna" / "genesis.json"
    code, _, err = call(capsys, "init", "--join", genesis, "--home", tmp_path / "eve", *asked)
    assert (code, err) == (0, "a light node that asks 2 full nodes\n")


def test_cli_init_names_a_solver_from_anywhere(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A solver's file is kept by its whole path; one that is not there is refused before anything is made."""
    file = tmp_path / "mine.py"
    file.write_text("")
    document(capsys, "init", "--home", tmp_path / "a", "--solver", file, "--json")
    assert read_config(Home(tmp_path / "a").config, {}, {}).solver.spec == f"mine={file}"
    code, _, err = call(capsys, "init", "--home", tmp_path / "b", "--solver", "wallras")
    assert code == 2
    assert 'did you mean "walras"' in err
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--key-only", "--join", "g.json"),
        ("--join", "g.json", "--validators", "2"),
        ("--role", "full"),
        ("--bootstrap", "/ip4/1.2.3.4/tcp/1"),
        ("--validators", "2", "--host", "a"),
        ("--validators", "0"),
        ("--windows", "1,2"),
        ("--host", "a b"),
        ("--hosts", "a,b c", "--validators", "2"),
        ("--key-only", "--host", "a/b"),
        ("--windows", "1,0,2"),
    ],
)
def test_cli_init_refuses_contradictions(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """One way of making at a time; nothing is made by halves."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WALRAS_HOME", str(tmp_path / "home"))
    code, out, err = call(capsys, "init", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error[usage]")
    assert not list(tmp_path.iterdir())


def test_cli_keys(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wallet is made under a password, listed, shown; its secret only when asked for twice."""
    home = ("--home", tmp_path)
    monkeypatch.setenv("WALRAS_PASSWORD", "open sesame")
    code, out, err = call(capsys, "keys", "import", "a", "--dev", "alice", *home)
    assert code == 0
    seed = account("alice").seed.hex()
    assert seed not in out + err
    assert [row["name"] for row in document(capsys, "keys", "list", *home, "--json")["wallets"]] == ["a"]
    assert "seed" not in document(capsys, "keys", "show", "a", *home, "--json")
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    assert call(capsys, "keys", "show", "a", "--secret", *home)[0] == 2
    assert document(capsys, "keys", "show", "a", "--secret", "--yes", *home, "--json")["seed"] == seed
    monkeypatch.setenv("WALRAS_PASSWORD", "close sesame")
    code, out, err = call(capsys, "keys", "show", "a", "--secret", "--yes", *home)
    assert (code, out) == (3, "")
    assert err.startswith("error[wallet.password]")


def test_cli_keys_seed_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A seed from elsewhere is taken as hex; anything else is refused."""
    monkeypatch.setenv("WALRAS_PASSWORD", "x")
    file = tmp_path / "seed"
    for text, code in (("zz", 3), ("00" * 31, 3), ("seed a b", 3), ("0x" + "07" * 32, 0)):
        file.write_text(text)
        assert call(capsys, "keys", "import", "s", "--seed-file", file, "--home", tmp_path)[0] == code
    said = call(capsys, "keys", "show", "s", "--secret", "--yes", "--home", tmp_path)[1]
    file.write_text(said)
    assert call(capsys, "keys", "import", "again", "--seed-file", file, "--home", tmp_path)[0] == 0
    assert call(capsys, "keys", "show", "again", "--secret", "--yes", "--home", tmp_path)[1] == said.replace(
        "name     s", "name     again"
    )
    assert call(capsys, "keys", "import", "t", "--home", tmp_path)[0] == 2


def test_cli_node_settings(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--print-config shows what is in effect, and starts nothing."""
    home = tmp_path / "home"
    document(capsys, "init", "--home", home, "--name", "filed", "--json")
    monkeypatch.setenv("WALRAS_API_PORT", "1234")
    asked = ("node", "run", "--home", home, "--solver-seconds", "0.5", "--print-config")
    code, out, _ = call(capsys, *asked)
    assert code == 0
    path = tmp_path / "printed.toml"
    path.write_text(out)
    config = read_config(path, {}, {})
    assert (config.node.name, config.api.port, config.solver.seconds) == ("filed", 1234, 0.5)


def test_cli_node_starts_light() -> None:
    """What a lone node needs to start is not libp2p, a solver's numerics, or anything that draws."""
    heavy = ("libp2p", "ortools", "scipy", "numpy", "plotly", "matplotlib", "polars", "networkx")
    program = f"import sys, node.cli.node_run; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_cli_keys_whose_entry_finds_no_room_are_not_kept(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Nobody could be told of them, and making them again would be refused."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (70, hard))
    try:
        code, out, err = call(capsys, "init", "--key-only", "--home", tmp_path / "h")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (code, out) == (3, "")
    assert "entry.json" in err
    assert document(capsys, "init", "--key-only", "--home", tmp_path / "h")["name"] == "node"
