"""Tensors, indices and their spellings, for random sentences of the notation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

__all__ = ["Accesses", "Known", "Names", "Sort"]

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "theta": "θ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "rho": "ρ", "sigma": "σ", "phi": "φ", "omega": "ω",
    "Sigma": "Σ", "Lambda": "Λ",
}  # fmt: skip
SUB = dict(zip("aehijklmnoprstuvx", "ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
SUPER = dict(zip("abcdefghijklmnoprstuvwxyz", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", strict=True))

#: Names of tensors by rank; those of the last row need a declaration or back-ticks.
PLAIN = {
    0: ["a", "c", "alpha", "lambda", "loss", "eta1", "b0"],
    1: ["x", "y", "v", "theta", "delta", "xs", "x2", "sigma", "one1", "tau"],
    2: ["A", "B", "W", "Wq", "K1", "Sigma", "G", "X"],
    3: ["U", "E3", "Lambda", "Q"],
}
ODD = {
    0: ["my_rate", "x bar", "exp", "pi", "e"],
    1: ["h_bar", "relu", "x y", "out_1", "one", "softmax"],
    2: ["W_out", "inv", "W·1", "max", "dL_dA", "dy_dx"],
    3: ["K_big", "tr", "diag"],
}
RESULTS = ["z", "w", "L", "phi", "out", "beta", "s1", "q", "rho", "f1"]


@dataclass(frozen=True)
class Sort:
    """Indices of one extent, which is a number, a name, or left open ("")."""

    size: str
    names: tuple[str, ...]

    def last(self) -> str:
        """The last component's number, where it can be written."""
        return str(int(self.size) - 1) if self.size.isdigit() else f"{self.size}-1"


@dataclass(frozen=True)
class Known:
    """A tensor that the text may read."""

    name: str
    slots: tuple[Sort, ...]
    levels: tuple[bool, ...]
    swapped: bool = False


@dataclass
class Names:
    """Which names a program uses, and how it fixes extents.

    ``mode`` is one of ``"index"`` (index names are declared with an extent), ``"sizes"``
    (numbers for index names), ``"tensors"`` (every tensor is declared) and ``"open"``.
    """

    random: Random
    sorts: list[Sort] = field(init=False)
    time: Sort = field(init=False)
    kernel: Sort = field(init=False)
    mode: str = field(init=False)
    quoted: set[str] = field(default_factory=set[str])
    odd: frozenset[str] = field(init=False)
    kronecker: bool = field(init=False)

    def __post_init__(self) -> None:
        self.mode = self.random.choice(("index", "sizes", "tensors", "tensors", "open", "open"))
        sizes = {
            "index": ["N", "M", "K_1"],
            "sizes": ["3", "4", "5"],
            "tensors": [["N", "M", "N_x"], ["3", "4", "6"], ["N", "5", "K"]][
                self.random.randrange(3)
            ],
            "open": ["", "", ""],
        }[self.mode]
        long = self.random.random() < 0.15
        names = [
            ("i", "j", "k", "i1", "j'"),
            ("p", "q", "r", "mu", "nu", "p1"),
            ("m", "n", "l", "batch", "head") if long else ("m", "n", "l", "n2"),
        ]
        self.sorts = [Sort(s, n) for s, n in zip(sizes, names, strict=True)]
        numbers = all(s.isdigit() for s in sizes)
        size = "" if self.mode == "open" else "2" if numbers else self.random.choice(("R", "2"))
        if self.mode == "sizes":
            size = "2"
        self.kernel = Sort(size, ("u", "o"))
        self.time = Sort("" if self.mode == "open" else "7" if numbers else "T", ("t",))
        self.kronecker = self.random.random() < 0.6
        every = [n for names in ODD.values() for n in names]
        chosen = self.random.sample(every, 8) if self.random.random() < 0.2 else []
        self.odd = frozenset(chosen)

    def result(self, place: int) -> str:
        """The name of a definition."""
        return RESULTS[place]

    def spelled(self, name: str) -> str:
        """A name as it may be written: Greek letters, back-ticks."""
        if name in self.quoted:
            return f"`{name}`"
        if name in GREEK and self.random.random() < 0.4:
            return GREEK[name]
        return f"`{name}`" if self.random.random() < 0.03 else name


class Accesses:
    """Writes accesses to tensors in every spelling of their indices."""

    def __init__(self, random: Random, names: Names) -> None:
        self.random = random
        self.names = names
        self.inputs: list[Known] = []
        self.results: list[Known] = []
        self.sized: list[tuple[Known, tuple[str, ...]]] = []
        self.facts: dict[str, str] = {}
        self.swapped: set[str] = set()

    def pick(self, *choices: str) -> str:
        """One of several spellings."""
        return self.random.choice(choices)

    def levels(self, rank: int) -> tuple[bool, ...]:
        """Levels of slots: all of one kind more often than not."""
        if self.random.random() < 0.6:
            return (self.random.random() < 0.5,) * rank
        return tuple(self.random.random() < 0.5 for _ in range(rank))

    def sort_of(self, index: str) -> Sort:
        """The sort an index name belongs to."""
        return next(s for s in (*self.names.sorts, self.names.kernel, self.names.time)
                    if index in s.names)  # fmt: skip

    def tensor(
        self, slots: tuple[Sort, ...], fresh: bool = False, levels: tuple[bool, ...] | None = None
    ) -> Known:
        """A tensor with these slots: one that is known, or a new input."""
        fitting = [k for k in (*self.inputs, *self.results) if k.slots == slots]
        if fitting and not fresh and self.random.random() < 0.7:
            return self.random.choice(fitting)
        used = {k.name for k in self.inputs}
        rank = len(slots)
        pool = [n for n in ODD[rank] if n in self.names.odd and n not in used]
        odd = bool(pool) and self.random.random() < 0.6
        if not odd:
            pool = [n for n in PLAIN[rank] if n not in used]
            if self.names.kronecker and "delta" in pool:
                pool.remove("delta")
        name = self.random.choice(pool) if pool else f"x{len(used)}"
        made = Known(name, slots, self.levels(rank) if levels is None else levels)
        if odd:
            self.names.quoted.add(name)
        self.inputs.append(made)
        return made

    def access_to(self, known: Known, indices: Sequence[str]) -> str:
        """A tensor at plain indices, as declared or on other levels."""
        levels, order = known.levels, list(indices)
        if len(set(levels)) == 2 and len(levels) == 2 and known.name in self.swapped:
            levels, order = levels[::-1], order[::-1]
        elif len(levels) > 0 and self.random.random() < 0.2:
            flipped = tuple(self.random.random() < 0.5 for _ in levels)
            if sum(flipped) != sum(levels):
                levels = flipped
        return self.names.spelled(known.name) + self.groups(levels, order)

    # Groups ---------------------------------------------------------------------------------

    def groups(self, levels: Sequence[bool], indices: Sequence[str], split: bool = True) -> str:
        """Index groups of plain indices; those of one level may be split."""
        text, start = "", 0
        for place in range(1, len(levels) + 1):
            ends = place == len(levels) or levels[place] != levels[start]
            if ends or (split and self.random.random() < 0.1):
                text += self.group(levels[start], list(indices[start:place]))
                if place < len(levels) and self.random.random() < 0.1:
                    text += "{}"
                start = place
        return text

    def group(self, upper: bool, indices: list[str]) -> str:
        """One group: ``_ij``, ``_{i j}``, ``_<i, j>``, ``ᵢⱼ``, …."""
        mark = "^" if upper else "_"
        table = SUPER if upper else SUB
        letters = all(len(i.rstrip("'0123456789")) == 1 for i in indices)
        forms = ["braces", "angles"] + ["plain"] * 4 * letters
        if all(i in table for i in indices):
            forms.append("script")
        match self.random.choice(forms):
            case "plain":
                return mark + "".join(indices)
            case "script":
                return "".join(table[i] for i in indices)
            case "angles":
                return f"{mark}<{self.pick(' ', ', ').join(indices)}>"
            case _:
                if len(indices) == 1 and not letters and indices[0] not in GREEK:
                    return f"{mark}<{indices[0]}>"
                between = [" ", ", "] if letters else [", "]
                if all(len(i) == 1 for i in indices):
                    between.append("")
                parts = [self.inside(i) for i in indices]
                return f"{mark}{{{self.random.choice(between).join(parts)}}}"

    def inside(self, index: str) -> str:
        """An index inside braces."""
        if index in GREEK:
            return self.pick(GREEK[index], f"\\{index}")
        if index[-1].isdigit() and self.random.random() < 0.3:
            return f"{index[:-1]}_{index[-1]}"
        return index

    def one(self, index: str) -> str:
        """A single index behind a mark."""
        if len(index.rstrip("'")) == 1:
            return self.pick(index, f"{{{index}}}", f"<{index}>")
        return f"<{index}>"

    # Declarations ---------------------------------------------------------------------------

    def declarations(self) -> list[str]:
        """What fixes the extents, and the facts of tensors."""
        lines: list[str] = []
        names, mode = self.names, self.names.mode
        every = [*names.sorts, names.kernel, names.time]
        if mode == "index":
            lines += [f"index {', '.join(sort.names)} : {sort.size}" for sort in every]
        elif mode == "sizes":
            given = [f"{i}={s.size}" for s in every for i in s.names]
            lines.append(f"sizes {', '.join(given)}")
        elif any("batch" in s.names for s in every):
            lines.append("index batch, head")
        items: list[tuple[str, str]] = []
        for known in self.inputs:
            word = self.facts.get(known.name, "")
            if mode in ("tensors", "sizes") or known.name in names.quoted or word:
                word = word or self.pick("tensor", "tensor", "param", "data")
                items.append((word, self.item(known, mode in ("tensors", "sizes"))))
        for known, extents in self.sized:
            items.append(("tensor", self.sized_item(known, extents)))
        while items:
            word, text = items.pop(0)
            while items and items[0][0] == word and self.random.random() < 0.4:
                text += ", " + items.pop(0)[1]
            lines.append(f"{word} {text}")
        return lines

    def item(self, known: Known, sized: bool) -> str:
        """``A^i_j [N, M]``."""
        used: list[str] = []
        for sort in known.slots:
            used.append(next(n for n in sort.names if n not in used))
        sizes = [s.size for s in known.slots]
        sized = sized and bool(sizes)
        name = self.names.spelled(known.name)
        brackets = f" [{', '.join(sizes)}]" if sized else ""
        return name + self.groups(known.levels, used, split=False) + brackets

    def sized_item(self, known: Known, extents: tuple[str, ...]) -> str:
        """A tensor with extents of its own, for windows."""
        letters = "ghjkl"[: len(extents)]
        name = self.names.spelled(known.name)
        return name + self.groups(known.levels, letters, split=False) + f" [{', '.join(extents)}]"
