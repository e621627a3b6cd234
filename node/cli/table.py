"""The lazy command table: which commands there are, told as strings, so that help imports nothing else."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from intents.near import did_you_mean


@dataclass(frozen=True, slots=True)
class Entry:
    """``target`` is "module:attribute"; ``section`` groups the entry in the top-level help."""

    target: str
    summary: str
    section: str = "Commands"


COMMANDS: Mapping[str, Entry] = {
    "demo": Entry("node.cli.demo:demo", "Run a competition on synthetic or recorded auctions", "Start"),
    "init": Entry("node.cli.init:init", "Make a node's home, or those of a whole network", "Start"),
    "doctor": Entry("node.cli.doctor:doctor", "Check this installation", "Start"),
    "node": Entry("node.cli.node:node", "Run a node, ask one how it is and whom it knows", "Node"),
    "keys": Entry("node.cli.keys:keys", "Wallets: make, import, list and show keys", "Node"),
    "intent": Entry("node.cli.intent:intent", "Submit, quote, show, cancel and explain intents", "Intents"),
    "auction": Entry(
        "node.cli.auction:auction", "Import, show, solve, verify, rank and explain auctions", "Auctions"
    ),
    "ledger": Entry("node.cli.ledger:ledger", "Show, prove, move and reconcile what a ledger holds", "Auctions"),
    "compete": Entry("node.cli.compete:compete", "Let solvers compete over auctions", "Compete"),
    "leaderboard": Entry("node.cli.leaderboard:leaderboard", "Show who won, and by how much", "Compete"),
    "solver": Entry("node.cli.solver:solver", "List, write, test and serve solvers", "Compete"),
    "sim": Entry(
        "sim.cli.group:sim", "Run, replay, sweep and compare worlds of nodes in virtual time", "Simulate"
    ),
    "scenario": Entry("sim.cli.scenario:scenario", "List, check and describe worlds and simulations", "Simulate"),
    "export": Entry("node.cli.export:export", "Write a run's tables as Parquet or SQLite", "Data"),
    "completion": Entry("node.cli.completion:completion", "Print a shell completion script", "Data"),
}


class Group(click.Group):
    """A group that says what a command it does not have may have been meant to be."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            ctx.fail(f'no command "{args[0]}"{did_you_mean(args[0], known)}')
        return super().resolve_command(ctx, args)


class LazyGroup(Group):
    """A group whose commands are imported when first run; listing them costs nothing."""

    def __init__(self, *args: Any, commands_table: Mapping[str, Entry] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commands_table = dict(commands_table or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands_table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self.commands_table.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.target.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, entry in self.commands_table.items():
            sections.setdefault(entry.section, []).append((name, entry.summary))
        for section, rows in sections.items():
            with formatter.section(section):
                formatter.write_dl(rows)
