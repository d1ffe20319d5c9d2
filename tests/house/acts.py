"""Every act that the product may write into its trail, found in the source: what is handed to `audit.record`.

An act is a text, or comes through a parameter, a constant or the parts of an f-string. A part that cannot be told
stands as `*`, and of an act that cannot be told at all the function that writes it, as `module.function:`.
"""

from __future__ import annotations

import ast
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from tests.house.tree import ROOMS, python_files, text_of

DOOR = ("econsult.audit", "record", "action")
"""The one function by which rows get in, and its parameter."""
UNKNOWN = "*"


@dataclass
class Module:
    """What a file defines and takes from others, by name, and its calls with the function in which they stand."""

    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    constants: dict[str, ast.expr] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)
    calls: list[tuple[ast.Call, ast.FunctionDef | None]] = field(default_factory=list)


@dataclass(frozen=True)
class Passed:
    """A name that a function was given by whoever calls it."""

    name: str


Value = str | Passed
Modules = dict[str, Module]
Calls = dict[tuple[str, str] | None, list[tuple[str, ast.Call, ast.FunctionDef | None]]]
"""By module and name of what is called: the module of the call, the call, and the function around it."""


def acts_of_the_trail() -> set[str]:
    """The codes of all acts, or patterns of them."""
    paths = [path for path in python_files(*ROOMS) if "migrations" not in path.parts]
    modules = {".".join(path.with_suffix("").parts).removesuffix(".__init__"): _module(text_of(path)) for path in paths}
    calls = _calls(modules)
    found: set[str] = set()
    asked: set[tuple[str, str, str]] = set()
    waiting = [DOOR]
    while waiting:
        door = waiting.pop()
        if door in asked:
            continue
        asked.add(door)
        for name, function, value in _handed(modules, calls, door):
            for each in _values(modules, name, function, value):
                if isinstance(each, str):
                    found.add(each if each != UNKNOWN else f"{name}.{function.name if function else ''}:")
                elif function is not None:
                    waiting.append((name, function.name, each.name))
    return found


def _module(text: str | None) -> Module:
    module = Module()
    parsed = ast.parse(text or "")
    for node, function in _walked(parsed):
        if isinstance(node, ast.Call):
            module.calls.append((node, function))
        elif isinstance(node, ast.FunctionDef):
            module.functions.setdefault(node.name, node)
        elif isinstance(node, ast.ImportFrom) and node.module:
            module.imported.update({each.asname or each.name: (node.module, each.name) for each in node.names})
        elif isinstance(node, ast.ClassDef):
            module.constants.update({f"{node.name}.{name}": value for name, value in _assigned(node.body)})
    module.constants.update(_assigned(parsed.body))
    return module


def _assigned(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for node in body:
        if isinstance(node, ast.Assign):
            yield from _pairs(node)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node.value


def _pairs(node: ast.Assign) -> Iterator[tuple[str, ast.expr]]:
    """`a = 1` and `a, b = 1, 2`, name by name."""
    for target in node.targets:
        if isinstance(target, ast.Name):
            yield target.id, node.value
        elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = zip(target.elts, node.value.elts, strict=False)
            yield from ((each.id, value) for each, value in pairs if isinstance(each, ast.Name))


def _walked(tree: ast.Module) -> Iterator[tuple[ast.AST, ast.FunctionDef | None]]:
    """Each node with the function around it, the outer ones first."""
    waiting: deque[tuple[ast.AST, ast.FunctionDef | None]] = deque([(tree, None)])
    while waiting:
        node, function = waiting.popleft()
        yield node, function
        around = node if isinstance(node, ast.FunctionDef) else function
        waiting.extend((child, around) for child in ast.iter_child_nodes(node))


def _calls(modules: Modules) -> Calls:
    found: Calls = defaultdict(list)
    for name, module in modules.items():
        for call, function in module.calls:
            found[_place(name, module, call.func)].append((name, call, function))
    return found


def _handed(
    modules: Modules, calls: Calls, door: tuple[str, str, str]
) -> Iterator[tuple[str, ast.FunctionDef | None, ast.expr]]:
    """What each call of a function hands to one of its parameters, with the module and the function of the call."""
    where, called, parameter = door
    arguments = modules[where].functions[called].args
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    for name, call, function in calls[where, called]:
        given = {each.arg: each.value for each in call.keywords} | dict(zip(names, call.args, strict=False))
        if parameter in given:
            yield name, function, given[parameter]


def _place(name: str, module: Module, called: ast.expr) -> tuple[str, str] | None:
    """The module and the name of what is called."""
    if isinstance(called, ast.Name):
        return (name, called.id) if called.id in module.functions else module.imported.get(called.id)
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
        above = module.imported.get(called.value.id)
        return (".".join(above), called.attr) if above else None
    return None


def _values(modules: Modules, name: str, function: ast.FunctionDef | None, value: ast.expr) -> Iterator[Value]:
    """What an expression may be: texts, and names that whoever calls the function says."""
    if isinstance(value, ast.Constant):
        yield str(value.value)
    elif isinstance(value, ast.IfExp):
        yield from _values(modules, name, function, value.body)
        yield from _values(modules, name, function, value.orelse)
    elif isinstance(value, ast.JoinedStr):
        parts = [each.value if isinstance(each, ast.FormattedValue) else each for each in value.values]
        texts = [[str(each) for each in _told(modules, name, function, part)] for part in parts]
        yield from map("".join, product(*texts))
    elif isinstance(value, ast.Name) and function is not None and _is_own(function, value.id):
        yield from _local(modules, name, function, value.id)
    else:
        yield from _constant(modules, name, ast.unparse(value))


def _told(modules: Modules, name: str, function: ast.FunctionDef | None, part: ast.expr) -> list[str]:
    values = list(_values(modules, name, function, part))
    texts = [each for each in values if isinstance(each, str)]
    return texts if len(texts) == len(values) else [UNKNOWN]


def _is_own(function: ast.FunctionDef, name: str) -> bool:
    nodes = ast.walk(function)
    return any(isinstance(each, ast.arg) and each.arg == name for each in nodes) or bool(_set_in(function, name))


def _set_in(function: ast.FunctionDef, name: str) -> list[ast.expr]:
    nodes = (each for each in ast.walk(function) if isinstance(each, ast.Assign))
    return [value for each in nodes for target, value in _pairs(each) if target == name]


def _local(modules: Modules, name: str, function: ast.FunctionDef, own: str) -> Iterator[Value]:
    values = _set_in(function, own)
    if not values:
        yield Passed(own)
    for value in values:
        yield from _values(modules, name, None if own in ast.unparse(value) else function, value)


def _constant(modules: Modules, name: str, said: str) -> Iterator[Value]:
    """A name of this module or of another; `Class.MEMBER` and `module.NAME` too."""
    first, _, rest = said.partition(".")
    module = modules[name]
    if said in module.constants:
        yield from _values(modules, name, None, module.constants[said])
    elif first in module.imported:
        where, what = module.imported[first]
        if where in modules and f"{what}.{rest}".rstrip(".") in modules[where].constants:
            yield from _constant(modules, where, f"{what}.{rest}".rstrip("."))
        elif f"{where}.{what}" in modules and rest in modules[f"{where}.{what}"].constants:
            yield from _constant(modules, f"{where}.{what}", rest)
        else:
            yield UNKNOWN
    else:
        yield UNKNOWN
