"""What looks like a derivative or an exponential and would be read as something else."""

from __future__ import annotations

from collections.abc import Container

from tensorcalc.language.source import cover
from tensorcalc.language.symbols import Symbols
from tensorcalc.language.syntax import Call, Gather, Node, Reference

__all__ = ["note_index_as_tensor", "report_exponential", "report_quotient_of_differentials"]


def report_quotient_of_differentials(symbols: Symbols, above: Node, below: Node) -> None:
    """``df/dx`` and ``d(f)/dx``, where ``f`` and ``x`` are tensors: no quotient is meant.

    Names that are declared or defined are what they say.
    """
    by = _differential(symbols, below)
    match above:
        case Call(name="d", arguments=(_,)) if not symbols.is_function("d"):
            of: str | None = symbols.reporter.source.slice(above.arguments[0].span)
        case _:
            of = _differential(symbols, above)
    if of is None or by is None:
        return
    groups = symbols.reporter.source.slice(below.span)[1:]
    symbols.reporter.error(
        "E306",
        "a derivative, or a quotient of two tensors?",
        cover(above.span, below.span),
        f"a derivative is written d({of})/d({groups}); for tensors of these names: tensor d{by}",
    )


def report_exponential(symbols: Symbols, node: Reference) -> bool:
    """``e^{x_i}`` would be a component of a tensor ``e`` at a label: ask, unless there is one."""
    symbol = symbols.tensors.get("e")
    entries = [e for g in node.groups for e in g.entries]
    if node.name != "e" or symbol is None or symbol.declared or symbol.defined:
        return False
    if not any(isinstance(e, Gather) for e in entries):
        return False
    inside = symbols.reporter.source.slice(cover(entries[0].span, entries[-1].span))
    message = "an exponential, or a component of a tensor e at a label?"
    hint = f"the exponential is written exp({inside}); for a tensor: tensor e^i"
    symbols.reporter.error("E306", message, node.span, hint)
    return True


def note_index_as_tensor(symbols: Symbols, node: Reference, indices: Container[str]) -> None:
    """``i x_i`` reads a scalar ``i``: the two have names of their own."""
    symbol = symbols.tensors.get(node.name)
    if node.groups or symbol is None or symbol.declared or symbol.defined:
        return
    if node.name in indices:
        message = f"{node.name} is a scalar here, not the index {node.name}"
        symbols.reporter.note("N510", message, node.span)


def _differential(symbols: Symbols, node: Node) -> str | None:
    """The ``x`` of ``dx``, if that is a tensor and ``dx`` itself is read here only."""
    if not isinstance(node, Reference) or not node.name.startswith("d"):
        return None
    own, symbol = node.name[1:], symbols.tensors.get(node.name)
    said = symbol is not None and (symbol.declared or symbol.defined)
    return own if own in symbols.tensors and not said else None
