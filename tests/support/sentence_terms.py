"""Sums, terms and products for random sentences of the notation."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from random import Random

from tests.support.sentence_tensors import Accesses, Known, Names, Sort

__all__ = ["Set", "Terms"]

Set = frozenset[str]

NUMBERS = ("2", "3", "0.5", ".5", "1/3", "1e-3", "2.50", "10", "3e2", "7/4", "0.1", "12345678")
BIG = ("sum", "∑", "\\sum", "mean", "prod")


class Terms(Accesses):
    """Writes sums and products of factors.

    ``free`` indices may occur any number of times, ``lone`` ones occur exactly once in every
    term.
    """

    @abstractmethod
    def factor(self, free: Set, lone: Set, depth: int) -> str:
        """One factor."""

    def __init__(self, random: Random, names: Names, depth: int) -> None:
        super().__init__(random, names)
        self.depth = depth
        self.bare = False
        self.taken: set[str] = set()
        self.functions: dict[str, str] = {}
        self.labelled: list[Known] = []
        self.moved: list[Known] = []

    def begin(self) -> None:
        """Start a statement."""
        self.taken = set()
        self.swapped = {
            k.name for k in self.inputs
            if len(k.slots) == 2 and k.slots[0] == k.slots[1] and self.random.random() < 0.2
        }  # fmt: skip

    def new_indices(self, count: int, avoid: Set, sort: Sort | None = None) -> tuple[str, ...]:
        """Names that the statement does not use yet; fewer where a sort has no more."""
        found: list[str] = []
        for _ in range(count):
            sorts = [sort] if sort else self.names.sorts
            pool = [
                i for s in sorts for i in s.names
                if i not in self.taken and i not in avoid and i not in found
            ]  # fmt: skip
            if not pool:
                break
            early = [i for i in pool if len(i) == 1]
            found.append(
                self.random.choice(early if early and self.random.random() < 0.7 else pool)
            )
        self.taken |= set(found)
        return tuple(found)

    def fresh(self, free: Set, lone: Set, sort: Sort | None = None) -> str | None:
        """A name for an operator to bind."""
        made = self.new_indices(1, free | lone, sort)
        return made[0] if made else None

    def whole(self, free: Set, lone: Set) -> str:
        """A right side in which each free or lone index has an extent."""
        body = self.sum(free, lone, self.depth)
        if self.names.mode in ("index", "sizes"):
            return body
        anchors = "".join(f" + {self.anchor(i, frozenset())}" for i in sorted(free))
        if lone:
            indices = sorted(lone)
            anchors += f" + {self.access_to(self.input_of(indices), indices)}"
        return body + anchors

    def anchor(self, index: str, others: Set) -> str:
        """An access to an input that has the index."""
        extra = [i for i in sorted(others) if self.random.random() < 0.3]
        indices = [index, *extra]
        self.random.shuffle(indices)
        return self.access_to(self.input_of(indices), indices)

    def input_of(self, indices: Sequence[str]) -> Known:
        """An input with slots for these indices."""
        known = self.tensor(tuple(self.sort_of(i) for i in indices))
        if known in self.results:
            known = self.tensor(tuple(self.sort_of(i) for i in indices), fresh=True)
        return known

    def sum(self, free: Set, lone: Set, depth: int) -> str:
        """Terms with signs."""
        count = self.random.choice((1, 1, 1, 2, 2, 3)) if depth > 0 else 1
        before = set(self.taken)
        text = ""
        for place in range(count):
            if self.random.random() < 0.5:
                self.taken = set(before)
            sign = self.pick(" + ", " - ", "+", "-", " − ") if place else self.pick("", "", "", "-")
            text += sign + self.term(free, lone, depth)
        self.taken |= before
        return text

    def term(self, free: Set, lone: Set, depth: int) -> str:
        """Factors, the last one perhaps a big operator."""
        count = self.random.choice((1, 2, 2, 3)) if depth > 0 else self.random.choice((1, 1, 2))
        summed: list[str] = []
        while depth > 0 and not self.bare and self.random.random() < 0.35 and len(summed) < 2:
            made = self.fresh(free, lone)
            if made is None:
                break
            summed.append(made)
        shares: list[set[str]] = [set() for _ in range(max(count, 2 if summed else 1))]
        for index in sorted(lone):
            self.random.choice(shares).add(index)
        for index in summed:
            for share in self.random.sample(shares, 2):
                share.add(index)
        text = self.pick("", "", "", "", self.coefficient())
        dividing = False
        for place, share in enumerate(shares):
            last = place == len(shares) - 1
            if last and depth > 0 and self.random.random() < 0.25:
                factor = self.big(free, frozenset(share), depth - 1)
            else:
                factor = self.power(free, frozenset(share), depth - 1)
            link = ""
            if text:
                link = " * " if dividing else self.link(text, factor)
                dividing = False
            text += link + factor
            if depth > 0 and self.random.random() < 0.1 and not factor.startswith(BIG):
                text += self.pick(" / ", "/") + self.divisor(free, depth - 1)
                dividing = True
        return text

    def coefficient(self) -> str:
        """A number in front."""
        numbers = [*NUMBERS]
        known = {sort for k in self.inputs for sort in k.slots}
        mode = self.names.mode
        sizes = [s.size for s in self.names.sorts if s.size and (mode == "index" or s in known)]
        if sizes and mode != "sizes":
            size = self.random.choice(sizes)
            numbers += [f"1/{size}", f"2/{size}"] + [size] * (not size.isdigit())
        return self.random.choice(numbers)

    def link(self, before: str, after: str) -> str:
        """What stands between two factors."""
        digit = after[0].isdigit() or after[0] == "."
        if digit:
            return self.pick(" * ", "*", "·")
        if before[-1] == ")" and after[0] == "(" and self.random.random() < 0.3:
            return ""
        return self.pick(" ", " ", " ", " * ", "*", " · ")

    def divisor(self, free: Set, depth: int) -> str:
        """What divides: a scope of its own, without lone indices."""
        text = self.atom(free, frozenset(), depth)
        return text if "(" not in text else f"({text})"

    def big(self, free: Set, lone: Set, depth: int) -> str:
        """``sum_k …``: a prefix that reaches to the end of its term."""
        index = self.fresh(free, lone)
        if index is None:
            return self.power(free, lone, depth)
        body = self.bound_body(index, free, lone, depth)
        return f"{self.operator(index)} {body}"

    def bound_body(self, index: str, free: Set, lone: Set, depth: int) -> str:
        """A term that has ``index`` at least once, for the operator that binds it."""
        anchor = self.anchor(index, frozenset())
        rest = self.factor(free | {index}, lone, depth)
        return (
            self.pick(f"{anchor} {rest}", f"{rest} {anchor}", f"({rest}) {anchor}")
            if (lone or self.random.random() < 0.7)
            else anchor
        )

    def operator(self, index: str) -> str:
        """A big operator with its index, and its range where it has a name."""
        sort = self.sort_of(index)
        word = self.pick("sum", "sum", "∑", "\\sum", "mean", "prod")
        if sort.size and index.isalpha() and len(index) == 1 and self.random.random() < 0.25:
            word = self.pick("sum", "∑", "\\sum")
            if self.random.random() < 0.5:
                return f"{word}_{{{index}=0}}^{{{sort.last()}}}"
            return f"{word}_{{{index}=1}}^{{{sort.size}}}"
        return f"{word}_{self.one(index)}"

    def power(self, free: Set, lone: Set, depth: int) -> str:
        """A factor or its power."""
        base = self.factor(free, lone, depth)
        if depth < 0 or self.random.random() > 0.15:
            return base
        exponent = self.pick("**2", "**3", "**(1/2)", "**-1", "**(-2)", "**2.5", "^2", "^{-1}",
                             "^{1/2}", "**a", "²")  # fmt: skip
        if exponent == "**a":
            exponent = "**" + self.names.spelled(self.tensor(()).name)
        inner = self.sum(free, lone, depth - 1)
        return f"({inner}){exponent}"

    def atom(self, free: Set, lone: Set, depth: int = 0) -> str:
        """An access with all lone indices and some free ones."""
        del depth
        chosen = [*sorted(lone), *(i for i in sorted(free) if self.random.random() < 0.5)]
        self.random.shuffle(chosen)
        keep = [i for i in chosen if i in lone]
        while len(chosen) > max(3, len(keep)):
            chosen.remove(next(i for i in chosen if i not in lone))
        if len(chosen) > 3:
            half = len(chosen) // 2
            return " ".join(self.access(part) for part in (chosen[:half], chosen[half:]))
        return self.access(chosen)

    def access(self, indices: Sequence[str]) -> str:
        """A tensor at these indices."""
        return self.access_to(self.tensor(tuple(self.sort_of(i) for i in indices)), indices)

    def bracket(self, free: Set, lone: Set, depth: int) -> str:
        """A sum in brackets, once or twice."""
        inner = self.sum(free, lone, depth)
        return self.pick(f"({inner})", f"({inner})", f"(({inner}))", f"( {inner} )")

    def allowed(self, *choices: str) -> str:
        """A function whose name no tensor has."""
        return self.random.choice([c for c in choices if c not in self.names.odd])

    def argument(self, free: Set, lone: Set, depth: int) -> str:
        """An argument: a scope of its own, in which names may come again."""
        before = set(self.taken)
        if self.random.random() < 0.3:
            self.taken = {*free, *lone}
        text = self.sum(free, lone, depth)
        self.taken |= before
        return text
