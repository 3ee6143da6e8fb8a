"""Factors for random sentences of the notation: functions, matrices, conditions, windows."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.sentence_tensors import Known, Sort
from tests.support.sentence_terms import Set, Terms

__all__ = ["Formulas"]

ONE_PLACE = (
    *("exp", "log", "sqrt", "abs", "sign", "sin", "cos", "tan", "asin", "acos", "atan", "sinh"),
    *("cosh", "tanh", "erf", "sigmoid", "relu", "leaky_relu", "softplus", "gelu", "silu", "elu"),
    *("heaviside", "H", "huber", "log1p", "expm1", "log2", "arcsin", "ln", "swish", "softsign"),
    *("erfc", "asinh", "log_sigmoid", "step", "f", "g", "h'", "f''", "ψ", "psi'", "Phi"),
)
PARAMETERS = {"leaky_relu": "slope", "elu": "alpha", "huber": "delta"}
EDGES = ("zeropad", "circular", "reflect", "replicate")
GREEK_INDEX = frozenset({"mu", "nu"})


class Formulas(Terms):
    """Writes every kind of factor."""

    # Factors -------------------------------------------------------------------------------

    def factor(self, free: Set, lone: Set, depth: int) -> str:
        """One factor."""
        if depth <= 0:
            return self.atom(free, lone)
        kinds: list[tuple[float, Callable[[Set, Set, int], str]]] = [
            (4, lambda f, o, _: self.atom(f, o)),
            (2, self.bracket), (3, self.call), (1, self.call_of_two), (0.6, self.where),
            (1.2, self.over), (1, self.reduction), (0.8, self.matrix), (0.7, self.whole_function),
            (0.6, self.derivative), (1, self.condition), (0.7, self.delta), (0.5, self.edge),
            (0.6, self.window), (0.6, self.gather), (0.4, self.component), (0.3, self.size),
            (0.5, self.own), (0.15, self.levi_civita),
        ]  # fmt: skip
        weights = [w for w, _ in kinds]
        return self.random.choices([k for _, k in kinds], weights)[0](free, lone, depth - 1)

    def call(self, free: Set, lone: Set, depth: int) -> str:
        """A pointwise function, from the catalog or unknown."""
        name = self.random.choice([n for n in ONE_PLACE if n not in self.names.odd])
        argument = self.argument(free, lone, depth)
        if name in PARAMETERS and self.random.random() < 0.5:
            value = self.pick("0.2", "2", "1/5")
            return f"{name}({argument}; {PARAMETERS[name]}={value})"
        return f"{name}({argument})"

    def call_of_two(self, free: Set, lone: Set, depth: int) -> str:
        """Two arguments; a lone index is in one of them or in both."""
        name = self.allowed("max", "min", "pow", "atan2", "F", "maximum")
        return f"{name}({self.argument(free, lone, depth)}, {self.argument(free, lone, depth)})"

    def where(self, free: Set, lone: Set, depth: int) -> str:
        """A choice between two branches."""
        test = self.test(free, frozenset(), depth)
        other = self.pick("0", "-inf", self.argument(free, lone, depth - 1))
        return f"where({test}, {self.argument(free, lone, depth)}, {other})"

    def own(self, free: Set, lone: Set, depth: int) -> str:
        """A function that the program defines."""
        definitions = {
            "act": "def act(v; a=5) = 1/(1 + exp(-a v))", "sq": "def sq(v) = v**2 + 2 v",
            "mix": "def mix(v, w) = v tanh(w) - w", "squash": "squash = tanh",
        }  # fmt: skip
        name = self.random.choice(sorted(definitions))
        self.functions[name] = definitions[name]
        argument = self.argument(free, lone, depth)
        if name == "mix":
            return f"mix({argument}, {self.argument(free, frozenset(), depth - 1)})"
        given = self.pick("", "; a=3") if name == "act" else ""
        return f"{name}({argument}{given})"

    # Functions across indices and of whole tensors -----------------------------------------

    def over(self, free: Set, lone: Set, depth: int) -> str:
        """``softmax_i(…)``, which uses an index inside and leaves it open outside."""
        if not free | lone:
            return self.call(free, lone, depth)
        index = self.random.choice(sorted(free | lone))
        name = self.allowed("softmax", "log_softmax", "normalize")
        body = self.bound_body(index, free, lone - {index}, depth)
        return f"{name}_{self.one(index)}({body})"

    def reduction(self, free: Set, lone: Set, depth: int) -> str:
        """``max_i(…)`` and its like, over one index or two."""
        index = self.fresh(free, lone)
        if index is None:
            return self.atom(free, lone)
        name = self.allowed("max", "min", "norm", "logsumexp")
        if self.random.random() < 0.2:
            other = self.fresh(free, lone)
            if other is not None:
                body = self.bound_body(index, free | {other}, lone, depth)
                both = f"{self.inside(index)}{self.pick(' ', ', ')}{self.inside(other)}"
                return f"{name}_{{{both}}}({body} + {self.access((index, other))})"
        return f"{name}_{self.one(index)}({self.bound_body(index, free, lone, depth)})"

    def matrix(self, free: Set, lone: Set, depth: int) -> str:
        """A function of a matrix: a bare name, or a bracket with two open indices."""
        pairs = [s for s in self.names.sorts if s.size != "" or self.names.mode == "open"]
        sort = self.random.choice(pairs)
        here = [i for i in sorted(free) if self.sort_of(i) == sort]
        if lone:
            return f"{self.matrix(free, frozenset(), depth)} {self.atom(free, lone)}"
        square = self.tensor((sort, sort))
        name = self.names.spelled(square.name)
        if self.random.random() < 0.5:
            inner = self.new_indices(2, free, sort)
            if len(inner) == 2:
                name = self.pick("", "2 ") + self.access(inner)
                if self.random.random() < 0.4:
                    name += " + " + self.sum(frozenset(), frozenset(inner), 0)
        if len(here) >= 1 and self.random.random() < 0.7:
            i, j = self.random.choice(here), self.random.choice(here)
            word = self.allowed("inv", "inv", "transpose", "cholesky")
            if i != j:
                return f"{word}({name}){self.groups(self.levels(2), (i, j))}"
            if "diag" not in self.names.odd and name.strip("`").isalnum():
                return f"diag({name}){self.groups(self.levels(1), (i,))}"
        return f"{self.allowed('det', 'logdet', 'tr')}({name})"

    def whole_function(self, free: Set, lone: Set, depth: int) -> str:
        """An unknown function of vectors, or a component of its Jacobian."""
        del depth
        if not free | lone:
            return self.atom(free, lone)
        index = self.random.choice(sorted(free | lone))
        vector = self.tensor((self.sort_of(index),), levels=(True,))
        name = self.pick("ξ", "κ", "Gam")
        text = f"{name}({self.names.spelled(vector.name)})^{self.one(index)}"
        rest = lone - {index}
        return f"{text} {self.atom(free, rest)}" if rest else text

    def derivative(self, free: Set, lone: Set, depth: int) -> str:
        """``d(L)/d(x^j)``, its variable at an index from outside."""
        outer = sorted(free | lone)
        variable = [self.random.choice(outer)] if outer and self.random.random() < 0.8 else []
        rest = lone - set(variable)
        known = self.input_of(variable)
        read = self.access_to(known, variable)
        inner = self.new_indices(len(variable), free | lone, self.sort_of(variable[0])) if (
            variable
        ) else ()  # fmt: skip
        if variable and not inner:
            return self.atom(free, lone)
        own = self.access_to(known, inner)
        weight = self.access_to(self.input_of(inner), inner)
        body = self.pick(f"{own} {weight}", f"tanh({own}) {weight}", f"{own}**2 {weight} + c")
        if not variable:
            body = self.pick(f"{own}**2", f"sin({own})", f"{own} + {own} {own}")
        elif "+ c" in body:
            body = body.replace("+ c", "+ " + self.names.spelled(self.tensor(()).name))
        text = self.pick(f"d({body})/d({read})", f"∂({body})/∂({read})", f"d({body}) / d({read})")
        return f"{text} {self.atom(free, rest)}" if rest else text

    # Structure -----------------------------------------------------------------------------

    def test(self, free: Set, lone: Set, depth: int) -> str:
        """A condition in its brackets, on indices or on values."""
        if lone or not free or self.random.random() < 0.3:
            relation = self.pick(">", "<", "<=", ">=", "==", "!=", "≤", "≠")
            right = self.pick("0", "1/2", self.atom(free, frozenset()))
            return f"[{self.sum(free, lone, min(depth, 1))} {relation} {right}]"
        indices = [self.random.choice(sorted(free)) for _ in range(3)]
        texts = [i if i not in GREEK_INDEX else self.pick(i, f"\\{i}") for i in indices]
        first, second, third = texts
        relation = self.pick("==", "!=", "<", "<=", ">", ">=", "≤", "≠")
        return self.pick(
            f"[{first} {relation} {second}]", f"[{first}{relation}{second}]",
            f"[{first} <= {second} < {third}]", f"[2*{first} + 1 {relation} {second}]",
            f"[{first} {relation} 0]", f"[not {first} {relation} {second}]",
            f"[{first} {relation} {second} and {second} < {third}]",
            f"[{first} == {second} - 1]", f"[{first} < {second} or {third} == 0]",
        )  # fmt: skip

    def condition(self, free: Set, lone: Set, depth: int) -> str:
        """A condition as a factor, beside what carries the lone indices."""
        text = self.test(free, frozenset(), depth)
        return f"{text} {self.atom(free, lone)}" if lone or self.random.random() < 0.5 else text

    def delta(self, free: Set, lone: Set, depth: int) -> str:
        """``δ^i_j`` between two indices of a sort."""
        del depth
        every = sorted(free | lone)
        pairs = [(a, b) for a in every for b in every
                 if a != b and self.sort_of(a) == self.sort_of(b)]  # fmt: skip
        if not pairs or not self.names.kronecker:
            if "one" in self.names.odd or self.names.mode == "open":
                return self.atom(free, lone)
            return (
                f"one_{self.one(every[0])} {self.atom(free, lone - {every[0]})}"
                if (every)
                else self.atom(free, lone)
            )
        pair = self.random.choice(pairs)
        rest = lone - set(pair)
        word = self.pick("delta", "δ")
        text = word + self.groups(self.levels(2), pair)
        return f"{text} {self.atom(free, rest)}" if rest else text

    def levi_civita(self, free: Set, lone: Set, depth: int) -> str:
        """``ε^{ijk}``, where three indices of extent 3 are to be had."""
        del depth
        threes = [s for s in self.names.sorts if s.size == "3"]
        every = [i for i in sorted(free | lone) if self.sort_of(i) in threes]
        if len(every) < 3:
            return self.atom(free, lone)
        chosen = self.random.sample(every, 3)
        rest = lone - set(chosen)
        text = "eps" + self.groups(self.levels(3), chosen)
        return f"{text} {self.atom(free, rest)}" if rest else text

    def edge(self, free: Set, lone: Set, depth: int) -> str:
        """``zeropad(z_{i-1})`` and its like."""
        del depth
        every = [i for i in sorted(free if self.bare else free | lone) if "'" not in i]
        if not every:
            return self.atom(free, lone)
        index = self.random.choice(every)
        rest = lone - {index}
        others = [i for i in sorted(free) if i != index and self.random.random() < 0.3][:1]
        slots = (self.sort_of(index), *(self.sort_of(i) for i in others))
        known = self.private(slots)
        other = "".join(f", {self.inside(i)}" for i in others)
        i = self.inside(index)
        place = self.pick(f"{i}-1", f"{i} + 1", f"{i}+2", f"2*{i} - 1", f"-{i}+1")
        mark = "^" if known.levels[0] else "_"
        read = f"{self.names.spelled(known.name)}{mark}{{{place}{other}}}"
        text = f"{self.random.choice(EDGES)}({read})"
        tail = f" {self.anchor(index, frozenset())}" if index in free else ""
        return text + tail + (f" {self.atom(free, rest)}" if rest else "")

    def private(self, slots: tuple[Sort, ...]) -> Known:
        """A tensor that is read at offsets only: plain indices of it would be bounded by them."""
        upper = self.random.random() < 0.5
        known = Known(f"g{len(self.moved) + 1}", slots, (upper,) * len(slots))
        self.moved.append(known)
        return known

    def window(self, free: Set, lone: Set, depth: int) -> str:
        """``sum_u z_{i+u} w_u``: inside where the extents say so, else with an edge."""
        del depth
        here = [i for i in sorted(free) if len(i) == 1]
        u = self.fresh(free, lone, self.names.kernel)
        if not here or u is None or lone:
            return self.atom(free, lone)
        index = self.random.choice(here)
        sort, kernel = self.sort_of(index), self.names.kernel
        weight = self.access_to(self.tensor((kernel,)), (u,))
        if not sort.size or self.random.random() < 0.4:
            known = self.private((sort,))
            read = f"{self.names.spelled(known.name)}{'^' if known.levels[0] else '_'}"
            read += f"{{{self.pick(f'{index}-{u}', f'{index}+{u}')}}}"
            return f"(sum_{u} {self.random.choice(EDGES)}({read}) {weight}) {self.access((index,))}"
        length = f"{sort.size} + {kernel.size} - 1"
        place = f"{index}+{u}"
        if self.random.random() < 0.3:
            length, place = f"2*{sort.size} + {kernel.size} - 2", f"2*{index} + {u}"
        elif self.random.random() < 0.3:
            place = f"{index}-{u}+{kernel.size}-1"
        known = Known(f"z{len(self.sized) + 1}", (), (self.random.random() < 0.5,))
        self.sized.append((known, (length,)))
        mark = "^" if known.levels[0] else "_"
        return f"(sum_{u} {known.name}{mark}{{{place}}} {weight})"

    def gather(self, free: Set, lone: Set, depth: int) -> str:
        """``p_{c_n}``: a component that a tensor of labels chooses."""
        del depth
        every = sorted(free | lone)
        if not every:
            return self.atom(free, lone)
        index = self.random.choice(every)
        rows = self.random.choice(self.names.sorts)
        labels = Known(f"c{len(self.labelled)}", (self.sort_of(index),), (False,))
        self.labelled.append(labels)
        label = f"{labels.name}_{self.one(index)}"
        others = [i for i in sorted(free) if i != index and self.random.random() < 0.3][:1]
        slots = (rows, *(self.sort_of(i) for i in others))
        table = self.tensor(slots, levels=(self.random.random() < 0.5,) * len(slots))
        mark = "^" if table.levels[0] else "_"
        same = len(set(table.levels)) == 1
        if not same:
            return self.atom(free, lone)
        other = "".join(f", {self.inside(i)}" for i in others)
        read = f"{self.names.spelled(table.name)}{mark}{{{label}{other}}}"
        rest = lone - {index}
        return f"{read} {self.atom(free, rest)}" if rest else read

    def component(self, free: Set, lone: Set, depth: int) -> str:
        """One fixed component, ``x_{0}`` or ``x^{[0]}``."""
        del depth
        sort = self.random.choice(self.names.sorts)
        known = self.input_of_sort(sort)
        last = [sort.last()] if sort.size else []
        number = self.pick("0", "1", *last)
        name = self.names.spelled(known.name)
        text = f"{name}^{{[{number}]}}" if known.levels[0] else name + self.pick(
            f"_{{{number}}}", f"_{{[{number}]}}"
        )  # fmt: skip
        return f"{text} {self.atom(free, lone)}" if lone else text

    def input_of_sort(self, sort: Sort) -> Known:
        """A vector."""
        known = self.tensor((sort,))
        return known if known in self.inputs else self.tensor((sort,), fresh=True)

    def size(self, free: Set, lone: Set, depth: int) -> str:
        """``size(i)`` as a factor."""
        del depth
        if not free:
            return self.atom(free, lone)
        index = self.random.choice(sorted(free))
        text = f"size({index})"
        return f"{text} {self.atom(free, lone)}" if lone else text
