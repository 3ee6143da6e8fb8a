"""Random sentences of the notation: texts of whole programs, valid because they are typed.

Where :mod:`tests.support.programs` makes trees, this writes *text*, in every spelling that the
notation has. While it writes it keeps two kinds of names: **free** ones, which may occur any
number of times (the left side's, and those that an operator binds), and **lone** ones, which
occur exactly once in a term because somebody else sums them. Each index has a *sort*, which
stands for one extent, and a tensor's slot takes indices of its own sort only. So whatever comes
out has a meaning, except where rules meet that no type shows; :func:`sentence` never looks
at the parser, and a test counts how often it is refused.

:func:`sentence` takes any ``random.Random``, so that a failure is a number and a sweep needs no
framework; :func:`sentences` is the same as a Hypothesis strategy.
"""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st

from tests.support.sentence_formulas import Formulas
from tests.support.sentence_tensors import Known, Names

__all__ = ["sentence", "sentences"]


class _Program(Formulas):
    """Writes a program: declarations, definitions, recurrences, facts, outputs."""

    def text(self) -> str:
        """The program's lines, declarations first or last."""
        lines: list[str] = []
        for place in range(self.random.choice((1, 1, 2, 2, 3))):
            lines += self.statement(place)
        if self.random.random() < 0.12 and self.results:
            lines.append(self.outputs())
        if self.random.random() < 0.3:
            self.random.shuffle(lines)
        labels = [
            f"tensor {k.name}_{self.one(next(n for n in k.slots[0].names))}"
            + (f" [{k.slots[0].size}]" if self.names.mode in ("tensors", "sizes") else "")
            for k in self.labelled
        ]
        self.inputs += self.moved
        return self.joined([*self.functions.values(), *self.declarations(), *labels, *lines])

    def joined(self, lines: list[str]) -> str:
        """Statements a line each, or parted by semicolons, with comments in between."""
        text = ""
        for line in lines:
            end = self.pick("\n", "\n", "\n", "\n\n", "; ", " ;\n", "  # a comment\n")
            text += line + end
        return text

    def statement(self, place: int) -> list[str]:
        """A definition, a bare expression, or the lines of a recurrence."""
        kind = self.random.random()
        if kind < 0.1:
            return self.recurrence(place)
        if kind < 0.17 and place == 0:
            return self.labels(place)
        self.begin()
        if kind < 0.3 and not self.bare:
            self.bare = True
            count = self.random.choice((0, 1, 2))
            lone = self.new_indices(count, frozenset())
            return [self.whole(frozenset(), frozenset(lone))]
        free = self.new_indices(self.random.choice((0, 0, 1, 1, 2, 2, 3)), frozenset())
        name = self.names.result(place)
        known = Known(name, tuple(self.sort_of(i) for i in free), self.levels(len(free)))
        left = self.names.spelled(name) + self.groups(known.levels, free)
        body = self.whole(frozenset(free), frozenset())
        self.results.append(known)
        return [f"{left} {self.pick('=', '=', ' = ')} {body}".replace("  ", " ")]

    def labels(self, place: int) -> list[str]:
        """``k_n = argmax_c(x_n^c)``, and something that is looked up with it."""
        self.begin()
        (n, c) = self.new_indices(2, frozenset())
        name = self.names.result(place)
        rows, classes = self.sort_of(n), self.sort_of(c)
        scores = self.access_to(self.tensor((rows, classes), fresh=True), (n, c))
        argmax = self.pick("argmax", "argmin")
        first = f"{name}_{self.one(n)} = {argmax}_{self.one(c)}({scores})"
        table = self.tensor((rows, classes), fresh=True)
        second = self.names.result(place + 5)
        place_text = f"{name}_{self.one(n)}"
        read = self.names.spelled(table.name) + f"_{{{self.inside(n)}, {place_text}}}"
        return [first, f"{second}_{self.one(n)} = {read} {self.anchor(n, frozenset())}"]

    def recurrence(self, place: int) -> list[str]:
        """``s_t^i = tanh(W^i_k s_{t-1}^k + x_t^i)`` and its like, in any form."""
        self.begin()
        time = self.names.time
        name = self.names.result(place)
        i = self.new_indices(1, frozenset())[0] if self.random.random() < 0.7 else None
        form = self.pick("back", "back", "forward", "two", "adjoint")
        upper = f"^{self.one(i)}" if i else ""
        slots = (time,) if i is None else (time, self.sort_of(i))
        driven = self.tensor(slots, fresh=True, levels=(False, True)[: len(slots)])
        x = self.names.spelled(driven.name) + "_t" + upper
        before = {"back": "{t-1}", "two": "{t - 1}", "forward": "t", "adjoint": "{t+1}"}[form]
        read = f"{name}_{before}{upper}"
        if form == "adjoint":
            read = f"zeropad({read})"
        if form == "two":
            read += f" + {name}_{{t-2}}{upper}"
        if i and form != "adjoint" and self.random.random() < 0.5:
            (k,) = self.new_indices(1, frozenset((i,)), sort=self.sort_of(i))
            weight = self.access_to(self.tensor((self.sort_of(i),) * 2), (i, k))
            read = f"{weight} {name}_{before}^{self.one(k)}"
        free = frozenset((i,)) if i else frozenset[str]()
        body = self.pick(
            f"tanh({read} + {x})", f"{read} + {x}", f"{x} - 1/2 ({read})",
            f"sigmoid({x}) * ({read}) + {self.atom(free, frozenset())}",
        )  # fmt: skip
        left = f"{name}_{{t+1}}{upper}" if form == "forward" else f"{name}_t{upper}"
        lines = [f"{left} = {body}"]
        starts = {"back": ["-1"], "two": ["-1", "-2"], "forward": ["0"], "adjoint": []}[form]
        for start in starts:
            known = self.tensor(slots[1:])
            begin = self.access_to(known, (i,) if i else ())
            lines.append(f"{name}_{{{start}}}{upper} = {begin}")
        self.random.shuffle(lines)
        if form == "forward":
            return lines
        self.results.append(Known(name, slots, (False, True)[: len(slots)]))
        return lines

    def outputs(self) -> str:
        """Some of the definitions, in any order."""
        count = self.random.randint(1, len(self.results))
        chosen = self.random.sample(self.results, count)
        return f"output {', '.join(self.names.spelled(known.name) for known in chosen)}"


def sentence(random: Random, depth: int = 3) -> str:
    """A program's text.

    Args:
        random: Where every choice comes from.
        depth: How deep formulas are nested.
    """
    return _Program(random, Names(random), depth).text()


@st.composite
def sentences(draw: st.DrawFn, depth: int = 3) -> str:
    """Strategy for :func:`sentence`; what fails gets as flat as can be.

    What is drawn is a seed: drawing every choice takes longer than all that is tested with it.
    """
    levels = draw(st.integers(0, depth))
    return sentence(Random(draw(st.integers(0, 2**32 - 1))), levels)
