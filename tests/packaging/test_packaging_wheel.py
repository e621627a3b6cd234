"""The wheel: exactly our rooms under their plain names, with their data, working from a fresh environment."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {"intents", "liquidity", "settlement", "solver", "scenarios", "p2p", "node", "sim"}
NOT_SOURCE = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist", "runs")


@dataclass(frozen=True, slots=True)
class Built:
    """A wheel and the source tree it was built from, which is a copy."""

    wheel: Path
    source: Path

    @property
    def files(self) -> set[str]:
        with zipfile.ZipFile(self.wheel) as archive:
            return set(archive.namelist())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The wheel, built from a copy with everything else that lies in the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(ROOT, source, ignore=NOT_SOURCE)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, source)
    (wheel,) = folder.glob("*.whl")
    return Built(wheel, source)


@pytest.fixture(scope="module")
def fresh(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` folder of a new environment with the wheel in it; libraries are those of the tests."""
    home = tmp_path_factory.mktemp("fresh")
    run(sys.executable, "-m", "venv", "--without-pip", home)
    python = home / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", built.wheel)
    # A path added so comes after the environment's own, and links to checkouts in it are not followed.
    own = next((home / "lib").glob("python*/site-packages"))
    (own / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return home / "bin"


def run(*command: object, cwd: Path | str = "/") -> str:
    """The stdout of a command that must succeed."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=cwd, timeout=240)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_the_wheel_holds_exactly_our_rooms(built: Built) -> None:
    """Plain top-level names are claimed one by one: the rooms, and nothing else of the checkout."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert {name.partition("/")[0] for name in built.files} == ROOMS | {f"walras-{version}.dist-info"}


def test_the_wheel_holds_every_module_and_data_file(built: Built) -> None:
    """No module is forgotten when a package is added, and worlds, the report page and the template come along."""
    wanted = {
        path.relative_to(built.source).as_posix()
        for room in ROOMS
        for path in (built.source / room).rglob("*")
        if path.is_file() and path.suffix in {".py", ".toml", ".html", ".css", ".js", ".json", ".svg", ".txt"}
    }
    assert wanted <= built.files
    assert {"node/cli/solver_template.txt", "scenarios/open-market.toml"} <= wanted
    assert {"node/report/page.html", "node/report/style.css", "sim/report/page.html"} <= wanted


def test_the_installed_wheel_is_what_runs(fresh: Path) -> None:
    """From / in a fresh environment, modules come from that environment and the version is the wheel's."""
    where = run(fresh / "python", "-c", "import node, intents; print(node.__file__, intents.__file__)")
    assert all(path.startswith(str(fresh.parent)) for path in where.split())
    assert "walras, version" in run(fresh / "walras", "--version")
    assert "auction" in run(fresh / "walras", "--help")


def test_the_installed_wheel_does_its_work(fresh: Path, tmp_path: Path) -> None:
    """From /, worlds are listed, a solver is written from the template, and it is hosted and verified."""
    worlds = json.loads(run(fresh / "walras", "scenario", "list", "--json"))["scenarios"]
    assert len(worlds) >= 6
    mine = tmp_path / "mine.py"
    run(fresh / "walras", "solver", "new", mine)
    tried = json.loads(run(fresh / "walras", "solver", "test", mine, "--scenario", "one-sided", "--json"))
    assert tried["ok"] is True
