"""From an expression to its printed form: what is said, whatever the style.

One rule for each node kind, written as a generator that yields the parts it needs printed; a
small driver runs them, so a formula nested 10,000 deep needs no Python stack.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias, assert_never

from tensorcalc.expr import (
    AbstractFunction,
    Access,
    Affine,
    Apply,
    Argument,
    Condition,
    Contraction,
    Delta,
    Derivative,
    Edge,
    Expr,
    Extent,
    Functional,
    Index,
    IndexExpression,
    Level,
    Lookup,
    Number,
    Pointwise,
    Product,
    Size,
    Slot,
    Sum,
    Tensor,
    Transform,
)
from tensorcalc.printing.names import (
    IndexNames,
    absent,
    indices_in_order,
    shorter_than_slot,
    sizes_mentioned,
    sizes_of_functions,
    unseated,
)
from tensorcalc.printing.pieces import Factor, Piece, Strength, open_in_product, open_inside
from tensorcalc.printing.structure import (
    flat_terms,
    is_minus_one,
    is_whole,
    leading_sums,
    open_sums,
    printed_edges,
    reciprocal_of,
)
from tensorcalc.printing.style import Combination, Group, IndexText, Name, Style, Taken

__all__ = [
    "COMPARISONS",
    "FormulaPrinter",
    "Met",
    "names_for",
    "printer_for",
]

#: A rule: yields rules for the parts, is sent their pieces, returns its own.
_Work: TypeAlias = "Generator[_Work, Piece, Piece]"

#: Catalog functions that are printed as conditions on values.
COMPARISONS: Mapping[str, str] = {
    "equal": "==",
    "not_equal": "!=",
    "less": "<",
    "less_equal": "<=",
}

#: Catalog functions over indices that are written as a prefix.
BIG_OPERATORS = frozenset({"prod"})


def names_for(
    *expressions: Expr,
    free: Sequence[Index] | None = None,
    reserved: Collection[str] = (),
    wishes: Mapping[Index, str] | None = None,
) -> IndexNames:
    """The names to print ``expressions`` with; ``free`` defaults to the order of appearance."""
    if free is None:
        open_indices = frozenset[Index]().union(*(e.free for e in expressions))
        order = dict.fromkeys(i for e in expressions for i in indices_in_order(e))
        free = [i for i in order if i in open_indices]
    return IndexNames(free, {*reserved, *sizes_mentioned(*expressions)}, wishes)


def printer_for(
    style: Style,
    body: Expr,
    free: Sequence[Index],
    ranged: Collection[Index] = (),
    reserved: Collection[str] = (),
) -> FormulaPrinter:
    """The printer of a definition's body: its sums show a range where nothing else gives it.

    The sums over ``ranged`` show theirs in any case; no index is called one of ``reserved``.
    """
    lone, shorter = absent(body) | unseated(body) | {*ranged}, shorter_than_slot(body)
    reserved = frozenset(reserved) | sizes_of_functions(body)
    if not lone:
        names = names_for(body, free=free, reserved=reserved)
        return FormulaPrinter(style, names, shorter=shorter)
    sizes = reserved.union(*(i.extent.names() for i in lone))
    trial = FormulaPrinter(style, names_for(body, free=free, reserved=sizes), None, lone, shorter)
    trial.print(body)
    forced = {name for index in ranged for name in trial.names.given.get(index, ())}
    known = trial.read | trial.shown.keys()
    shown = {n: e for n, e in trial.lone.items() if n not in known or n in forced}
    return FormulaPrinter(style, names_for(body, free=free, reserved=sizes), shown, lone, shorter)


@dataclass(frozen=True, slots=True)
class Met:
    """An access, a delta or a function of whole tensors as it was printed.

    Attributes:
        names: The names of its indices.
        bound: The names of indices that it binds.
        edges: The rules at the edge around it.
    """

    node: Expr
    names: Mapping[Index, str]
    bound: Mapping[Index, str]
    edges: tuple[Edge, ...] = ()


class FormulaPrinter:
    """Prints expressions in one style, with one choice of names.

    Args:
        style: The marks.
        names: The names of indices.
        ranged: Names whose sums show their range, where nothing else tells it.
        unseated: Indices in no slot that tells their length.
        shorter: Plain indices that run over less than their slot of a tensor.
    """

    def __init__(
        self,
        style: Style,
        names: IndexNames,
        ranged: Mapping[str, Extent] | None = None,
        unseated: Collection[Index] = (),
        shorter: Collection[tuple[Tensor, IndexExpression]] = (),
    ) -> None:
        self._style = style
        self.names = names
        self.ranged = ranged or {}
        #: The ranges that are written, by the name of their index.
        self.shown: dict[str, Extent] = {}
        #: Names that a tensor is read at, and names of sums whose summand does not have them.
        self.read: set[str] = set()
        #: Accesses, deltas and functions of whole tensors, in order.
        self.met: list[Met] = []
        self.lone: dict[str, Extent] = {}
        #: Sums that are written even where their index occurs twice.
        self._explicit: set[Contraction] = set()
        self._unseated = frozenset(unseated)
        self._shorter = frozenset(shorter)

    def print(self, expr: Expr) -> str:
        """Return ``expr`` as text, as a whole right side."""
        return self.piece(expr).signed

    def piece(self, expr: Expr) -> Piece:
        """Return ``expr`` as a piece."""
        stack = [self._expr(expr)]
        done: Piece | None = None
        while stack:
            try:
                part = stack[-1].send(done) if done is not None else next(stack[-1])
            except StopIteration as stop:
                stack.pop()
                done = stop.value
            else:
                stack.append(part)
                done = None
        assert done is not None
        return done

    def terms(self, expr: Expr) -> tuple[str, ...]:
        """The additive terms of ``expr`` from the second on with their sign, for breaking lines."""
        if not isinstance(expr, Sum):
            return (self.print(expr),)
        texts: list[str] = []
        for position, term in enumerate(flat_terms(expr)):
            self.names.enter()
            piece = self._in_sum(self.piece(term))
            self.names.leave()
            if position == 0:
                texts.append(piece.signed)
            else:
                texts.append(f"- {piece.text}" if piece.negative else f"+ {piece.text}")
        return tuple(texts)

    # One rule for each kind ---------------------------------------------------------------

    def _expr(self, node: Expr) -> _Work:
        match node:
            case Number(value):
                return self._style.number(value)
            case Size(extent):
                return self._style.size(extent)
            case Access(tensor, slots):
                groups, inside = yield from self._slots(slots)
                self._meet(node, (s.index for s in slots))
                pairs = zip(slots, tensor.extents, strict=True)
                self.read |= {
                    self.names[s.index]
                    for s, size in pairs
                    if isinstance(s.index, Index) and s.index.extent == size
                }
                if not slots:
                    return Piece(self._style.tensor(tensor.name, ()), coefficient=True)
                text = self._style.tensor(tensor.name, groups)
                return inside.plain(self._edges(text, self._edges_of(node)))
            case Delta(left, right):
                groups, inside = yield from self._slots((left, right))
                self._meet(node, (left.index, right.index))
                return inside.plain(self._edges(self._style.delta(groups), printed_edges(node)))
            case Condition(relation, left, right):
                first, inside = yield from self._index(left)
                second, also = yield from self._index(right)
                text = self._style.condition(first, relation, second)
                return open_inside(inside, also).plain(text)
            case Sum():
                return (yield from self._sum(node))
            case Product(factors):
                return (yield from self._product(factors))
            case Contraction():
                return (yield from self._contraction(node))
            case Apply(operation, arguments):
                return (yield from self._apply(operation, arguments))
            case Transform():
                return (yield from self._transform(node))
            case Derivative(body, wrt):
                inner = yield from self._scoped(body)
                by = yield self._expr(wrt)
                text = self._style.derivative(inner.signed, by.text, isinstance(body, Access))
                return open_inside(inner, by).plain(text)
            case _:
                assert_never(node)
        yield  # pragma: no cover - makes the leaves above a generator

    def _meet(
        self,
        node: Expr,
        indices: Iterable[IndexExpression],
        bound: Mapping[Index, str] | None = None,
    ) -> None:
        """Note a node with the names of its indices."""
        named: dict[Index, str] = {}
        for index in indices:
            match index:
                case Index():
                    named[index] = self.names[index]
                case Affine(terms, _):
                    named.update((i, self.names[i]) for i, _ in terms)
                case Lookup():
                    pass  # its access is met by itself
        edges = self._edges_of(node) if isinstance(node, Access) else ()
        self.met.append(Met(node, named, bound or {}, edges))

    def _scoped(self, node: Expr) -> Generator[_Work, Piece, Piece]:
        """Print ``node`` as a scope of its own."""
        self.names.enter()
        piece = yield self._expr(node)
        self.names.leave()
        return piece

    # Sums, products, contractions ---------------------------------------------------------

    def _sum(self, node: Sum) -> Generator[_Work, Piece, Piece]:
        terms: list[Piece] = []
        for term in flat_terms(node):
            piece = yield from self._scoped(term)
            terms.append(self._in_sum(piece))
        return open_inside(*terms).plain(self._style.sum(terms), Strength.SUM)

    def _in_sum(self, piece: Piece) -> Piece:
        """Bracket a term that is a sum itself (under a minus sign)."""
        if piece.strength is Strength.SUM:
            return piece.plain(self._style.brackets(piece.text))
        return piece

    def _product(self, factors: Sequence[Expr]) -> Generator[_Work, Piece, Piece]:
        pieces: list[Factor] = []
        summed: set[str] = set()
        negative = divided = False
        for position, factor in enumerate(factors):
            base = reciprocal_of(factor)
            if base is not None:
                piece = yield from self._scoped(base)
                pieces.append(Factor(self._divisor(piece), inverse=True))
                divided = self._style.product(pieces, negative).divides
                continue
            if isinstance(factor, Contraction):
                # Some would stand in a bracket, which a reader multiplies out: `a / n * (b_i c_i)`.
                self._explicit |= (
                    open_sums(factor) if divided else leading_sums(factor, bool(pieces))
                )
            if isinstance(factor, Sum):
                piece = yield from self._scoped(factor)
            else:
                piece = yield self._expr(factor)
            if position == 0 and piece.negative and isinstance(factor, Number):
                negative = True
                if is_minus_one(factor) and reciprocal_of(factors[1]) is None:
                    continue
                piece = self._style.number(-factor.value)
            shown = self._in_product(piece, position == len(factors) - 1)
            if isinstance(factor, Contraction) and piece.factors:
                # Its sum is implied, so a reader finds one product.
                *before, end = piece.factors
                inner = end.piece if end.inverse else self._in_product(end.piece, shown is piece)
                pieces += [*before, replace(end, piece=inner)]
                summed |= {n for f in piece.factors for n in f.piece.open} - piece.open.keys()
            else:
                pieces.append(Factor(shown, bare=piece))
        return self._style.product(pieces, negative).without(summed)

    def _in_product(self, piece: Piece, last: bool) -> Piece:
        if piece.negative or piece.strength is Strength.SUM or (piece.reaches and not last):
            return piece.plain(self._style.brackets(piece.signed))
        return piece

    def _divisor(self, piece: Piece) -> Piece:
        """A divisor, a scope of its own; the style brackets it where it has no bar."""
        inside = open_inside(piece)
        return Piece(
            piece.signed,
            Strength.SUM if piece.negative else piece.strength,
            coefficient=piece.coefficient,
            open=inside.open,
            blocked=inside.blocked,
        )

    def _contraction(self, node: Contraction) -> Generator[_Work, Piece, Piece]:
        bound, body = node.bound, node.body
        names = self.names.bind(bound)
        piece = yield self._expr(body)
        self.names.release(bound)
        lone = {
            n: i.extent
            for n, i in zip(names, bound, strict=True)
            if not piece.open.get(n, 0) or i in self._unseated
        }
        self.lone |= lone
        written = [
            n
            for n in names
            if piece.open.get(n, 0) < 2
            or n in piece.blocked
            or n in self.ranged
            or node in self._explicit
        ]
        left = piece.without(names)
        if not written:
            return replace(left, strength=min(left.strength, Strength.PRODUCT))
        if piece.negative or piece.strength is Strength.SUM:
            text = self._style.brackets(piece.signed)
        else:
            text = piece.text
        ranges = {n: self.ranged[n] for n in names if n in self.ranged}
        self.shown |= ranges
        plain = [n for n in written if n not in ranges]
        signs = [self._style.range_sum(n, length) for n, length in ranges.items()]
        if plain:
            signs.append(self._style.summation(plain))
        return Piece(
            f"{' '.join(signs)} {text}",
            Strength.PRODUCT,
            reaches=True,
            open=left.open,
            blocked=left.blocked,
            sealed=left.sealed,
        )

    # Functions ----------------------------------------------------------------------------

    def _apply(
        self, operation: Pointwise | AbstractFunction, arguments: tuple[Expr, ...]
    ) -> Generator[_Work, Piece, Piece]:
        if isinstance(operation, Pointwise) and operation.name == "pow":
            return (yield from self._power(*arguments))
        pieces: list[Piece] = []
        for argument in arguments:
            piece = yield from self._scoped(argument)
            pieces.append(piece)
        inside = open_inside(*pieces)
        texts = [p.signed for p in pieces]
        if isinstance(operation, AbstractFunction):
            return inside.plain(self._style.abstract(operation.name, operation.orders, texts))
        if operation.name in COMPARISONS:
            relation = COMPARISONS[operation.name]
            return inside.plain(self._style.comparison(texts[0], relation, texts[1]))
        given = [
            (name, text)
            for (name, default), argument, text in zip(
                operation.parameters,
                arguments[operation.arity :],
                texts[operation.arity :],
                strict=True,
            )
            if not (isinstance(argument, Number) and argument.value == default)
        ]
        return inside.plain(self._style.call(operation, texts, given))

    def _power(self, base: Expr, exponent: Expr) -> Generator[_Work, Piece, Piece]:
        below = yield from self._scoped(base)
        if is_minus_one(exponent):
            one = Factor(self._style.number(Fraction(1)))
            return self._style.product([one, Factor(self._divisor(below), inverse=True)], False)
        above = yield from self._scoped(exponent)
        inside = open_inside(below, above)
        inside = replace(inside, blocked=inside.blocked | above.open.keys())
        return inside.plain(self._style.power(below, above), Strength.POWER)

    def _transform(self, node: Transform) -> Generator[_Work, Piece, Piece]:
        operation, arguments, at = node.operation, node.arguments, node.at
        if isinstance(operation, Functional) and operation.bound != 2:
            return (yield from self._over(operation, arguments, at))
        pieces: list[Piece] = []
        bound: dict[Index, str] = {}
        under = ""
        for argument in arguments:
            piece = yield from self._whole_argument(argument, bound)
            names = [bound[i] for i in argument.bound if i in bound]
            if isinstance(operation, Functional):
                odd = {n for n in names if n in piece.blocked or piece.open.get(n, 0) != 1}
                self._note_lone(dict(zip(names, argument.bound, strict=False)))
                if odd or not self.ranged.keys().isdisjoint(names):
                    under = self._style.under(names, self._ranges(argument, names, piece))
                elif names and [n for n in piece.open if n in names] == names[::-1]:
                    # A reader takes the indices of a matrix in the order of their appearance.
                    piece = piece.plain(self._style.transposed(piece.signed))
            pieces.append(piece.without(names))
        groups, outside = yield from self._slots(at)
        self._meet(node, (s.index for s in at), bound)
        texts = [p.signed for p in pieces]
        inside = open_inside(*pieces)
        if isinstance(operation, AbstractFunction):
            # A reader takes an index of the argument for one that the function binds,
            # unless it is free or summed explicitly.
            inside = replace(inside, blocked=inside.blocked | inside.open.keys())
            text = self._style.abstract_whole(operation.name, operation.orders, texts, groups)
        else:
            # Which of several open indices are the matrix's is plain only if the others are bound.
            inside = replace(inside, blocked=inside.blocked | inside.open.keys())
            text = self._style.whole(operation, under, texts, groups)
        return _with_slots(inside, outside).plain(text)

    def _whole_argument(
        self, argument: Argument, bound: dict[Index, str]
    ) -> Generator[_Work, Piece, Piece]:
        """``X`` for an access at exactly the bound indices, else its formula."""
        body = argument.body
        if isinstance(body, Access) and is_whole(body, argument.bound):
            return Piece(self._style.tensor(body.tensor.name, ()))
        if isinstance(body, Access) and is_whole(body, argument.bound[::-1]):
            return Piece(self._style.transposed(self._style.tensor(body.tensor.name, ())))
        self.names.enter()
        names = self.names.bind(argument.bound)
        bound.update(zip(argument.bound, names, strict=True))
        piece = yield self._expr(body)
        self.names.release(argument.bound)
        self.names.leave()
        return piece

    def _ranges(self, argument: Argument, names: Sequence[str], piece: Piece) -> dict[str, Extent]:
        """The ranges of a function's indices that its argument does not have, or does not tell."""
        named = dict(zip(names, argument.bound, strict=True))
        self._note_lone(named)
        found = {n: i.extent for n, i in named.items() if n not in piece.open or n in self.ranged}
        self.shown |= found
        return found

    def _note_lone(self, named: Mapping[str, Index]) -> None:
        """Note the indices whose length no slot tells."""
        self.lone |= {n: i.extent for n, i in named.items() if i in self._unseated}

    def _over(
        self, operation: Functional, arguments: tuple[Argument, ...], at: tuple[Slot, ...]
    ) -> Generator[_Work, Piece, Piece]:
        """``max_i(x^i)``; in ``softmax_i(z^i)`` the bound index gets the name of the open one."""
        if operation.name in BIG_OPERATORS:
            return (yield from self._big_operator(operation, arguments[0]))
        groups, outside = yield from self._slots(at)
        batch = frozenset[Index]().union(*(a.free for a in arguments))
        open_at = [s.index for s in at if isinstance(s.index, Index) and s.index not in batch]
        shared = bool(at) and len(set(open_at)) == len(at)
        names: tuple[str, ...] = tuple(self.names[i] for i in open_at) if shared else ()
        pieces: list[Piece] = []
        ranges: dict[str, Extent] = {}
        for argument in arguments:
            self.names.enter()
            if names:
                self.names.bind_as(argument.bound, names)
            else:
                names = self.names.bind(argument.bound)
            piece = yield self._expr(argument.body)
            self.names.release(argument.bound)
            self.names.leave()
            ranges |= self._ranges(argument, names, piece)
            pieces.append(piece.without(names))
        under = self._style.under(names, ranges)
        text = self._style.over(operation, under, [p.signed for p in pieces])
        if at and not shared:
            text = self._style.at_slots(text, groups)
        return _with_slots(open_inside(*pieces), outside).plain(text)

    def _big_operator(
        self, operation: Functional, argument: Argument
    ) -> Generator[_Work, Piece, Piece]:
        """``prod_k x_k``: a prefix that reaches to the end of its term.

        An implied sum would span the whole term, so the sums of its factors are written.
        """
        self._explicit |= open_sums(argument.body)
        names = self.names.bind(argument.bound)
        piece = yield self._expr(argument.body)
        self.names.release(argument.bound)
        under = self._style.under(names, self._ranges(argument, names, piece), big=True)
        inside = open_inside(piece).without(names)
        text = piece.signed
        if piece.negative or piece.strength is Strength.SUM:
            text = self._style.brackets(text)
        return replace(
            inside,
            text=f"{self._style.prefix(operation, under)} {text}",
            strength=Strength.PRODUCT,
            reaches=True,
        )

    # Slots --------------------------------------------------------------------------------

    def _slots(
        self, slots: Sequence[Slot]
    ) -> Generator[_Work, Piece, tuple[tuple[Group, ...], Piece]]:
        groups: list[tuple[Level, list[IndexText]]] = []
        parts: list[Factor] = []
        for slot in slots:
            text, inside = yield from self._index(slot.index)
            parts.append(Factor(inside))
            if groups and groups[-1][0] is slot.level:
                groups[-1][1].append(text)
            else:
                groups.append((slot.level, [text]))
        made = tuple((level, tuple(texts)) for level, texts in groups)
        return made, open_in_product(parts)

    def _index(self, index: IndexExpression) -> Generator[_Work, Piece, tuple[IndexText, Piece]]:
        match index:
            case Index():
                name = self.names[index]
                return Name(name), Piece("", open={name: 1})
            case Affine(terms, constant):
                named = tuple((self.names[i], c) for i, c in terms)
                occurrences = {name: 1 for name, _ in named}
                return Combination(named, constant), Piece("", open=occurrences)
            case Lookup(source):
                piece = yield self._expr(source)
                return Taken(piece.text), piece

    def _edges_of(self, access: Access) -> tuple[Edge, ...]:
        """The edges to write; a plain index over less than its slot is marked by padding.

        Without the mark a reader would take the two ranges for one, but where the tensor is
        also read beside the index.
        """
        edges = printed_edges(access)
        if not edges and any((access.tensor, s.index) in self._shorter for s in access.slots):
            return (Edge.ZERO,)
        return edges

    def _edges(self, text: str, edges: Sequence[Edge]) -> str:
        for edge in edges:
            text = self._style.edge(edge, text)
        return text


def _with_slots(inside: Piece, outside: Piece) -> Piece:
    """Open indices of a function's arguments and of the components it is read at."""
    return open_in_product((Factor(inside), Factor(outside)))
