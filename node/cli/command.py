"""What all commands share: the global options, accepted before or after the command's name, and output.

Settings come from defaults < ``--config`` file < ``WALRAS_*`` variables < flags.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import click

from node.cli.config import default_map_from, key_of
from node.cli.main import begin_work
from node.cli.words import json_escaped, one_line, printable

_CONFIG = "walras.config"
_PRINT_CONFIG = "walras.print-config"
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Settings:
    """The global options as one value: ``--json``, ``--quiet``, ``-v``, ``--color``."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    color: str = "auto"

    @staticmethod
    def merged(base: Settings, options: Mapping[str, object]) -> Settings:
        given = {
            "json": bool(options.get("as_json")) or base.json,
            "quiet": bool(options.get("quiet")) or base.quiet,
            "verbose": bool(options.get("verbose")) or base.verbose,
            "color": options.get("color") or base.color,
        }
        return replace(base, **given)  # type: ignore[arg-type]


def _options() -> list[click.Option]:
    return [
        click.Option(["--json", "as_json"], is_flag=True, help="Print exactly one JSON document."),
        click.Option(["--quiet", "-q"], is_flag=True, help="No progress, no notes on stderr."),
        click.Option(["--verbose", "-v"], is_flag=True, help="More on stderr; tracebacks of bugs."),
        click.Option(["--color"], type=click.Choice(["auto", "always", "never"]), help="Colour on terminals."),
        click.Option(
            ["--config"],
            type=click.Path(path_type=Path),
            is_eager=True,
            expose_value=False,
            callback=_load_config,
            help="TOML file with option values, per command.",
        ),
        click.Option(["--print-config"], is_flag=True, help="Print the settings in effect as TOML, and stop."),
    ]


def _load_config(context: click.Context, _parameter: click.Parameter, path: Path | None) -> None:
    if path is None:
        return
    if isinstance(context.command, click.Group):
        context.meta[_CONFIG] = path  # the leaf, not yet known, will apply it
    else:
        _apply_config(context, path)


def _apply_config(context: click.Context, path: Path) -> None:
    names = context.command_path.split()[1:]
    context.default_map = {**(context.default_map or {}), **default_map_from(path, names, context.command)}


def global_options(command: F) -> F:
    """Give a click group the global options; its callback hands them to ``remember``."""
    parameters = getattr(command, "__click_params__", [])
    command.__click_params__ = [*_options(), *parameters]  # type: ignore[attr-defined]
    return command


def remember(context: click.Context, options: Mapping[str, object]) -> None:
    """Keep a group's global options for the command that follows."""
    context.obj = Settings.merged(context.obj or Settings(), options)
    if options.get("print_config"):
        context.meta[_PRINT_CONFIG] = True


def wants_config(context: click.Context) -> bool:
    """Whether ``--print-config`` was given, to the command or to a group before it."""
    return bool(context.params.get("print_config") or context.meta.get(_PRINT_CONFIG))


class Command(click.Command):
    """A leaf command that accepts the global options too and hands ``Settings`` to its callback first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        taken = {name for parameter in self.params for name in parameter.opts}
        self.params.extend(option for option in _options() if not taken.intersection(option.opts))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if _CONFIG in ctx.meta:
            _apply_config(ctx, ctx.meta[_CONFIG])
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        own = {name: ctx.params.pop(name, None) for name in ("as_json", "quiet", "verbose", "color")}
        settings = Settings.merged(ctx.obj or Settings(), own)
        wanted = wants_config(ctx)
        ctx.params.pop("print_config", None)
        if wanted:
            click.echo(_as_toml(ctx), nl=False)
            return 0
        assert self.callback is not None
        begin_work()
        return ctx.invoke(self.callback, settings, **ctx.params)


def _as_toml(context: click.Context) -> str:
    section = ".".join(context.command_path.split()[1:])
    lines = [f"[{section}]"]
    keys = {parameter.name: key_of(parameter) for parameter in context.command.params}
    for name, value in sorted((keys[name], value) for name, value in context.params.items()):
        if value is None or value == ():
            continue
        shown = [str(v) for v in value] if isinstance(value, tuple | list) else value
        lines.append(f"{name} = {json.dumps(str(shown) if isinstance(shown, Path) else shown)}")
    return "\n".join(lines) + "\n"


def emit(settings: Settings, document: object, text: Callable[[], str]) -> None:
    """The result on stdout: one JSON document, or the text a person reads."""
    if settings.json:
        click.echo(json_escaped(json.dumps(document, indent=2, ensure_ascii=False)))
    else:
        shown = printable(text())
        if shown:
            click.echo(shown, nl=not shown.endswith("\n"))


def plain(document: object) -> object:
    """A parsed JSON document ready to be written again: exact decimals as the numbers they came as."""
    if isinstance(document, Mapping):
        return {key: plain(value) for key, value in document.items()}
    if isinstance(document, list):
        return [plain(item) for item in document]
    return float(document) if isinstance(document, Decimal) else document


def note(settings: Settings, message: str) -> None:
    """A remark for people, on stderr."""
    if not settings.quiet:
        click.echo(printable(message), err=True)


def warn(settings: Settings, code: str, message: str) -> None:
    """Something the user should know but that stops nothing, on stderr."""
    if not settings.quiet:
        click.echo(f"warning[{code}] {one_line(message)}", err=True)


def coloured(settings: Settings, *, stderr: bool = False) -> bool:
    """Whether to use colour and moving progress on that stream."""
    stream = sys.stderr if stderr else sys.stdout
    return settings.color == "always" or (settings.color == "auto" and stream.isatty())
