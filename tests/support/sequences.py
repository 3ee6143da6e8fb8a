"""Random small recurrences, as a person may write them."""

from __future__ import annotations

from random import Random

__all__ = ["random_recurrence"]

#: ``s_t`` from ``s_{t-1}``, ``s_{t+1}`` from ``s_t``, or ``s_t`` from ``zeropad(s_{t+1})``.
WAYS = ("from before", "forward", "backward")


def random_recurrence(random: Random) -> str:
    """One or two groups of one to three states, with readouts; every size is small.

    States are scalars, vectors or matrices by a sample. They are read one or two steps
    back, some at the same step; they start from inputs, formulas or numbers; the second group
    reads the first. The last definition is ``y``.
    """
    program = _Program(random)
    for letter, way in zip("sr", program.ways, strict=False):
        program.group(letter, way)
    return program.finished()


class _Program:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.lines: list[str] = []
        self.steps = random.choice((2, 3, 4, 5))
        self.kind = random.choice(("", "i", "i", "ni"))
        self.states: list[tuple[str, str]] = []
        self.ways = [random.choice(WAYS), *([random.choice(WAYS)] * (random.random() < 0.4))]

    def at(self, name: str, step: str) -> str:
        """A component of a state at a step, its other indices the ones every formula has."""
        inner = {"": step, "i": f"{step}, i", "ni": f"n, {step}, i"}[self.kind]
        return f"{name}_{{{inner}}}"

    def mixed(self, name: str, step: str, weight: str) -> str:
        """The same, mixed by a matrix where there is an index to mix."""
        if not self.kind:
            return f"{weight} {self.at(name, step)}"
        inner = {"i": f"{step}, k", "ni": f"n, {step}, k"}[self.kind]
        return f"{weight}_ik {name}_{{{inner}}}"

    def start(self, name: str) -> str:
        random = self.random
        given = f"h{name}" + ("" if not self.kind else f"_{{{', '.join(self.kind)}}}")
        return random.choice((given, given, f"tanh({given})", f"2 {given} - 1", "1/2"))

    def group(self, letter: str, way: str) -> None:
        random = self.random
        names = [f"{letter}{k}" for k in range(random.choice((1, 1, 2, 3)))]
        depth = random.choice((1, 1, 1, 2)) if way == "from before" else 1
        left = "t+1" if way == "forward" else "t"
        for name in names:
            if way == "from before":
                for back in range(1, depth + 1):
                    self.lines.append(f"{self.at(name, str(-back))} = {self.start(name)}")
            elif way == "forward":
                self.lines.append(f"{self.at(name, '0')} = {self.start(name)}")
        for number, name in enumerate(names):
            terms = [self.earlier(names, way, depth) for _ in range(random.choice((1, 2)))]
            # Every state of the group depends on an earlier step, the first by the last.
            terms.append(self.previous(names[number - 1], way, 1))
            if number and way != "forward" and random.random() < 0.6:
                terms.append(self.at(names[number - 1], "t"))
            if self.states and random.random() < 0.9:
                other, _ = random.choice(self.states)
                terms.append(self.mixed(other, "t", "M"))
            terms.append(self.input(name))
            self.lines.append(f"{self.at(name, left)} = {self.joined(terms)}")
        self.states += [(name, way) for name in names]

    def earlier(self, names: list[str], way: str, depth: int) -> str:
        random = self.random
        return self.previous(random.choice(names), way, random.randint(1, depth))

    def previous(self, name: str, way: str, back: int) -> str:
        step = {"from before": f"t-{back}", "forward": "t", "backward": f"t+{back}"}[way]
        text = self.mixed(name, step, "W") if self.random.random() < 0.5 else self.at(name, step)
        if way != "backward":
            return text
        read = text.rsplit(" ", text.count(",") + 1)[0] if text.startswith("W") else ""
        access = text[len(read) :].strip() if read else text
        return f"{read} zeropad({access})".strip()

    def input(self, name: str) -> str:
        """Something from outside; where no length is written, an array tells it."""
        told = "forward" in self.ways or self.random.random() < 0.7
        return self.at(f"x{name[0]}", "t") if told else f"a{name}"

    def joined(self, terms: list[str]) -> str:
        random = self.random
        total = " + ".join(terms)
        product = f"{terms[0]} + 1/2 ({' + '.join(terms[1:])})**2" if len(terms) > 1 else total
        return random.choice(
            (
                f"tanh({total})",
                f"sin({total})",
                f"1/2 ({total})",
                product,
                f"sigmoid({total}) - 1/3",
            )
        )

    def finished(self) -> str:
        random = self.random
        fixed = "forward" not in self.ways
        name, way = random.choice(self.states[-2:])
        out = {"": "t", "i": "t, i", "ni": "n, t, i"}[self.kind]
        last = str(self.steps - 1)
        indices = f"_{{{', '.join(self.kind)}}}" if self.kind else ""
        readouts = [
            f"y_{{{out}}} = {self.at(name, 't')} {self.at('v', 't')}",
            f"y_{{{out}}} = {self.at(name, 't')}**2 - 1",
            f"y{indices} = {self.at(name, '1')} + {self.at(self.states[0][0], '0')}**2",
            f"y{indices} = sum_t {self.at(name, 't')} {self.at('v', 't')}",
        ]
        if fixed:
            readouts.append(f"y{indices} = {self.at(name, last)} {self.at(name, '0')}")
        if way == "from before":
            readouts.append(f"y_{{{out}}} = {self.at(name, 't-1')} {self.at(name, 't')}")
        order = list(self.lines)
        if random.random() < 0.3:
            random.shuffle(order)
        declared = [f"index t : {self.steps}"] if fixed else []
        declared += ["index i, k : 2", "index n : 3"][: len(self.kind)]
        return "\n".join([*declared, *order, random.choice(readouts)])
