"""Options that are of no effect beside others: refused where they were said, rather than left aside in silence.

What a file of settings says of a command is meant for all ways of calling it, and is not held against any.
"""

from __future__ import annotations

import click
from click.core import ParameterSource

from intents.errors import UsageError


def refuse(why: str, *names: str) -> None:
    """``names``: of parameters of the command under way. Raises ``UsageError`` for the first that was said."""
    context = click.get_current_context()
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in names and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise UsageError(_called(parameter), why)


def _called(parameter: click.Parameter) -> str:
    """As the command's help has it."""
    return max(parameter.opts, key=len) if isinstance(parameter, click.Option) else parameter.human_readable_name
