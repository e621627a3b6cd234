"""A lint for code whose results must be the same bytes everywhere: no clock, no unseeded randomness, no set order.

It reads syntax trees, so what it knows of types is what is written in the same function or class: a name or
attribute is a set if it is assigned or annotated as one there. Sets may be asked, counted, compared and sorted; to
go through one in its own order is refused, as is whatever draws on time, process or machine.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: Where nodes agree or worlds repeat. The command line may know the time; everything else here may not.
PATHS: Final = (
    "intents",
    "liquidity",
    "settlement",
    "node/agreement",
    "node/chain",
    "node/machine.py",
    "node/solving.py",
    "sim",
)
EXEMPT: Final = (
    "sim/cli",
    "sim/reporting.py",
    "sim/report",
    "sim/sweep",
    "sim/recording/provenance.py",
    "sim/recording/store.py",
)
#: Calls that are fine in a file: which object it is says where an answer is remembered, never what it is.
ALLOWED: Final = frozenset({("intents/remember.py", "id"), ("settlement/signatures.py", "id")})
#: Modules that tell the time or make up randomness of their own.
MODULES: Final = frozenset({"time", "secrets", "uuid"})
#: What else does, by the name it is called by.
CALLS: Final = {
    "os.urandom": "randomness of the machine",
    "os.getpid": "the process's number",
    "datetime.now": "the time",
    "datetime.today": "the time",
    "datetime.utcnow": "the time",
    "date.today": "the time",
    "hash": "a hash that differs from process to process",
    "id": "an address",
    "random.Random()": "a generator without a seed",
    "Random()": "a generator without a seed",
    "numpy.random.default_rng()": "a generator without a seed",
    "np.random.default_rng()": "a generator without a seed",
}
#: Going through a set inside these changes nothing.
ORDERLESS: Final = frozenset(
    {"sorted", "len", "min", "max", "any", "all", "set", "frozenset", "isinstance", "Counter", "bool"}
)
_SCOPES: Final = (ast.FunctionDef, ast.ClassDef)
_SET_METHODS: Final = frozenset({"union", "intersection", "difference", "symmetric_difference"})
_SET_NAMES: Final = frozenset({"set", "frozenset", "AbstractSet", "Set", "FrozenSet", "MutableSet"})


@dataclass(frozen=True, slots=True)
class Finding:
    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


def lint(root: Path) -> list[Finding]:
    """Everything the lint finds in the house at ``root``."""
    found: list[Finding] = []
    for path in _files(root):
        name = path.relative_to(root).as_posix()
        found += check(path.read_text(encoding="utf-8"), name)
    return found


def check(source: str, name: str) -> list[Finding]:
    """Findings in one file's source."""
    tree = ast.parse(source)
    found = [*_modules(tree, name), *_calls(tree, name)]
    attributes = {
        what for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for what in _known(node, "self.")
    }
    module = {what for node in tree.body for what in _known(node, "") if not isinstance(node, _SCOPES)}
    for scope in ast.walk(tree):
        if isinstance(scope, ast.FunctionDef | ast.Module):
            known = attributes | module | (_known(scope, "") if isinstance(scope, ast.FunctionDef) else set())
            found += [Finding(name, line, "goes through a set in its own order") for line in _orders(scope, known)]
    return sorted(set(found), key=lambda item: (item.line, item.what))


def _files(root: Path) -> Iterator[Path]:
    for place in PATHS:
        path = root / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            name = file.relative_to(root).as_posix()
            if not any(name == exempt or name.startswith(f"{exempt}/") for exempt in EXEMPT):
                yield file


def _modules(tree: ast.AST, name: str) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        imported = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            imported = [node.module or ""] if node.level == 0 else []
            if node.module == "random":
                imported += [f"random.{alias.name}" for alias in node.names if alias.name != "Random"]
        for module in imported:
            if module.split(".")[0] in MODULES or (module.startswith("random.") and module != "random.Random"):
                yield Finding(name, node.lineno, f"imports {module}")


def _calls(tree: ast.AST, name: str) -> Iterator[Finding]:
    hashing = _of_hash_methods(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or node in hashing:
            continue
        called = ast.unparse(node.func)
        shown = called if node.args or node.keywords else f"{called}()"
        for key in (called, shown, ".".join(called.split(".")[-2:])):
            if key in CALLS and (name, key) not in ALLOWED:
                yield Finding(name, node.lineno, f"{key}: {CALLS[key]}")
        if called.startswith("random.") and called != "random.Random":
            yield Finding(name, node.lineno, f"{called}: a generator nobody seeded")


def _of_hash_methods(tree: ast.AST) -> set[ast.AST]:
    """Calls of ``hash`` in a ``__hash__``: where a key lies in a dictionary, which tells nothing of its order."""
    methods = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "__hash__")
    return {
        call
        for method in methods
        for call in ast.walk(method)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "hash"
    }


def _known(scope: ast.AST, prefix: str) -> set[str]:
    """Names assigned or annotated as sets within ``scope``; of a class its attributes."""
    found: set[str] = set()
    for node in ast.walk(scope):
        if isinstance(node, ast.AnnAssign) and _says_set(node.annotation):
            found |= _targets([node.target], prefix)
        elif isinstance(node, ast.Assign) and _is_set(node.value, found):
            found |= _targets(node.targets, prefix)
        elif isinstance(node, ast.arg) and node.annotation is not None and _says_set(node.annotation):
            found.add(node.arg)
    return found


def _targets(targets: Iterable[ast.expr], prefix: str) -> set[str]:
    names = {ast.unparse(target) for target in targets if isinstance(target, ast.Name | ast.Attribute)}
    return {name if "." in name else prefix + name for name in names}


def _says_set(annotation: ast.expr) -> bool:
    head = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return ast.unparse(head).split(".")[-1] in _SET_NAMES


def _is_set(node: ast.expr, known: set[str]) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.Call(func=ast.Attribute(attr=method, value=value)) if method in _SET_METHODS:
            return _is_set(value, known) or ast.unparse(value) == "frozenset"
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr() | ast.Sub() | ast.BitXor(), left=left, right=right):
            return _is_set(left, known) or _is_set(right, known)
        case ast.Name() | ast.Attribute():
            return ast.unparse(node) in known
    return False


def _orders(scope: ast.AST, known: set[str]) -> Iterator[int]:
    """Lines that depend on a set's order: loops, comprehensions that keep order, and calls that do."""
    harmless: set[int] = set()
    for node in ast.walk(scope):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ORDERLESS:
            harmless |= {id_of(argument) for argument in node.args}
        elif isinstance(node, ast.SetComp):
            harmless.add(id_of(node))
    for node in ast.walk(scope):
        match node:
            case ast.For(iter=source) if _is_set(source, known):
                yield node.lineno
            case (
                ast.ListComp(generators=parts)
                | ast.GeneratorExp(generators=parts)
                | ast.DictComp(generators=parts)
            ):
                if id_of(node) not in harmless and any(_is_set(part.iter, known) for part in parts):
                    yield node.lineno
            case ast.Call(
                func=ast.Name(id="list" | "tuple" | "dict" | "enumerate" | "zip" | "map" | "next" | "iter")
            ):
                if any(_is_set(argument, known) for argument in node.args):
                    yield node.lineno
            case ast.Starred(value=source) if _is_set(source, known):
                yield node.lineno


def id_of(node: ast.AST) -> int:
    """A node's identity within one tree."""
    return id(node)
