"""Passwords from a prompt, a file or ``WALRAS_PASSWORD``; never from an argument, which others can see."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Final

import click

from intents.errors import Unreadable, UsageError
from node.keystore.errors import WalletExposed

VARIABLE: Final = "WALRAS_PASSWORD"
MAX_FILE_BYTES: Final = 4_096
PASSWORD_FILE = click.option(
    "--password-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"File whose first line is the password (else {VARIABLE}, else a prompt).",
)


def password(file: Path | None, what: str, *, new: bool = False) -> str:
    """The password for ``what``; asked for twice where it is ``new``."""
    if file is not None:
        return _first_line(file)
    if VARIABLE in os.environ:
        return os.environ[VARIABLE]
    if not sys.stdin.isatty():
        raise UsageError("password", f"nobody can be asked for it: use --password-file or {VARIABLE}")
    entered: str = click.prompt(f"Password of {what}", hide_input=True, confirmation_prompt=new, err=True)
    return entered


def _first_line(file: Path) -> str:
    from node.inputs import read_file

    data = read_file(file, limit=MAX_FILE_BYTES)
    if str(file) != "-" and file.is_file() and stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise WalletExposed(str(file), "others may read it; chmod 600 it")
    try:
        return data.decode("utf-8").splitlines()[0] if data.strip() else ""
    except UnicodeDecodeError as error:
        raise Unreadable(str(file), f"is not UTF-8 at byte {error.start}") from error
