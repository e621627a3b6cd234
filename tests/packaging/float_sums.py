"""Sums of floats: from Python 3.12 on ``sum`` corrects its rounding, so its last digits differ from 3.11's.

``math.fsum`` is exact everywhere. The lint knows what the file says: something is a float if it is a literal, a
true division, a call of ``float``, or a name or attribute annotated with ``float`` in the same function or class.
What it cannot tell, a run with ``refusing`` in place of ``sum`` does.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from tests.packaging.determinism import EXEMPT, Finding

#: Rooms whose figures must be the same under every Python.
PATHS: Final = ("intents", "liquidity", "settlement", "solver", "scenarios", "node/agreement", "node/chain", "sim")
_SUM: Final = builtins.sum


def lint(root: Path) -> list[Finding]:
    """Every sum of floats in the house at ``root``."""
    return [
        found
        for place in PATHS
        for path in sorted((root / place).rglob("*.py"))
        if not any((name := path.relative_to(root).as_posix()).startswith(exempt) for exempt in EXEMPT)
        for found in check(path.read_text(encoding="utf-8"), name)
    ]


def check(source: str, name: str) -> list[Finding]:
    """Sums of floats in one file's source."""
    tree = ast.parse(source)
    attributes = {
        f"self.{field}" for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for field in _of(node)
    }
    lines: set[int] = set()
    for scope in ast.walk(tree):
        if isinstance(scope, ast.FunctionDef | ast.Module):
            known = attributes | (_told(scope) if isinstance(scope, ast.FunctionDef) else set())
            lines |= {
                node.lineno for node in _sums(scope) if any(_is_float(part, known) for part in _summed(node))
            }
    return [Finding(name, line, "sum of floats: math.fsum is the same in every Python") for line in sorted(lines)]


def _sums(scope: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(scope):
        match node:
            case ast.Call(func=ast.Name(id="sum"), args=[_, *_]):
                yield node


def _summed(call: ast.Call) -> Iterator[ast.expr]:
    """What is added up: of a comprehension its element, but what it goes through says what that is made of."""
    match call.args[0]:
        case ast.GeneratorExp(elt=ast.Name() as element, generators=[part, *_]):
            yield from (element, part.iter)
        case ast.GeneratorExp(elt=element) | ast.ListComp(elt=element):
            yield element
        case other:
            yield other


def _is_float(node: ast.expr, known: set[str]) -> bool:
    """Whether the value is told to be a float, or a collection of them."""
    match node:
        case ast.Constant(value=value):
            return isinstance(value, float)
        case ast.BinOp(op=ast.Div()) | ast.Call(func=ast.Name(id="float")):
            return True
        case ast.BinOp(left=left, right=right):
            return _is_float(left, known) or _is_float(right, known)
        case ast.UnaryOp(operand=operand):
            return _is_float(operand, known)
        case ast.IfExp(body=body, orelse=other):
            return _is_float(body, known) or _is_float(other, known)
        case ast.Subscript(value=value):
            return _is_float(value, known)
        case ast.Call(func=ast.Attribute(attr="values", value=value)):
            return _is_float(value, known)
        case ast.Name() | ast.Attribute():
            return ast.unparse(node) in known
    return False


def _told(scope: ast.FunctionDef) -> set[str]:
    """Names annotated as floats, or as collections of nothing else."""
    arguments = [node for node in ast.walk(scope) if isinstance(node, ast.arg) and node.annotation is not None]
    found = {node.arg for node in arguments if node.annotation is not None and _says_float(node.annotation)}
    return found | set(_of(scope))


def _of(scope: ast.AST) -> Iterator[str]:
    for node in ast.walk(scope):
        if isinstance(node, ast.AnnAssign) and _says_float(node.annotation):
            yield ast.unparse(node.target).removeprefix("self.")


def _says_float(annotation: ast.expr) -> bool:
    """``float``, or a collection whose values are: of a mapping the last, of a tuple all."""
    match annotation:
        case ast.Name(id="float"):
            return True
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=parts)):
            return all(_says_float(part) or ast.unparse(part) == "..." for part in parts)
        case ast.Subscript(slice=ast.Tuple(elts=[*_, last])):
            return _says_float(last)
        case ast.Subscript(slice=inner):
            return _says_float(inner)
    return False


def refusing(values: Iterable[Any], /, start: Any = 0) -> Any:
    """``sum`` as the house may use it. Raises ``TypeError`` where this house's own code adds floats up."""
    found = _SUM(values, start)
    caller = Path(sys._getframe(1).f_code.co_filename).parts
    if type(found) is float and "site-packages" not in caller:
        raise TypeError(f"sum of floats in {'/'.join(caller[-3:])}:{sys._getframe(1).f_lineno}: use math.fsum")
    return found
