"""From the syntax tree to expressions: which indices are summed, and where.

One builder serves one statement. It runs twice: a first, dry pass meets every name, reports
every error and joins the places whose extents are equal; once the extents are known, the
second pass makes the same expressions with them. Nothing recurses: each visit is a generator
that asks for its parts.

Every expression comes with its *uses*: the places where each open index stands. A scope
(an additive term, a function's argument, a divisor's bracket, a bracket under a power) sums
the indices that are used twice in it and are not free on the left.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple, assert_never

from tensorcalc.expr import (
    ONE,
    Access,
    Affine,
    Apply,
    Condition,
    Delta,
    Expr,
    Extent,
    Index,
    IndexExpression,
    Level,
    Lookup,
    Number,
    Product,
    Size,
    Slot,
    Tensor,
    add,
    affine,
    apply,
    contract,
    divide,
    extent,
    multiply,
    negate,
    number,
    operation_named,
    power,
    reduce,
)
from tensorcalc.expr.indices import Edge
from tensorcalc.language.affine import combination, is_size
from tensorcalc.language.diagnostics import Reporter
from tensorcalc.language.source import Span, cover
from tensorcalc.language.symbols import Symbols, TensorSymbol, slots_of
from tensorcalc.language.syntax import (
    Additive,
    AffineEntry,
    BigOperator,
    Bracket,
    Call,
    Comparison,
    Entry,
    Gather,
    Group,
    Iverson,
    Literal,
    Logic,
    Node,
    Partial,
    Plain,
    Power,
    Reference,
    Term,
    index_names,
    mentions,
)
from tensorcalc.language.unification import Fixed, Place, Unifier

__all__ = ["Builder", "Part", "Program", "Request", "Use", "Visit", "once"]

#: A power of numbers is evaluated if its value has no more than this many bits.
MAX_BITS = 2_000
_UNIT = extent(1)


class Use(NamedTuple):
    """One place where an open index stands; ``level`` is None in a condition."""

    name: str
    span: Span
    level: Level | None
    below: bool = False


class Part(NamedTuple):
    """An expression and the uses of its open indices, in the order written."""

    expr: Expr
    uses: tuple[Use, ...]


Protected = frozenset[str]
Request = tuple[Node, Protected]
Visit = Generator[Request, Part, Part]
NOTHING = Part(ONE, ())


def once(uses: Iterable[Use]) -> tuple[Use, ...]:
    """The first use of each index."""
    found: dict[str, Use] = {}
    for use in uses:
        found.setdefault(use.name, use)
    return tuple(found.values())


@dataclass(slots=True)
class Program:
    """What the builders of all statements share."""

    symbols: Symbols
    unifier: Unifier
    reporter: Reporter
    visit: Callable[[Builder, Call | Iverson | Partial, frozenset[str]], Part | Visit]
    dry: bool = True
    tensors: dict[str, Tensor] = field(default_factory=dict[str, Tensor])
    templates: dict[str, Part] = field(default_factory=dict[str, Part])

    def tensor(self, symbol: TensorSymbol) -> Tensor:
        """The tensor of a symbol; its extents are not known in the dry pass."""
        made = self.tensors.get(symbol.name)
        if made is not None:
            return made
        levels = tuple(Level.UPPER if upper else Level.LOWER for upper in symbol.levels or ())
        places = [(symbol.name, slot) for slot in range(len(levels))]
        if self.dry:
            extents = (_UNIT,) * len(levels)
            for place in places:
                self.unifier.see(place, symbol.span)
                if not symbol.defined:
                    self.unifier.give(place)
        else:
            extents = tuple(self.unifier.extent(p) for p in places)
        made = Tensor(
            symbol.name,
            extents,
            levels,
            "integer" if symbol.integer else "real",
            frozenset(symbol.facts),
            ((symbol.symmetry, tuple(range(len(levels)))),) if symbol.symmetry else (),
        )
        self.tensors[symbol.name] = made
        return made


@dataclass(slots=True)
class Builder:
    """Builds the expressions of one statement.

    Attributes:
        free: The indices of the left side; None for a bare expression.
        local: Scalars that stand for the parameters of a function's definition.
        offsets: Tensors read at an affine index, each with the names in it.
    """

    program: Program
    number: int
    free: frozenset[str] | None
    left: str | None = None
    local: dict[str, Expr] = field(default_factory=dict[str, Expr])
    offsets: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    indices: set[str] = field(default_factory=set[str])
    summed: dict[str, Span] = field(default_factory=dict[str, Span])
    orders: dict[str, tuple[bool, Span]] = field(default_factory=dict[str, tuple[bool, Span]])
    edge: Edge = Edge.INSIDE
    conditions: int = 0

    @property
    def symbols(self) -> Symbols:
        """The program's names."""
        return self.program.symbols

    @property
    def unifier(self) -> Unifier:
        """The program's extents."""
        return self.program.unifier

    @property
    def strict(self) -> bool:
        """Whether sums need one upper and one lower slot."""
        return self.symbols.variance == "strict"

    def error(self, code: str, message: str, span: Span, hint: str = "") -> Part:
        """Report an error; returns something to go on with."""
        self.program.reporter.error(code, message, span, hint)
        return NOTHING

    def prepare(self, roots: Iterable[Node]) -> None:
        """Note which tensors are read at an offset of which index."""
        for root in roots:
            self.indices |= index_names(root)
            for mention in mentions(root):
                for group in mention.reference.groups:
                    for entry in group.entries:
                        if isinstance(entry, AffineEntry):
                            name = mention.reference.name
                            self.offsets.update((name, n) for n, _ in self._affine(entry)[0])

    def build(self, root: Node, protected: Protected) -> Part:
        """Return the expression of ``root`` as a scope of its own."""
        return self.close(self._run(root, protected), protected)

    def _run(self, root: Node, protected: Protected) -> Part:
        first = self._start(root, protected)
        if isinstance(first, Part):
            return first
        stack = [first]
        value: Part | None = None
        while stack:
            try:
                request = stack[-1].send(value) if value is not None else next(stack[-1])
            except StopIteration as stop:
                stack.pop()
                value = stop.value
                continue
            task = self._start(*request)
            if isinstance(task, Part):
                value = task
            else:
                stack.append(task)
                value = None
        assert value is not None
        return value

    def _start(self, node: Node, protected: Protected) -> Part | Visit:
        match node:
            case Literal(_, value):
                return Part(Number(value), ())
            case Reference():
                return self.reference(node)
            case Bracket(_, body):
                return self._bracket(body, protected)
            case Additive():
                return self._additive(node, protected)
            case Term():
                return self._term(node, protected)
            case BigOperator():
                return self._big_operator(node, protected)
            case Power():
                return self._power(node, protected)
            case Comparison() | Logic():
                return self.error(
                    "E118",
                    "a comparison stands in square brackets",
                    node.span,
                    f"write [{self.program.reporter.source.slice(node.span)}]",
                )
            case Call() | Iverson() | Partial():
                return self.program.visit(self, node, protected)
            case _:
                assert_never(node)

    # Scopes

    def close(self, part: Part, protected: Protected) -> Part:
        """Sum over the indices that are used twice in ``part`` and are not protected."""
        uses = part.uses
        if len(uses) < 2:
            return part
        counted: dict[str, list[Use]] = {}
        for use in uses:
            counted.setdefault(use.name, []).append(use)
        bound: list[str] = []
        kept: list[Use] = []
        for name, places in counted.items():
            if name in protected:
                kept.append(places[0])
            elif len(places) == 1:
                kept.append(places[0])
            else:
                bound.append(name)
                self._check_sum(name, places)
        if not bound:
            return Part(part.expr, tuple(kept))
        return Part(self._contract(bound, part.expr), tuple(kept))

    def _check_sum(self, name: str, places: list[Use]) -> None:
        span = places[-1].span
        below = next((u for u in places if u.below), None)
        if below is not None:
            self.error(
                "E201",
                f"index {name} repeats across a division or a power, and is not summed silently",
                below.span,
                f"write sum_{name}, or use {name} on the left side",
            )
        elif len(places) > 2 and self.free is None:
            self.error(
                "E202",
                f"index {name} appears {len(places)} times; without a left side it is not clear "
                "whether it is summed",
                span,
                "write a left side: y = … sums it, y^" + name + " = … keeps it",
            )
        self.summed.setdefault(name, span)
        levels = [u.level for u in places if u.level is not None]
        if len(levels) > 1 and len(set(levels)) == 1:
            level = levels[0].value
            if self.strict:
                self.error(
                    "E210",
                    f"index {name} is summed over two {level} slots",
                    span,
                    "raise or lower one of them, or write variance euclidean",
                )
            elif self.program.dry:
                message = f"index {name} is summed over two {level} slots: the metric is 1"
                self.program.reporter.note("N501", message, span)
        elif self.strict and len(levels) > 2:
            self.error("E210", f"index {name} appears {len(levels)} times in one term", span)

    def _contract(self, names: list[str], body: Expr) -> Expr:
        """The sum over ``names``; a number stays in front."""
        bound = [self.index(n) for n in names]
        if isinstance(body, Product) and isinstance(body.factors[0], Number):
            rest = body.factors[1:]
            inner = rest[0] if len(rest) == 1 else Product(rest)
            return multiply((body.factors[0], contract(bound, inner)))
        return contract(bound, body)

    def _bracket(self, body: Node, protected: Protected) -> Visit:
        return (yield body, protected)

    def _additive(self, node: Additive, protected: Protected) -> Visit:
        terms: list[Expr] = []
        first: dict[str, Use] = {}
        summed_before = self.summed
        for sign, term in node.terms:
            part = self.close((yield term, protected), protected)
            terms.append(part.expr if sign > 0 else _negative(part.expr))
            for use in part.uses:
                other = first.setdefault(use.name, use)
                if other is not use:
                    self.compare_levels(other, use)
        self.summed = summed_before
        return Part(add(terms), tuple(first.values()))

    def compare_levels(self, first: Use, second: Use) -> None:
        """Report a free index that stands on different levels."""
        if first.level is None or second.level is None or first.level is second.level:
            return
        message = f"index {first.name} is {first.level.value} here and {second.level.value} there"
        if self.strict:
            self.error("E211", message, second.span)
        elif self.program.dry:
            self.program.reporter.note("N503", message, second.span)

    def _term(self, node: Term, protected: Protected) -> Visit:
        factors: list[Expr] = []
        uses: list[Use] = []
        for position, factor in enumerate(node.factors):
            link = node.links[position - 1] if position else "*"
            part = yield factor, protected
            if link == "/":
                self._check_division(node, position)
                if isinstance(factor, Bracket):
                    part = self.close(part, protected)
                if part.expr == number(0):
                    self.error("E117", "division by zero", factor.span)
                    continue
                factors.append(divide(ONE, part.expr))
                uses.extend(u._replace(below=True) for u in part.uses)
            else:
                if not link:
                    self._check_literals(node.factors[position - 1], factor)
                factors.append(part.expr)
                uses.extend(part.uses)
        return Part(multiply(factors), tuple(uses))

    def _check_literals(self, before: Node, factor: Node) -> None:
        if isinstance(before, Literal) and isinstance(factor, Literal):
            self.error("E113", "two numbers side by side", factor.span, "write * or + between them")

    def _check_division(self, node: Term, position: int) -> None:
        """What follows a divisor by juxtaposition must not be ambiguous."""
        divisor = node.factors[position]
        source = self.program.reporter.source
        if isinstance(divisor, BigOperator):
            if isinstance(divisor.body, Term):
                self.error(
                    "E109",
                    f"as a divisor, {divisor.name} needs brackets of its own",
                    divisor.span,
                    f"write / ({source.slice(divisor.span)} …) before what follows",
                )
            return
        if position >= len(node.links) or node.links[position]:
            return
        numerator = node.factors[position - 1]
        if isinstance(numerator, Literal) and _is_scalar(divisor):
            return
        left, right = source.slice(divisor.span), source.slice(node.factors[position + 1].span)
        before = source.slice(numerator.span)
        self.error(
            "E108",
            "a division followed by another factor can be read in two ways",
            cover(divisor.span, node.factors[position + 1].span),
            f"write {before}/({left} {right}) or {before}/{left} * {right}",
        )

    def _big_operator(self, node: BigOperator, protected: Protected) -> Visit:
        names = [b.name for b in node.binders]
        for binder in node.binders:
            self.check_binder(binder.name, binder.span)
            self.see(binder.name, binder.span)
            if binder.bound is not None:
                self._fix_bound(binder.name, binder.bound, binder.span)
        if len(set(names)) < len(names):
            self.error("E205", "an index stands twice under one operator", node.span)
            names = list(dict.fromkeys(names))
        part = yield node.body, protected | set(names)
        uses = tuple(u for u in part.uses if u.name not in names)
        indices = [self.index(n) for n in names]
        if node.name == "prod":
            return Part(reduce("prod", indices, part.expr), uses)
        total = contract(indices, part.expr)
        if node.name == "mean":
            count = multiply([self.size(i.extent) for i in indices])
            total = multiply((divide(ONE, count), total))
        return Part(total, uses)

    def check_binder(self, name: str, span: Span) -> None:
        """An index that an operator binds is not free on the left."""
        if self.free and name in self.free:
            self.error(
                "E206",
                f"index {name} is bound here and free on the left",
                span,
                "rename one of them",
            )

    def _fix_bound(self, name: str, bound: tuple[int, AffineEntry], span: Span) -> None:
        """``sum_{k=0}^{K-1}`` and ``sum_{k=1}^{K}`` are the full range of K."""
        start, last = bound
        terms, constant = self._affine(last, sizes_only=True)
        if terms or start not in (0, 1):
            self.error(
                "E114", "a sum runs over the full range of its index", span, "sum_{k=0}^{K-1}"
            )
            return
        length = constant + (1 - start)
        if self.program.dry:
            self.unifier.fix(self.place(name), Fixed(length, span, f"the range of {name}"))

    def _power(self, node: Power, protected: Protected) -> Visit:
        base = yield node.base, protected
        if isinstance(node.base, Bracket):
            base = self.close(base, protected)
        else:
            base = self._check_power(node.base, base, protected)
        exponent = yield node.exponent, protected
        if isinstance(node.exponent, Bracket | Additive):
            exponent = self.close(exponent, protected)
        uses = (*once(base.uses), *(u._replace(below=True) for u in once(exponent.uses)))
        return Part(self._power_of(base.expr, exponent.expr, node.span), uses)

    def _check_power(self, node: Node, base: Part, protected: Protected) -> Part:
        seen: dict[str, Use] = {}
        for use in base.uses:
            if use.name in seen and use.name not in protected:
                text = self.program.reporter.source.slice(node.span)
                self.error(
                    "E204",
                    f"index {use.name} repeats under a power",
                    use.span,
                    f"write ({text})**2 for the power of the sum, "
                    f"sum_{use.name} ({text})**2 for the sum of powers",
                )
                del seen[use.name]
            else:
                seen[use.name] = use
        return Part(base.expr, tuple(seen.values()))

    def _power_of(self, base: Expr, exponent: Expr, span: Span) -> Expr:
        if isinstance(base, Number) and isinstance(exponent, Number):
            value, by = base.value, exponent.value
            if isinstance(value, Fraction) and isinstance(by, Fraction) and by.denominator == 1:
                bits = max(value.numerator.bit_length(), value.denominator.bit_length())
                if bits * abs(by.numerator) > MAX_BITS:
                    self.error("E112", f"this power has more than {MAX_BITS} bits", span)
                    return ONE
                if value == 0 and by < 0:
                    self.error("E117", "division by zero", span)
                    return ONE
                return Number(value**by.numerator)
        if (
            isinstance(base, Apply)
            and not base.arguments
            and base.operation == operation_named("e")
        ):
            return apply("exp", exponent)
        return power(base, exponent)

    def size(self, length: Extent) -> Expr:
        """An extent as a number."""
        value = length.number
        return Size(length) if value is None else number(value)

    # Names

    def reference(self, node: Reference) -> Part:
        """A tensor at its indices, a constant, or a size."""
        name = node.name
        if not node.groups and name in self.local:
            return Part(self.local[name], ())
        levels = slots_of(node.groups)
        kind = self.symbols.kind(name, len(levels))
        match kind:
            case "pi" | "e":
                return Part(apply(name), ())
            case "inf":
                return Part(number(float("inf")), ())
            case "size":
                if levels:
                    return self.error(
                        "E302", f"{name} is the name of a size and has no indices", node.span
                    )
                return Part(Size(extent(name)), ())
            case "one":
                return Part(ONE, self.slots(node.groups)[1])
            case "delta":
                return self._delta(node)
            case "eps":
                return levi_civita(self, node)
            case "tensor":
                return self.access(node)
            case _:
                assert_never(kind)

    def _delta(self, node: Reference) -> Part:
        slots, uses = self.slots(node.groups)
        left, right = slots
        names = [e.name for g in node.groups for e in g.entries if isinstance(e, Plain)]
        if len(names) == 2 and self.program.dry:
            self.unifier.join(self.place(names[0]), self.place(names[1]), node.span)
        return Part(Delta(left, right), uses)

    def access(self, node: Reference) -> Part:
        """A component of a tensor."""
        symbol = self.symbols.tensors.get(node.name)
        if symbol is None:
            return self.error("E303", f"{node.name} is not known", node.span)
        levels = slots_of(node.groups)
        if len(levels) != symbol.rank:
            return self._wrong_rank(node, symbol, len(levels))
        entries = [(e, g.upper) for g in node.groups for e in g.entries]
        order = self._order(node, symbol, levels)
        tensor = self.program.tensor(symbol)
        made: list[tuple[Slot, tuple[Use, ...]]] = []
        for slot, position in enumerate(order):
            entry, upper = entries[position]
            made.append(self.slot(entry, upper, (symbol.name, slot), node.name))
        if order == list(range(len(order))):
            uses = tuple(u for _, us in made for u in us)
        else:
            placed = dict(zip(order, made, strict=True))
            uses = tuple(u for p in range(len(order)) for u in placed[p][1])
        return Part(Access(tensor, tuple(s for s, _ in made)), uses)

    def _wrong_rank(self, node: Reference, symbol: TensorSymbol, written: int) -> Part:
        expected = symbol.rank
        shown = {0: "no index", 1: "one index"}.get(expected, f"{expected} indices")
        where = ""
        if symbol.slots_span is not None and symbol.slots_span != node.span:
            line, _ = self.program.reporter.source.locate(symbol.slots_span.start)
            where = f" (line {line}: {self.program.reporter.source.slice(symbol.slots_span)})"
        has = {0: "none", 1: "one"}.get(written, str(written))
        self.error("E208", f"{node.name} has {shown}{where}, not {has}", node.span)
        return Part(ONE, self.slots(node.groups)[1])

    def _order(self, node: Reference, symbol: TensorSymbol, levels: tuple[bool, ...]) -> list[int]:
        """Which written index each slot gets: by order, or by position (``A_j^i``)."""
        own = symbol.levels or ()
        straight = list(range(len(levels)))
        swapped = levels != own and sorted(levels) == sorted(own) and len(set(levels)) > 1
        if swapped:
            upper = [p for p in straight if levels[p]]
            lower = [p for p in straight if not levels[p]]
            straight = [(upper if level else lower).pop(0) for level in own]
        if len(set(own)) > 1 and (swapped or levels == own):
            before = self.orders.setdefault(node.name, (swapped, node.span))
            if before[0] != swapped:
                text = self.program.reporter.source.slice
                entries = [e for g in node.groups for e in g.entries]
                names = [text(e.span) for e in entries]
                by_position = [names[p] for p in straight]
                spell = "".join(
                    f"{'^' if u else '_'}{n}" for u, n in zip(own, by_position, strict=True)
                )
                in_order = "".join(
                    f"{'^' if u else '_'}{n}" for u, n in zip(own, names, strict=True)
                )
                self.error(
                    "E209",
                    f"{node.name} stands in both orders in one term",
                    node.span,
                    f"write {node.name}{spell} or {node.name}{in_order}",
                )
        return straight

    # Indices

    def place(self, name: str) -> tuple[int, str, int]:
        """The index's place in this statement."""
        return (self.number, name, 0)

    def see(self, name: str, span: Span) -> None:
        """Note that an index occurs in this statement."""
        if self.program.dry:
            place = self.place(name)
            self.unifier.see(place, span)

    def index(self, name: str) -> Index:
        """The index of that name in this statement."""
        if self.program.dry:
            return Index(name, 0, _UNIT)
        return Index(name, 0, self.unifier.extent(self.place(name)))

    def slots(self, groups: tuple[Group, ...]) -> tuple[tuple[Slot, ...], tuple[Use, ...]]:
        """The slots written in groups that belong to no tensor (delta, a result's)."""
        slots: list[Slot] = []
        uses: list[Use] = []
        for group in groups:
            for entry in group.entries:
                slot, used = self.slot(entry, group.upper, None, "")
                slots.append(slot)
                uses.extend(used)
        return tuple(slots), tuple(uses)

    def slot(
        self, entry: Entry, upper: bool, place: Place | None, name: str
    ) -> tuple[Slot, tuple[Use, ...]]:
        """One slot and the uses of the indices in it."""
        level = Level.UPPER if upper else Level.LOWER
        match entry:
            case Plain(span, index):
                if is_size(self, index):
                    return self._component(entry, level, place, name)
                self.see(index, span)
                if self.program.dry and place is not None:
                    if (name, index) in self.offsets:
                        own = ((self.place(index), 1),)
                        self.unifier.window(place, own, extent(0), span, index)
                    else:
                        self.unifier.join(place, self.place(index), span)
                return Slot(self.index(index), level), (Use(index, span, level),)
            case Gather(span, reference):
                part = self.access(reference)
                source = part.expr
                symbol = self.symbols.tensors.get(reference.name)
                if not isinstance(source, Access) or symbol is None:
                    return Slot(affine((), 0), level), ()
                if symbol.defined:
                    self.error("E212", f"{reference.name} is no input of integers", span)
                return Slot(Lookup(source), level), part.uses
            case AffineEntry():
                return self._component(entry, level, place, name)
            case _:
                assert_never(entry)

    def _component(
        self, entry: Plain | AffineEntry, level: Level, place: Place | None, name: str
    ) -> tuple[Slot, tuple[Use, ...]]:
        if isinstance(entry, Plain):
            entry = AffineEntry(entry.span, ((1, (entry,)),))
        terms, constant = self._affine(entry)
        for index, _ in terms:
            self.see(index, entry.span)
        if self.program.dry and place is not None and self.edge is Edge.INSIDE:
            placed = tuple((self.place(n), c) for n, c in terms)
            text = self.program.reporter.source.slice(entry.span)
            self.unifier.window(place, placed, constant, entry.span, f"{name}_{{{text}}}")
        made: IndexExpression = affine([(self.index(n), c) for n, c in terms], constant)
        uses = tuple(Use(n, entry.span, level) for n, _ in terms)
        edge = self.edge if isinstance(made, Affine) else Edge.INSIDE
        return Slot(made, level, edge), uses

    def _affine(
        self, entry: AffineEntry, sizes_only: bool = False
    ) -> tuple[list[tuple[str, int]], Extent]:
        """The coefficients of the indices in an affine entry, and its constant."""
        return combination(self, entry, sizes_only)


def _is_scalar(node: Node) -> bool:
    """Whether nothing in a divisor has an index, so that it is one number."""
    if isinstance(node, Literal):
        return True
    return all(not m.reference.groups for m in mentions(node))


def _negative(expr: Expr) -> Expr:
    if isinstance(expr, Number) and isinstance(expr.value, float):
        return Number(-expr.value)
    return negate(expr)


def levi_civita(builder: Builder, node: Reference) -> Part:
    """``eps^{ijk}``: the product over pairs of the sign of their difference.

    Each sign is ``[a < b] - [b < a]``, and each index has as many values as there are
    indices.
    """
    slots, uses = builder.slots(node.groups)
    entries = [e for g in node.groups for e in g.entries]
    count = len(slots)
    for entry in entries:
        if not isinstance(entry, Plain):
            return builder.error("E114", "eps takes plain indices", entry.span)
        if builder.program.dry:
            fixed = Fixed(extent(count), node.span, f"the index {entry.name} of eps")
            builder.unifier.fix(builder.place(entry.name), fixed)
    signs: list[Expr] = []
    for first in range(count):
        for second in range(first + 1, count):
            left, right = slots[first].index, slots[second].index
            signs.append(add((Condition("<", left, right), negate(Condition("<", right, left)))))
    return Part(multiply(signs), uses)
