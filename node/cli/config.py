"""The configuration file: TOML tables named after commands, keys after their options, of two words with "_".

[compete]
deadline = 2.0

[auction.solve]
solver = "walras"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from intents.errors import UnknownField, WrongType
from intents.near import did_you_mean


def default_map_from(path: Path, names: Sequence[str], command: click.Command) -> dict[str, Any]:
    """Option defaults for ``command`` (reached by ``names``) from the file; unknown keys are refused."""
    table: object = _document(path)
    where = str(path)
    for depth, name in enumerate(names):
        if not isinstance(table, Mapping):
            raise WrongType(f"{where}: {'.'.join(names[:depth])}", "a table", type(table).__name__)
        table = table.get(name, {})
    if not isinstance(table, Mapping):
        raise WrongType(f"{where}: {'.'.join(names)}", "a table", type(table).__name__)
    known = {key_of(parameter): str(parameter.name) for parameter in command.params}
    for key in table:
        if key not in known:
            raise UnknownField(f"{where}: {'.'.join(names)}", key, did_you_mean(key, known))
    return {known[key]: value for key, value in table.items()}


def key_of(parameter: click.Parameter) -> str:
    """What a parameter is called in the file: as users know it, by its long option; an argument by its name."""
    long = [name for name in parameter.opts if name.startswith("--")]
    return long[0].removeprefix("--").replace("-", "_") if long else str(parameter.name)


def _document(path: Path) -> object:
    from intents.strict_toml import MAX_TOML_BYTES, parse_toml
    from node.inputs import read_file

    return parse_toml(read_file(path, limit=MAX_TOML_BYTES), str(path))
