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

from dataclasses import dataclass
from fractions import Fraction
from typing import assert_never

from tensorcalc.expr import (
    ONE,
    Apply,
    Expr,
    Extent,
    Number,
    Product,
    Size,
    Sum,
    add,
    apply,
    contract,
    divide,
    extent,
    fold,
    multiply,
    negate,
    number,
    operation_named,
    power,
    reduce,
)
from tensorcalc.language.accessing import Accessor, Program
from tensorcalc.language.lookalikes import report_quotient_of_differentials
from tensorcalc.language.parts import Part, Protected, Use, Visit, once
from tensorcalc.language.source import Span, cover
from tensorcalc.language.syntax import (
    Additive,
    AffineEntry,
    BigOperator,
    Bracket,
    Call,
    Comparison,
    Iverson,
    Literal,
    Logic,
    Node,
    Partial,
    Power,
    Reference,
    Term,
    mentions,
)
from tensorcalc.language.unification import Fixed

__all__ = ["Builder", "Part", "Program", "Use", "Visit", "once"]

#: A power of numbers is evaluated if its value has no more than this many bits.
MAX_BITS = 2_000


@dataclass(slots=True)
class Builder(Accessor):
    """Builds the expressions of one statement."""

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
            case Bracket():
                return self._bracket(node, protected)
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
            if name in protected or len(places) == 1:
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
        """The sum over ``names``; leading numbers and sizes stay in front."""
        bound = [self.index(n) for n in names]
        if not isinstance(body, Product):
            return contract(bound, body)
        front = 0
        while front < len(body.factors) and _is_coefficient(body.factors[front]):
            front += 1
        rest = body.factors[front:]
        inner = ONE if not rest else rest[0] if len(rest) == 1 else Product(rest)
        return multiply((*body.factors[:front], contract(bound, inner)))

    def _bracket(self, node: Bracket, protected: Protected) -> Visit:
        part = yield node.body, protected
        return self.close(part, protected) if node.scope else part

    def _additive(self, node: Additive, protected: Protected) -> Visit:
        terms: list[Expr] = []
        first: dict[str, Use] = {}
        orders = self.orders
        for sign, term in node.terms:
            self.orders = {}
            part = self.close((yield term, protected), protected)
            terms.append(part.expr if sign > 0 else _negative(part.expr))
            for use in part.uses:
                other = first.setdefault(use.name, use)
                if other is not use:
                    self.compare_levels(other, use)
        self.orders = orders
        return Part(_total(terms), tuple(first.values()))

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
            if link == "//":
                before = factors.pop() if factors else ONE
                factors.append(self._floor(before, part.expr, factor))
            elif link == "/":
                clear = self._check_division(node, position)
                if self.program.dry and position:
                    above = node.factors[position - 1]
                    report_quotient_of_differentials(self.symbols, above, factor)
                if isinstance(factor, Bracket):
                    part = self.close(part, protected)
                if part.expr == number(0):
                    self.error("E117", "division by zero", factor.span)
                    continue
                factors.append(divide(ONE, part.expr))
                uses.extend(u._replace(below=clear) for u in part.uses)
            else:
                if not link:
                    self._check_literals(node.factors[position - 1], factor)
                factors.append(part.expr)
                uses.extend(part.uses)
        if sum(_bits(f) for f in factors) > MAX_BITS * 10:
            self.error("E112", f"a product of numbers of more than {MAX_BITS * 10} bits", node.span)
            return Part(ONE, tuple(uses))
        return Part(multiply(factors), tuple(uses))

    def _floor(self, above: Expr, below: Expr, node: Node) -> Expr:
        """``n // 2`` of a size, as it is printed for the range of a stride."""
        length, divisor = as_extent(above), as_extent(below)
        if length is None or divisor is None or (divisor.number or 0) < 1:
            self.error("E114", "// divides a size by a positive integer", node.span)
            return ONE
        return self.size(length // (divisor.number or 1))

    def _check_literals(self, before: Node, factor: Node) -> None:
        if isinstance(before, Literal) and isinstance(factor, Literal):
            self.error("E113", "two numbers side by side", factor.span, "write * or + between them")

    def _check_division(self, node: Term, position: int) -> bool:
        """What follows a divisor by juxtaposition must not be ambiguous; whether it is clear."""
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
                return False
            return True
        if position >= len(node.links) or node.links[position]:
            return True
        numerator = node.factors[position - 1]
        if isinstance(numerator, Literal) and _is_scalar(divisor):
            return True
        left, right = source.slice(divisor.span), source.slice(node.factors[position + 1].span)
        before = source.slice(numerator.span)
        self.error(
            "E108",
            "a division followed by another factor can be read in two ways",
            cover(divisor.span, node.factors[position + 1].span),
            f"write {before}/({left} {right}) or {before}/{left} * {right}",
        )
        return False

    def _big_operator(self, node: BigOperator, protected: Protected) -> Visit:
        names = [b.name for b in node.binders]
        for binder in node.binders:
            self.check_binder(binder.name, binder.span)
            self.see(binder.name, binder.span)
            if binder.bound is not None:
                self.fix_bound(binder.name, binder.bound, binder.span)
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

    def fix_bound(self, name: str, bound: tuple[int, AffineEntry], span: Span) -> None:
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


def _bits(expr: Expr) -> int:
    """How long a number is."""
    if isinstance(expr, Number) and isinstance(expr.value, Fraction):
        return expr.value.numerator.bit_length() + expr.value.denominator.bit_length()
    return 0


def _total(terms: list[Expr]) -> Expr:
    """The sum; one of exact numbers only is a number."""
    total = Fraction(0)
    for term in terms:
        if not isinstance(term, Number) or not isinstance(term.value, Fraction):
            return add(terms)
        if _bits(term) > MAX_BITS or _bits(Number(total)) > MAX_BITS:
            return add(terms)
        total += term.value
    return Number(total)


def _is_coefficient(expr: Expr) -> bool:
    """A number, a size, or a power of a size by a number."""
    match expr:
        case Number() | Size():
            return True
        case Apply(_, (Size(), Number())):
            return True
        case _:
            return False


def as_extent(expr: Expr) -> Extent | None:
    """The polynomial in sizes that an expression is, or None."""

    def rule(node: Expr, parts: tuple[Extent | None, ...]) -> Extent | None:
        match node:
            case Size(length):
                return length
            case Number(Fraction() as value) if value.denominator == 1:
                return extent(value.numerator)
            case Sum() | Product():
                total = extent(0) if isinstance(node, Sum) else extent(1)
                for part in parts:
                    if part is None:
                        return None
                    total = total + part if isinstance(node, Sum) else total * part
                return total
            case _:
                return None

    return fold(expr, rule)


def _is_scalar(node: Node) -> bool:
    """Whether nothing in a divisor has an index, so that it is one number."""
    if isinstance(node, Literal):
        return True
    return all(not m.reference.groups for m in mentions(node))


def _negative(expr: Expr) -> Expr:
    if isinstance(expr, Number) and isinstance(expr.value, float):
        return Number(-expr.value)
    return negate(expr)
