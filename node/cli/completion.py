"""``walras completion``: the script a shell sources to complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from node.cli.command import Command, Settings, emit


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(settings: Settings, shell: str) -> int:
    """Print the completion script for SHELL: source it, or save it where your shell looks."""
    from node.cli.run import cli

    maker = get_completion_class(shell)
    assert maker is not None
    script = maker(cli, {}, "walras", "_WALRAS_COMPLETE").source()
    emit(settings, {"shell": shell, "script": script}, lambda: script)
    return 0
