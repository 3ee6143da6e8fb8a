"""The state of one generation: statements so far, names, and the code of each node."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from tensorcalc.arrays.nodes import Array, Input
from tensorcalc.codegen.code import ATOM, Code
from tensorcalc.codegen.dialect import Dialect
from tensorcalc.codegen.extents import Sizes
from tensorcalc.codegen.names import Names
from tensorcalc.expr import Extent
from tensorcalc.plan import SizeTable

__all__ = ["LONGEST_INLINE", "Emitter"]

#: An expression longer than this gets a variable of its own.
LONGEST_INLINE = 56


class Emitter:
    """Collects statements; decides what becomes a variable and what stays inside its reader.

    Attributes:
        dialect: How primitives are written.
        names, sizes: Identifiers and extents of this source.
        numbers: Typical numbers for extents, for choices between equivalent forms.
        uses: How often each node is read.
        code: The expression of each node done so far.
    """

    def __init__(
        self,
        dialect: Dialect,
        names: Names,
        numbers: SizeTable,
        uses: dict[Array, int],
        wished: dict[Array, str],
        axis_names: dict[Array, tuple[str, ...]],
        orders: dict[Array, tuple[int, ...]],
    ) -> None:
        self.dialect = dialect
        self.names = names
        self.sizes = Sizes(names)
        self.numbers = numbers
        self.uses = uses
        self.code: dict[Array, Code] = {}
        self.lines: list[str] = []
        self.depth = 0
        #: Extents that must not be negative, and what is wrong where one is.
        self.rooms: dict[Extent, str] = {}
        #: How many steps the loops around make, by the name of the step.
        self.steps: dict[str, Extent] = {}
        #: The variable that counts the steps of loops over an index of that name.
        self.step_names: dict[str, str] = {}
        #: How many entries each variable holds.
        self.entries: dict[str, int] = {}
        #: The variables that hold spectra: of what array, along which of its axes, how long.
        self.spectra: dict[tuple[Array, tuple[int, ...], tuple[Extent, ...]], str] = {}
        #: Windows whose largest places are wanted, and whether the maxima themselves are;
        self.unpooled: dict[Array, bool] = {}
        #: the variables that hold both.
        self.pooled: dict[Array, tuple[str, str]] = {}
        #: Matrices of several systems: the variables of their factors, and the axis of equations.
        self.factored: dict[Array, tuple[str, int] | None] = {}
        self.helpers: dict[str, None] = {}
        self.needs_strides = False
        self._shared: dict[str, str] = {}
        self._wished = wished
        self._axis_names = axis_names
        self._orders = orders

    def line(self, text: str) -> None:
        """Add a statement."""
        self.lines.append(f"{'    ' * self.depth}{text}")

    def done(self, node: Array, code: Code) -> None:
        """Record the code of ``node``; it becomes a variable if it is named or read twice."""
        assert len(code.axes) == len(node.shape), node
        wished = self._wished.get(node)
        if node in self.code:
            return  # it wrote its own statements
        if code.kind == "python" and wished is None:
            self.code[node] = code
        elif wished is not None and not code.text.isidentifier():
            self.code[node] = self.assign(node, code, self.names.take(wished))
        elif self._needs_variable(node, code):
            self.code[node] = self.assign(node, code, self.names.temporary())
        else:
            self.code[node] = code

    def _needs_variable(self, node: Array, code: Code) -> bool:
        if self.uses.get(node, 0) > 1:
            return code.level != ATOM or _makes_an_array(code)
        return code.level != ATOM and len(code.text) > LONGEST_INLINE

    def assign(self, node: Array, code: Code, name: str) -> Code:
        """Assign ``code`` to a variable, with its axes in a comment."""
        self.line(f"{name} = {code.base or code.text}{self.comment(node, code)}")
        self.entries[name] = prod(self.numbers(size) for size in node.shape)
        for update in code.updates:
            self.line(update.format(name))
        return code.named(name)

    def is_last_use(self, node: Array) -> bool:
        """Whether the one node that reads ``node`` may use its memory."""
        return self.uses.get(node, 0) == 1 and self.code[node].owned

    def variable(self, node: Array) -> Code:
        """The code of ``node`` as a name, so that it may be written several times."""
        code = self.code[node]
        if not code.text.isidentifier():
            code = self.assign(node, code, self.names.temporary())
            self.code[node] = code
        return code

    def shared(self, text: str, array: Array) -> str:
        """A variable for a view of ``array``; of an input, which does not change, only one."""
        name = self._shared.get(text)
        if name is None:
            name = self.names.temporary()
            self.line(f"{name} = {text}")
            if isinstance(array, Input):
                self._shared[text] = name
        return name

    def comment(self, node: Array, code: Code) -> str:
        """The axes of an array, in the order in memory."""
        names = self._axis_names.get(node, ())
        if not code.axes or len(names) != len(code.axes):
            return ""
        return f"  # [{', '.join(names[k] or '·' for k in code.axes)}]"

    def order_of(self, node: Array) -> tuple[int, ...] | None:
        """The order of axes in memory that readers of ``node`` would like."""
        return self._orders.get(node)

    def preferred(self, node: Array) -> str | None:
        """The name of ``node`` if it is a definition."""
        return self._wished.get(node)

    def real(self, code: Code) -> Code:
        """``code`` as real numbers."""
        if code.kind in ("real", "python"):
            return code
        text = self.dialect.real(code.at_most(ATOM))
        return Code(text, ATOM, code.axes)

    def aligned(self, code: Code, own: Sequence[int], target: Sequence[int]) -> Code:
        """``code`` with axes in the order of ``target``; missing ones get extent 1.

        Args:
            code: An array.
            own: The label of each of the node's axes.
            target: Labels wanted, in order.
        """
        if code.kind == "python":
            return code
        present = code.labels(own)
        wanted = [k for k in target if k in present]
        assert len(wanted) == len(present), (present, target)
        text, level = code.text, code.level
        if wanted != present:
            order = [present.index(k) for k in wanted]
            text, level = self.dialect.permute(code.at_most(ATOM), order), ATOM
        first = next((n for n, k in enumerate(target) if k in present), len(target))
        missing = [k not in present for k in target[first:]]
        if any(missing):
            inside = ", ".join("None" if m else ":" for m in missing)
            base = text if level == ATOM else f"({text})"
            text, level = f"{base}[{inside}]", ATOM
        if text == code.text:
            return code
        return Code(text, level, code.axes, code.kind, code.owned and code.level != ATOM)

    def permuted(self, code: Code, present: Sequence[int], target: Sequence[int]) -> str:
        """The text of an array with its axes in another order, as an atom."""
        if list(present) == list(target):
            return code.at_most(ATOM)
        order = [list(present).index(k) for k in target]
        return self.dialect.permute(code.at_most(ATOM), order)


def _makes_an_array(code: Code) -> bool:
    """Whether writing the code twice would compute it twice, or change its memory twice."""
    return code.owned and not code.text.isidentifier()
