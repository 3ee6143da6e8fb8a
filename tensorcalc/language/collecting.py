"""Finding every name of a program, and what it is, before anything is built."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tensorcalc.expr import Level
from tensorcalc.language.diagnostics import Reporter
from tensorcalc.language.names import (
    BUILTIN_CALLS,
    INDEXED_FUNCTIONS,
    MATRIX_FUNCTIONS,
    POINTWISE_FUNCTIONS,
)
from tensorcalc.language.source import Span
from tensorcalc.language.symbols import RESULT, Context, Symbols, TensorSymbol, bodies, slots_of
from tensorcalc.language.syntax import (
    AffineEntry,
    BigOperator,
    Binder,
    Call,
    Declaration,
    DeclaredItem,
    Definition,
    Floor,
    FunctionDefinition,
    Given,
    IndexDeclaration,
    Node,
    Output,
    Outputs,
    Plain,
    Reference,
    Setting,
    Sizes,
    Statement,
    children,
    index_names,
    mentions,
)

__all__ = ["collect"]

#: Names that are tensors only where they are declared, defined or in back-ticks. A letter
#: (``H``) is a function's name only before a bracket.
_NO_TENSORS = frozenset(name for name in BUILTIN_CALLS if len(name) > 1)
#: A factor directly behind a name: a function's argument that lacks its bracket.
_FACTOR = re.compile(
    r"[ \t]*((?:\d+(?:\.\d+)?[ \t]*)?[^\W\d_][^\W_]*"
    r"(?:[_^](?:\{[^{}\n]*\}|<[^<>\n]*>|[^\W_]+))*(?:\([^()\n]*\))?)"
)


def collect(
    statements: list[Statement],
    reporter: Reporter,
    sizes: dict[str, int],
    context: Context | None = None,
) -> Symbols:
    """Find every name of the program and report names used for two things."""
    symbols = Symbols(reporter)
    none = Span(0, 0)
    _collect_sizes(statements, symbols)
    fixes = bool(sizes) or any(isinstance(s, Sizes) for s in statements)
    used = _index_names(statements) if fixes else set[str]()
    for name in sizes:
        if name not in symbols.size_names and name not in used:
            symbols.size_names[name] = none
    if context is not None:
        _collect_context(context, symbols)
    for statement in statements:
        _collect_declared(statement, symbols, used)
    for statement in statements:
        _collect_defined(statement, symbols)
    for statement in statements:
        _collect_used(statement, symbols)
    _check_clashes(symbols)
    return symbols


def _index_names(statements: list[Statement]) -> set[str]:
    """The index names that occur, as far as they decide what ``sizes i=3`` means."""
    found: set[str] = set()
    for statement in statements:
        if isinstance(statement, IndexDeclaration):
            found.update(n.name for n in statement.names)
        for root in bodies(statement):
            found |= index_names(root)
        if isinstance(statement, Declaration):
            for item in statement.items:
                found |= index_names(item.reference)
    return found


def _collect_context(context: Context, symbols: Symbols) -> None:
    none = Span(0, 0)
    for tensor in context.tensors:
        symbols.tensors[tensor.name] = TensorSymbol(
            tensor.name,
            none,
            tuple(level is Level.UPPER for level in tensor.levels),
            declared=True,
            integer=tensor.domain == "integer",
            facts=set(tensor.facts),
            known=tensor,
        )
        for length in tensor.extents:
            for name in length.names():
                symbols.size_names.setdefault(name, none)


def _names_in(entry: AffineEntry) -> list[Plain]:
    found: list[Plain] = []
    stack: list[object] = [entry]
    while stack:
        item = stack.pop()
        if isinstance(item, AffineEntry):
            stack.extend(f for _, factors in item.terms for f in factors)
        elif isinstance(item, Floor):
            stack.append(item.body)
        elif isinstance(item, Plain):
            found.append(item)
    return found


def _collect_sizes(statements: list[Statement], symbols: Symbols) -> None:
    """Names inside extents are sizes."""
    for statement in statements:
        extents: list[AffineEntry] = []
        if isinstance(statement, Declaration):
            for item in statement.items:
                extents.extend(item.extents or ())
        elif isinstance(statement, IndexDeclaration) and statement.extent:
            extents.append(statement.extent)
        elif isinstance(statement, Sizes):
            extents.extend(value for _, value in statement.values if value is not None)
            for plain, value in statement.values:
                if value is None:
                    symbols.size_names.setdefault(plain.name, plain.span)
        for root in bodies(statement):
            extents.extend(_ranges(root))
        for extent in extents:
            for plain in _names_in(extent):
                symbols.size_names.setdefault(plain.name, plain.span)


def _ranges(root: Node) -> Iterator[AffineEntry]:
    """The ends of ranges that are written: ``K-1`` in ``sum_{k=0}^{K-1}``."""
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, BigOperator | Call):
            for binder in node.binders:
                if isinstance(binder, Binder) and binder.bound is not None:
                    yield binder.bound[1]
        stack.extend(children(node))


def _collect_declared(statement: Statement, symbols: Symbols, used: set[str]) -> None:
    match statement:
        case Declaration(_, keyword, items):
            for item in items:
                _declare(keyword, item, symbols)
        case IndexDeclaration(_, names, extent):
            for plain in names:
                symbols.index_names.setdefault(plain.name, plain.span)
                if extent:
                    symbols.index_extents.setdefault(plain.name, extent)
        case Sizes(_, values):
            for plain, value in values:
                if value is None:
                    continue
                if plain.name in used and plain.name not in symbols.size_names:
                    symbols.index_sizes.append((plain, value))
                else:
                    symbols.size_names.setdefault(plain.name, plain.span)
                    symbols.size_values.append((plain.name, value))
        case FunctionDefinition(span, name, _, _, _, alias):
            if symbols.is_function(name):
                symbols.reporter.error("E301", f"the function {name} is defined twice", span)
            elif alias is not None:
                symbols.aliases[name] = alias
            else:
                symbols.functions[name] = statement
        case Setting(span, keyword, value):
            if keyword == "variance":
                if value not in ("euclidean", "strict"):
                    symbols.reporter.error(
                        "E116", f"variance {value} is not known", span, "euclidean or strict"
                    )
                else:
                    symbols.variance = value
        case Outputs(_, names):
            symbols.outputs.extend(names)
        case Definition() | Output() | Given():
            pass


def _declare(keyword: str, item: DeclaredItem, symbols: Symbols) -> None:
    reference = item.reference
    symbol = symbols.tensors.get(reference.name)
    if symbol is None:
        symbol = TensorSymbol(reference.name, reference.name_span, declared=True)
        symbols.tensors[reference.name] = symbol
    levels = slots_of(reference.groups)
    if keyword == "metric":
        _declare_metric(item, levels, symbols)
        levels = (False, False)
    if not levels and item.extents is not None and symbol.levels is None:
        levels = (False,) * len(item.extents)
    if item.extents is not None and len(item.extents) != len(levels or symbol.levels or ()):
        symbols.reporter.error(
            "E208",
            f"{reference.name} has {len(levels)} indices and {len(item.extents)} extents",
            item.span,
        )
    elif item.extents is not None:
        symbol.extents = item.extents
    if levels:
        if symbol.levels is not None and symbol.levels != levels:
            symbols.reporter.error(
                "E208", f"{reference.name} is declared with other indices before", reference.span
            )
        symbol.levels = levels
        symbol.slots_span = reference.span
    match keyword:
        case "positive" | "mask":
            symbol.facts.add(keyword)
        case "symmetric":
            symbol.symmetry = 1
        case "antisymmetric":
            symbol.symmetry = -1
        case "integer":
            symbol.integer = True
        case "metric":
            symbol.symmetry = 1
        case "param" | "data":
            symbol.role = keyword
        case _:
            pass


def _declare_metric(item: DeclaredItem, levels: tuple[bool, ...], symbols: Symbols) -> None:
    if levels and levels != (False, False):
        symbols.reporter.error("E116", "a metric has two lower slots", item.span, "metric g_ij")
    if symbols.metric is not None:
        symbols.reporter.error("E116", f"{symbols.metric} is the metric already", item.span)
        return
    symbols.metric = item.reference.name


def _collect_defined(statement: Statement, symbols: Symbols) -> None:
    if isinstance(statement, Output):
        _define(RESULT, statement.span, None, symbols)
    if not isinstance(statement, Definition):
        return
    target = statement.target
    before = symbols.definitions.setdefault(target.name, [])
    before.append(statement)
    if len(before) == 1:
        _define(target.name, target.name_span, target, symbols)


def _define(name: str, span: Span, target: Reference | None, symbols: Symbols) -> None:
    symbol = symbols.tensors.get(name)
    if symbol is None:
        symbol = TensorSymbol(name, span)
        symbols.tensors[name] = symbol
    elif target is None or symbol.defined:
        symbols.reporter.error(
            "E301", f"the name {name} is taken: it names a bare expression's value", span,
            f"write {name} = …" if target is None else "give one of the two another name",
        )  # fmt: skip
    symbol.defined = True
    if target is not None and symbol.levels is None:
        symbol.levels = slots_of(target.groups)
        symbol.slots_span = target.span


def _collect_used(statement: Statement, symbols: Symbols) -> None:
    local: set[str] = set()
    if isinstance(statement, FunctionDefinition):
        local = {*statement.arguments, *(p.name for p in statement.parameters)}
    roots = bodies(statement)
    indices: set[str] | None = None
    found = [m for root in roots for m in mentions(root)]
    for mention in found:
        reference = mention.reference
        if mention.in_condition and not reference.groups:
            if indices is None:
                indices = set[str]().union(*map(index_names, roots), symbols.index_names)
            if reference.name in indices:
                continue
        if reference.name not in local and not mention.variable:
            _use(reference, mention.call, symbols)
    for mention in found:
        name = mention.reference.name
        if mention.call and not mention.reference.groups and name in symbols.tensors:
            _guess_rank(mention.reference, mention.call, symbols)


def _use(reference: Reference, call: Call | None, symbols: Symbols) -> None:
    levels = slots_of(reference.groups)
    name = reference.name
    if symbols.kind(name, len(levels)) != "tensor" or (
        call is not None and call.name == "size" and not levels
    ):
        return
    symbol = symbols.tensors.get(name)
    if symbol is None:
        if not levels and symbols.is_function(name):
            return
        if name in _NO_TENSORS:
            _check_bracket(reference, symbols)
        symbol = TensorSymbol(name, reference.name_span)
        symbols.tensors[name] = symbol
    if levels and not symbol.levels and not (symbol.defined and symbol.levels is not None):
        symbol.levels = levels
        symbol.slots_span = reference.span


def _check_bracket(reference: Reference, symbols: Symbols) -> None:
    """A built-in function stands without its bracket, unless the name is in back-ticks."""
    source = symbols.reporter.source
    shown = source.slice(reference.span)
    if shown.startswith("`"):
        return
    name = reference.name
    if name in INDEXED_FUNCTIONS and not reference.groups:
        shown = f"{name}_i"
    elif name not in INDEXED_FUNCTIONS:
        shown = name
    behind = _FACTOR.match(source.slice(Span(reference.span.end, reference.span.end + 200)))
    argument = behind.group(1) if behind else "…"
    symbols.reporter.error(
        "E304",
        f"{name} is a function: what it is applied to stands in a bracket",
        reference.span,
        f"write {shown}({argument}); for a tensor of this name: tensor {name}",
    )


def _guess_rank(reference: Reference, call: Call, symbols: Symbols) -> None:
    """A bare argument whose tensor shows no indices anywhere gets the rank the call needs."""
    symbol = symbols.tensors[reference.name]
    if symbol.levels is not None:
        return
    name = symbols.function(call.name)
    if name in MATRIX_FUNCTIONS:
        # diag(x) without indices stands inside another function of matrices: it builds one
        rank = 1 if name == "diag" and len(slots_of(call.groups)) != 1 else 2
    elif (call.groups or call.gradient) and name not in POINTWISE_FUNCTIONS:
        rank = 1
    elif call.groups:
        rank = len(slots_of(call.groups))
    else:
        return
    symbol.levels = (False,) * rank if rank == 2 else (True,)
    symbol.slots_span = reference.span


def _check_clashes(symbols: Symbols) -> None:
    report = symbols.reporter.error
    for name, symbol in symbols.tensors.items():
        if name in symbols.size_names:
            report("E302", f"{name} is the name of a size and of a tensor", symbol.span)
        if symbols.is_function(name):
            report("E302", f"{name} is the name of a function and of a tensor", symbol.span)
    for name, target in symbols.aliases.items():
        last = symbols.function(name)
        if last in symbols.aliases:
            span = next(iter(symbols.index_names.values()), Span(0, 1))
            report("E305", f"{name} = {target} goes round in a circle", span)
