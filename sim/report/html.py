"""Templates filled in: autoescaped, nothing undefined, style inlined."""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING, Any

from node.report.page import style
from sim.report.figures import figure

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def fill(template: str, **values: Any) -> str:
    """The template of that file name with ``values`` and the page's style."""
    text = resources.files("sim.report").joinpath(template).read_text("utf-8")
    return environment().from_string(text).render(style=style(), **values)


def environment() -> Environment:
    from jinja2 import Environment, StrictUndefined

    found = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    found.filters.update(figure=figure, breakable=breakable, verdict=verdict)
    return found


def breakable(name: str) -> Markup:
    """A figure's name that a narrow column may break between words, not within."""
    from markupsafe import Markup, escape

    return Markup("<wbr>").join(escape(part) for part in re.split(r"(?<=[_.])", name))


def verdict(holds: bool | None) -> str:
    """A claim's verdict in capitals."""
    return "UNDECIDED" if holds is None else "TRUE" if holds else "FALSE"
