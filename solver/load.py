"""Turning a spec into a Solver object. Runs inside the worker process, never in the host."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import ClassVar, cast

from intents.errors import WalrasError
from solver.protocol import Solver
from solver.spec import SolverSpec, SpecKind


@dataclass(eq=False)
class NotASolver(WalrasError):
    code: ClassVar[str] = "solver.not-a-solver"
    text: ClassVar[str] = "{reason}"
    exit_code: ClassVar[int] = 3

    reason: str


def load_solver(spec: SolverSpec) -> Solver:
    """The solver that ``spec`` names."""
    match spec.kind:
        case SpecKind.BUILT_IN:
            from solver.registry import built_in

            return built_in(spec.target)
        case SpecKind.ENGINE:
            from solver.engine_client import EngineSolver

            return EngineSolver(spec.target, name=spec.name)
        case SpecKind.FILE:
            return _from_file(Path(spec.target))


def _from_file(path: Path) -> Solver:
    """The object called ``solver`` in the file, or an instance of its class called ``Solver``."""
    module = _import(path)
    found = getattr(module, "solver", None)
    if found is None:
        found = getattr(module, "Solver", None)
    if found is None:
        raise NotASolver(str(path), "defines neither `solver` nor a class `Solver`")
    if isinstance(found, type):
        found = found()
    if not callable(getattr(found, "solve", None)):
        raise NotASolver(str(path), f"`{type(found).__name__}` has no method solve(auction, deadline)")
    if not hasattr(found, "name"):
        # One that takes no attributes (slots, frozen) does without: records use the spec's label.
        with contextlib.suppress(AttributeError, TypeError):
            found.name = path.stem
    return cast(Solver, found)


def _import(path: Path) -> ModuleType:
    description = importlib.util.spec_from_file_location(f"walras_solver_{path.stem}", path)
    if description is None or description.loader is None:
        raise NotASolver(str(path), "is not a Python file")
    module = importlib.util.module_from_spec(description)
    # Its neighbours may be imported, but never in place of ours: their folder comes last.
    sys.path.append(str(path.parent))
    # Dataclasses with postponed annotations, pickling and the like look their module up here.
    sys.modules[module.__name__] = module
    description.loader.exec_module(module)
    return module
