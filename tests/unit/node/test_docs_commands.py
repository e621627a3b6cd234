"""What the documents tell people to type is there: commands, their options, modules, and files that are linked."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import click
import pytest

from node.cli.run import cli

ROOT: Final = Path(__file__).parents[3]
DOCUMENTS: Final = (
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "tests/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
)
_BLOCK = re.compile(r"```(?:sh|console)\n(.*?)```", re.S)
_INLINE = re.compile(r"`((?:walras|python) [^`]+)`")
_LINK = re.compile(r"\]\(([^)#]+?)(?:#[^)]*)?\)")
#: What a shell does besides running the command, and what stands for something else in a sentence.
_ENDS = (">", "&", "|", "…", "<")


def said(path: Path) -> Iterator[str]:
    """Every command line in a document's blocks and sentences."""
    text = path.read_text(encoding="utf-8")
    for block in _BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            command = re.search(r"\b(walras|python) .*", line.partition("  #")[0])
            if command is not None:
                yield command[0]
    for sentence in _INLINE.findall(text):
        yield " ".join(sentence.split())


def commands() -> Iterator[tuple[str, str]]:
    for path in DOCUMENTS:
        for line in dict.fromkeys(said(path)):
            yield path.relative_to(ROOT).as_posix(), line


def words(line: str) -> list[str]:
    """The command's own words, without brackets around what may be left out."""
    found: list[str] = []
    for word in shlex.split(line.replace("[", "").replace("]", "")):
        if word.startswith(_ENDS):
            break
        found.append(word)
    return found


def check(line: str) -> None:
    """Raises ``click.UsageError`` where a command or an option of it is not there."""
    command: click.Command = cli
    context = click.Context(cli, info_name="walras")
    rest = words(line)[1:]
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        names = rest[0].split("|")
        if names[0].isupper():  # COMMAND: any
            return
        found = [command.resolve_command(context, [name])[1] for name in names]
        assert found[-1] is not None
        command = found[-1]
        context, rest = click.Context(command, parent=context, info_name=names[-1]), rest[1:]
    options = {
        name for parameter in command.get_params(context) for name in (*parameter.opts, *parameter.secondary_opts)
    }
    for word in rest:
        name = word.partition("=")[0]
        if name.startswith("-") and name != "-" and name not in options:
            raise click.UsageError(f"{context.command_path} has no {name}")


@pytest.mark.parametrize(("document", "line"), list(commands()))
def test_docs_commands_are_there(document: str, line: str) -> None:
    """Every `walras …` and `python -m …` names a command or module, and options that it has."""
    if line.startswith("walras "):
        check(line)
        return
    module = re.match(r"python -m ([a-z_0-9.]+)", line)
    if module is not None:
        found = find_spec(module[1])
        assert found is not None, (document, line)
        if module[1] in ("venv", "pytest", "pip"):
            return
        assert found.origin is not None
        package = Path(found.origin)
        main = package.with_name("__main__.py") if package.name == "__init__.py" else package
        source = main.read_text(encoding="utf-8")
        for option in re.findall(r"(?<!\S)--[a-z-]+", line):
            assert option in source, (document, line)
    else:
        script = line.split()[1]
        assert not script.endswith(".py") or (ROOT / script).is_file(), (document, line)


def test_docs_commands_notices_what_is_not_there() -> None:
    """The check itself: a command, and an option, that nobody has."""
    for line in ("walras auction slove a.json", "walras node run --hom x", "walras sim replay --sett a=b"):
        with pytest.raises(click.UsageError):
            check(line)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_docs_links_lead_somewhere(path: Path) -> None:
    """Every relative link names a file of the repository."""
    for target in _LINK.findall(path.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://")):
            assert (path.parent / target).exists(), target
