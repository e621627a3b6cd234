"""The command line as a function: finds the command, runs it, and maps each ending to a line and a code.

Exit codes: 0 ok; 1 ran, but a check failed; 2 usage; 3 config, scenario or input; 4 peer
unreachable; 5 settlement or invariant violated; 70 our bug; 130 interrupted.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator, Sequence

import click

from intents.errors import WalrasError
from node.cli.command import global_options, remember
from node.cli.main import EXIT_INTERRUPTED
from node.cli.table import COMMANDS, LazyGroup
from node.cli.words import one_line

EXIT_USAGE = 2
EXIT_MACHINE = 3
EXIT_BUG = 70
#: Whatever was being written or opened, the machine had no more of it to give: nobody's bug.
_SQLITE_FULL = 13
_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG, errno.EMFILE, errno.ENFILE)
#: A path that was given cannot be one, or leads where we may not go.
_PATH = (errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.EACCES, errno.EPERM)
#: Characters of a path in one line of an error.
_SHOWN = 120


@click.group(
    "walras",
    cls=LazyGroup,
    commands_table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "WALRAS"},
)
@global_options
@click.version_option(package_name="walras", prog_name="walras")
@click.pass_context
def cli(context: click.Context, /, **options: object) -> None:
    """Batch auctions for signed trade intents: solvers compete, a verifier recomputes every claim.

    Start with `walras demo`. Results go to stdout, everything else to stderr; `--json` prints
    exactly one document.
    """
    remember(context, options)


def run(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Never shows a traceback for bad input."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        result = cli.main(args=arguments, prog_name="walras", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except WalrasError as error:
        _say(error.code, str(error))
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return EXIT_USAGE
    except click.ClickException as error:
        _say("usage", error.format_message())
        return EXIT_USAGE
    except (click.Abort, KeyboardInterrupt):
        _say("interrupted", "stopped at your request")
        return EXIT_INTERRUPTED
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except BrokenPipeError:
        return _unread()
    except BaseExceptionGroup as group:
        return _group(group, arguments)
    except Exception as error:
        return _unforeseen([error], arguments)


def _unread() -> int:
    """The reader of what we say went away (`walras … | head`): nothing left to say."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _group(group: BaseExceptionGroup[BaseException], arguments: Sequence[str]) -> int:
    """Tasks fail in groups: an interruption or an expected failure in one ends as it would alone."""
    leaves = list(_leaves(group))
    if any(isinstance(error, KeyboardInterrupt) for error in leaves):
        _say("interrupted", "stopped at your request")
        return EXIT_INTERRUPTED
    for error in leaves:
        if isinstance(error, WalrasError):
            _say(error.code, str(error))
            return error.exit_code
    if any(isinstance(error, BrokenPipeError) for error in leaves):
        return _unread()
    return _unforeseen(leaves, arguments)


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _unforeseen(errors: Sequence[BaseException], arguments: Sequence[str]) -> int:
    for error in errors:
        said = _of_machine(error)
        if said is not None:
            _say("machine", said)
            return EXIT_MACHINE
    return _bug(errors[0], arguments)


def _of_machine(error: BaseException) -> str | None:
    """What there was no more of or no way to, and where; ``None`` for any other failure."""
    if isinstance(error, OSError) and error.errno in (*_MACHINE, *_PATH):
        name = str(error.filename)
        place = f"{name if len(name) <= _SHOWN else name[:_SHOWN] + '…'}: " if error.filename is not None else ""
        return f"{place}{os.strerror(error.errno or 0).lower()}"
    if type(error).__name__ == "BrokenProcessPool":  # by name: importing it takes longer than most commands
        return "a worker process was ended from outside, as a machine without memory does; fewer at once may do"
    return str(error) if getattr(error, "sqlite_errorcode", None) == _SQLITE_FULL else None


def _say(code: str, message: str) -> None:
    with contextlib.suppress(OSError):  # a terminal that is gone, a full disk: the exit code says it all the same
        click.echo(f"error[{code}] {one_line(message)}", err=True)


def _bug(error: BaseException, arguments: Sequence[str]) -> int:
    """A failure nobody foresaw: the line a report needs, and the traceback only when asked for."""
    if "-v" in arguments or "--verbose" in arguments or os.environ.get("WALRAS_TRACEBACK"):
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    _say("bug", f"{type(error).__name__}: {error} (run again with -v for the traceback; please report it)")
    return EXIT_BUG
