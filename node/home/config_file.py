"""``walras.toml`` read and written. Defaults < file < ``WALRAS_SECTION_KEY`` variables < flags.

A key that is not in ``KEYS`` is refused. Without ``[network]`` a node is alone: it opens no socket but its
interface's.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from intents.errors import WrongType, WrongValue
from intents.fields import Fields, kind_of
from intents.strict_toml import parse_toml
from node.home.config import ApiPart, LightPart, LimitsPart, NetworkPart, NodeConfig, NodePart, SolverPart
from node.home.config_keys import KEYS, Key
from node.inputs import read_file

MAX_CONFIG_BYTES: Final = 1 << 20
MAX_LIST: Final = 64
_SECTIONS: Final[Mapping[str, type[Any]]] = {
    "node": NodePart,
    "network": NetworkPart,
    "api": ApiPart,
    "solver": SolverPart,
    "light": LightPart,
    "limits": LimitsPart,
}


def read_config(
    path: Path | None, environment: Mapping[str, str], flags: Mapping[tuple[str, str], object]
) -> NodeConfig:
    """The settings in effect. ``flags`` by section and key, those given alone; ``path`` may be ``None``.

    Raises an ``InputError`` that names the file's key, the variable or the flag that is wrong.
    """
    if path is None:
        return config_of({}, "", environment, flags)
    return config_of(_toml(path), str(path), environment, flags)


def config_of(
    document: Mapping[str, object],
    where: str,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[tuple[str, str], object] | None = None,
) -> NodeConfig:
    """As ``read_config``, of a document that is parsed already."""
    fields = Fields(document, where).only(*_SECTIONS)
    parts = {
        section: fields.child(section).only(*(key.name for key in KEYS if key.section == section))
        for section in document
    }
    found: dict[str, dict[str, Any]] = {section: {} for section in parts}
    for key in KEYS:
        source = _source(key, parts.get(key.section), environment or {}, flags or {})
        if source is not None:
            found.setdefault(key.section, {})[key.name] = _read(key, *source)
    made = {section: _SECTIONS[section](**values) for section, values in found.items()}
    return NodeConfig(**made)


def config_text(config: NodeConfig) -> str:
    """The file that says all this, every key explained."""
    import tomli_w

    lines = ["# How this node runs. A key can also be given as WALRAS_SECTION_KEY or by `walras node run --flag`."]
    for section in _SECTIONS:
        part = getattr(config, section)
        if part is None:
            continue
        lines += ["", f"[{section}]"]
        for key in KEYS:
            if key.section == section:
                value = getattr(part, key.name)
                plain = (
                    list(value) if isinstance(value, tuple) else str(value) if isinstance(value, str) else value
                )
                lines += [f"# {key.help}", tomli_w.dumps({key.name: plain}).rstrip("\n")]
    return "\n".join(lines) + "\n"


def _source(
    key: Key, part: Fields | None, environment: Mapping[str, str], flags: Mapping[tuple[str, str], object]
) -> tuple[object, str] | None:
    """The strongest value given and what to call it."""
    if (key.section, key.name) in flags:
        return flags[key.section, key.name], key.flag
    if key.variable in environment:
        value = environment[key.variable]
        return (value.split(",") if value else []) if key.many else value, key.variable
    if part is not None and key.name in part.document:
        return part.raw(key.name), part.at(key.name)
    return None


def _read(key: Key, value: object, where: str) -> Any:
    if not key.many:
        return key.read(value, where)
    if not isinstance(value, list | tuple):
        raise WrongType(where, "a list", kind_of(value))
    if len(value) > MAX_LIST:
        raise WrongValue(where, f"a list of at most {MAX_LIST}", f"one of {len(value)}")
    return tuple(key.read(item, f"{where}[{number}]") for number, item in enumerate(value))


def _plain(value: object) -> object:
    """Without enums and tuples, which TOML writers do not know."""
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, str) else value


def _toml(path: Path) -> dict[str, Any]:
    return parse_toml(read_file(path, limit=MAX_CONFIG_BYTES), str(path))
