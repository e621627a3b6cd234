"""``walras node``: run a node, and ask one how it is."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from node.cli.command import Command, Settings, emit, global_options, note, remember, wants_config
from node.cli.homes import HOME, home_of
from node.cli.main import nothing_to_clear
from node.cli.nodes import NodeChoice, node_options
from node.cli.table import Group
from node.cli.text import table
from node.home.config_keys import KEYS

if TYPE_CHECKING:
    from node.home.config import NodeConfig

F = TypeVar("F", bound=Callable[..., Any])


@click.group(cls=Group)
@global_options
@click.pass_context
def node(context: click.Context, /, **options: object) -> None:
    """A node: run one, ask one how it is and whom it knows."""
    remember(context, options)


def _key_options(command: F) -> F:
    """Every key of walras.toml as a flag."""
    for key in reversed(KEYS):
        name = f"{key.section}__{key.name}"
        help_text = f"{key.help[0].upper()}{key.help[1:]}{'; repeatable' if key.many else ''}."
        command = click.option(key.flag, name, multiple=key.many, help=help_text)(command)
    return command


class _Run(Command):
    """``--print-config`` prints the node's settings in effect, whatever they come from."""

    def invoke(self, ctx: click.Context) -> Any:
        if wants_config(ctx):
            from node.home.config_file import config_text

            click.echo(config_text(_config(ctx.params)), nl=False)
            return 0
        return super().invoke(ctx)


@node.command(cls=_Run)
@HOME
@click.option(
    "--config", "file", type=click.Path(path_type=Path, dir_okay=False), help="A file in place of the home's own."
)
@_key_options
def run(settings: Settings, **options: Any) -> None:
    """Run the node of a home until SIGTERM or Ctrl-C.

    Without a home it makes one first: a development network of one validator, with a built-in solver and funded
    accounts, which nobody else can join. Settings: defaults < walras.toml < WALRAS_SECTION_KEY < these flags.
    """
    home, config = home_of(options["folder"]), _config(options)
    if not home.exists:
        from node.home.networks import SinglePlan, single

        single(home, SinglePlan())
        note(settings, f"made a development node in {home.path}")
        config = _config(options)
    # Nothing that is imported is garbage: looking for some takes a twentieth of the start.
    gc.disable()
    from node.cli.node_run import Ready, log_to_stderr, run_node

    gc.freeze()
    # Intents that wait are no garbage either: looking every 700 objects takes a tenth of the processor.
    gc.set_threshold(20_000, 20, 20)
    gc.enable()

    def tell(ready: Ready) -> None:
        document = {
            "url": ready.url,
            "peer": ready.peer,
            "name": ready.name,
            "role": ready.role,
            "network": "0x" + ready.network.hex(),
            "addresses": list(ready.addresses),
            "home": str(home.path),
        }
        if settings.json:
            emit(settings, document, str)
        else:
            note(settings, f"{ready.name} ({ready.role}) is up: {ready.url}")

    log_to_stderr(settings.verbose)
    nothing_to_clear()
    run_node(home, config, tell)


def _config(options: Mapping[str, Any]) -> NodeConfig:
    from node.home.config_file import read_config

    path = options["file"]
    if path is None:
        own = home_of(options["folder"]).config
        path = own if own.exists() else None
    flags = {
        (key.section, key.name): value
        for key in KEYS
        if (value := options.get(f"{key.section}__{key.name}")) not in (None, ())
    }
    return read_config(path, os.environ, flags)


@node.command(cls=Command)
@node_options
def status(settings: Settings, node: NodeChoice) -> int:
    """Show who a node is and where it stands. Exit code 1 while it is not ready."""
    with node.client() as client:
        found = dict(client.get("/v1/status").document)
    emit(settings, found, lambda: "\n".join(f"{key:13} {_shown(value)}" for key, value in found.items()))
    return 0 if found.get("ready") else 1


@node.command(cls=Command)
@node_options
def peers(settings: Settings, node: NodeChoice) -> None:
    """Show whom a node knows, itself first."""
    with node.client() as client:
        document = client.get("/v1/peers")
        found = [dict(row.document) for row in document.objects("peers", limit=100_000)]
    columns = ("name", "role", "height", "direct", "peer", "address")
    rows = [{column: _shown(row.get(column)) for column in columns} for row in found]
    emit(settings, {"peers": found}, lambda: table(rows, left=("name", "role", "direct", "peer", "address")))


def _shown(value: object) -> str:
    """A stranger's word for a terminal: printable, bounded."""
    text = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
    return "".join(c for c in text if c.isprintable())[:120]
