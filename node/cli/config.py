"""The configuration file: TOML tables named after commands, keys after their options.

[compete]
deadline = 2.0

[auction.solve]
solver = "walras"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from intents.errors import Malformed, UnknownField, Unreadable, WrongType
from node.cli.words import did_you_mean

MAX_CONFIG_BYTES: Final = 1 << 20


def default_map_from(path: Path, names: Sequence[str], command: click.Command) -> dict[str, Any]:
    """Option defaults for ``command`` (reached by ``names``) from the file; unknown keys are refused."""
    table: object = read_toml(path)
    where = str(path)
    for depth, name in enumerate(names):
        if not isinstance(table, Mapping):
            raise WrongType(f"{where}: {'.'.join(names[:depth])}", "a table", type(table).__name__)
        table = table.get(name, {})
    if not isinstance(table, Mapping):
        raise WrongType(f"{where}: {'.'.join(names)}", "a table", type(table).__name__)
    known = {str(parameter.name): parameter for parameter in command.params}
    for key in table:
        if key not in known:
            raise UnknownField(f"{where}: {'.'.join(names)}", key, did_you_mean(key, known))
    return dict(table)


def read_toml(path: Path) -> dict[str, Any]:
    """The parsed file, bounded in size, or a typed error naming what is wrong and where."""
    where = str(path)
    try:
        if path.is_dir():
            raise Unreadable(where, "is a directory, not a file")
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise Unreadable(where, f"is larger than {MAX_CONFIG_BYTES} bytes")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Unreadable(where, error.strerror or "cannot be read") from error
    except UnicodeDecodeError as error:
        raise Malformed(where, f"not UTF-8 at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise Malformed(where, f"not TOML: {error}") from error
