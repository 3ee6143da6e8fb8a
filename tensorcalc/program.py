"""``Program``: formulas, and everything that can be asked of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tensorcalc.calculus import (
    Mode,
    Request,
    carried_out,
    derive,
    per_sample,
    read_component,
    replaced_inputs,
    written_out,
)
from tensorcalc.errors import NotCompilableError, TensorcalcError
from tensorcalc.expr import Definition, Equations, Expr, Index, extent, is_zero, substitute
from tensorcalc.expr.renaming import Renaming, size_names
from tensorcalc.expr.steps import Recorder
from tensorcalc.printing import LatexStyle, matrix_form, to_latex, to_text, to_unicode, vector_form
from tensorcalc.simplify import canonical, digest, normal_form

if TYPE_CHECKING:
    from tensorcalc.check import Equality, Report, Verdict
    from tensorcalc.codegen import Kernel
    from tensorcalc.derivation import Derivation
    from tensorcalc.language.python import Equation, Formula, TensorHandle

__all__ = ["Program", "compare", "einsum", "load", "parse", "program"]

Backend = Literal["numpy", "torch"]


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Formulas over inputs. Immutable; every method returns a new object.

    Made by :func:`parse` and :func:`load`, and by the derivatives of another program.

    Attributes:
        equations: The definitions themselves.
        request: For a derived program, what was asked; else None.
        notes: Remarks of the parser, each one line.

    Example:
        >>> import tensorcalc as tc
        >>> net = tc.parse("z^i = A^i_j y^j")
        >>> print(net.jacobian("z", "A").formulas)
        dz_dA^i_<i1>^j = δ^i_<i1> y^j
    """

    equations: Equations
    request: Request | None = field(default=None, repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs, in order."""
        return tuple(t.name for t in self.equations.inputs)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the outputs: the definitions that no other reads."""
        return self.equations.outputs

    def __getitem__(self, name: str) -> Definition:
        """The definition of ``name``."""
        return self.equations.definition(name)

    def __str__(self) -> str:
        return to_text(self.equations)

    @property
    def formulas(self) -> str:
        """The definitions alone, one a line; ``str()`` also declares what they need."""
        return to_text(self.equations, declarations=False)

    def to_matrix(self, *, latex: bool = False) -> str:
        """The outputs in matrix notation, where they have such a form; else that there is none.

        Derivatives of three or four indices are matrices of vectors, where ``vec`` stacks the
        columns of a matrix and ``K vec(X)`` is ``vec(Xᵀ)``: a Jacobian has the rows of what is
        differentiated and the columns of the variable, a Hessian's block those of its two names.

        Example:
            >>> import tensorcalc as tc
            >>> f = tc.parse("f = 1/2 sum_i (A_ij x_j - b_i)**2")
            >>> print(f.grad("f", "x").to_matrix())
            df_dx = Aᵀ (A x - b)
            >>> print(tc.parse("Y_ij = A_ik X_kl B_lj").jacobian("Y", "X").to_matrix())
            dY_dX = Bᵀ ⊗ A  (vec stacks columns)
        """
        lines: list[str] = []
        whole = self.written_out()
        rows = {} if self.request is None else self.request.leading_axes
        wrt = () if self.request is None else self.request.wrt
        style = LatexStyle(dict.fromkeys((*self.inputs, *wrt), 0))
        for name in self.outputs:
            form = matrix_form(whole[name], latex=latex)
            if form is None and name in rows:
                form = vector_form(whole[name], rows[name], latex=latex)
            shown = style.tensor(name, ()) if latex else name
            none = (
                rf"{shown} \text{{ has no matrix form}}" if latex else f"{name} has no matrix form"
            )
            lines.append(none if form is None else f"{shown} = {form}")
        return "\n".join(lines)

    def to_latex(self) -> str:
        """The definitions as LaTeX, for display mathematics."""
        return to_latex(self.equations)

    def to_unicode(self) -> str:
        """The definitions with all that Unicode offers."""
        return to_unicode(self.equations)

    def _repr_latex_(self) -> str:
        return f"$$\n{self.to_latex()}\n$$"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/plain": str(self), "text/latex": self._repr_latex_()}

    def __eq__(self, other: object) -> bool:
        """The same inputs, definitions and outputs, up to the names of indices and their sizes.

        Sizes that the program names itself must have the same names.
        """
        if not isinstance(other, Program):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        automatic = [name for name in size_names(self.equations) if name.startswith("n_")]
        places = {name: extent(f"n{k}") for k, name in enumerate(automatic)}
        equations = Renaming(sizes=places).equations(self.equations)
        # Digests, because interned nodes made here only live as long as this call.
        inputs = tuple(map(digest, equations.inputs))
        bodies = tuple((digest(d.tensor), digest(_unnamed(d))) for d in equations.definitions)
        facts = tuple(map(digest, equations.facts))
        return inputs, bodies, equations.outputs, facts, equations.sizes

    def equals(self, other: Program, *, seed: int = 0) -> Equality:
        """Whether both are the same function of their inputs, and how that was decided.

        Args:
            other: A program with the same outputs.
            seed: Of the random points, where the normal forms do not decide.

        Returns:
            A record that is true or false, with ``decided_by`` (``"normal form"``,
            ``"modular"`` or ``"numeric"``) and, for a "no", a ``counter_example``.

        Example:
            >>> import tensorcalc as tc
            >>> f = tc.parse("f = (x_i + y_i) (x_i + y_i)")
            >>> bool(f.equals(tc.parse("f = x_i x_i + 2 x_i y_i + y_i y_i")))
            True
        """
        from tensorcalc.check import equal

        return equal(self.equations, other.equations, seed=seed)

    def jacobian(self, of: str, wrt: str | Iterable[str]) -> Program:
        """Every component of ``of`` by every component of ``wrt``.

        Returns:
            A program with the output ``d<of>_d<wrt>`` for each name in ``wrt``. Its axes are
            those of ``of``, then those of ``wrt``, on the opposite level.

        Raises:
            UnknownNameError: A name is not in the program.
            NotDifferentiableError: Something on the way has no derivative.
        """
        return self._derived("jacobian", of, wrt)

    def grad(self, of: str, wrt: str | Iterable[str], *, per: str | None = None) -> Program:
        """The gradient of a scalar, back-propagated: outputs ``d<of>_d<wrt>``.

        Args:
            of: A scalar definition.
            wrt: What to differentiate by.
            per: The name of an index that ``of`` sums over. It is kept open, as the first
                axis of every output: the gradient of each sample's part, without a loop.
        """
        if per is not None:
            return Program(per_sample(self.equations, of, per))._derived("jacobian", of, wrt)
        return self._derived("grad", of, wrt)

    def vjp(self, of: str, wrt: str | Iterable[str]) -> Program:
        """A cotangent pulled back: the new input ``<of>_bar`` and the outputs ``<wrt>_bar``."""
        return self._derived("vjp", of, wrt)

    def jvp(self, of: str, wrt: str | Iterable[str]) -> Program:
        """Tangents pushed forward: the new inputs ``<wrt>_dot`` and the output ``<of>_dot``."""
        return self._derived("jvp", of, wrt)

    def hessian(self, of: str, wrt: str | tuple[str, str] | list[str]) -> Program:
        """Second derivatives of a scalar: outputs ``d2<of>_d<first>_d<second>``.

        Args:
            of: A scalar definition.
            wrt: A name, for the block of it with itself; a pair (a tuple), for one mixed
                block; a list, for every block of the names in it.
        """
        if isinstance(wrt, str):
            pairs = [(wrt, wrt)]
        elif isinstance(wrt, tuple):
            pairs = [(wrt[0], wrt[1])]
        else:
            pairs = [(a, b) for k, a in enumerate(wrt) for b in wrt[k:]]
        return self._derived("hessian", of, [name for pair in pairs for name in pair])

    def hvp(self, of: str, wrt: str | Iterable[str]) -> Program:
        """The Hessian of a scalar times ``<wrt>_dot``: outputs ``<wrt>_hvp``."""
        return self._derived("hvp", of, wrt)

    def _derived(self, mode: Mode, of: str, wrt: str | Iterable[str]) -> Program:
        read = [read_component(name) for name in ((wrt,) if isinstance(wrt, str) else wrt)]
        components = tuple((name, component) for name, component in read if component is not None)
        names = tuple(name for name, _ in read)
        request = Request(mode, of, names, self.equations, components)
        derived = derive(request)
        return Program(derived, request, _notes_on(request, derived))

    def simplify(self) -> Program:
        """Every definition in normal form, derivatives inside formulas carried out.

        Terms and factors stand in an order of their own, whatever that of the input: along the
        indices that join them. Derived programs keep the order of the chain rule until then.

        Example:
            >>> import tensorcalc as tc
            >>> print(tc.parse("x^i = b^i + y^j A^i_j").simplify().formulas)
            x^i = A^i_j y^j + b^i
        """
        return Program(normal_form(carried_out(self.equations)), None, self.notes)

    def written_out(self) -> Program:
        """Every output as one formula, of inputs and of definitions that the user wrote.

        Adjoints and other definitions made on the way are put into their readers.
        """
        keep = self.equations if self.request is None else self.request.source
        names = {d.name for d in keep.definitions}
        return Program(written_out(self.equations, names), None, self.notes)

    def rename(self, names: Mapping[str, str]) -> Program:
        """The program with tensors under other names.

        Raises:
            UnknownNameError: A name is not in the program.
            TensorcalcError: A new name is taken already.

        Example:
            >>> import tensorcalc as tc
            >>> print(tc.parse("z^i = A^i_j y^j").rename({"A": "W"}))
            z^i = W^i_j y^j
        """
        for old, new in names.items():
            self.equations.tensor(old)
            if new in self.equations.names() - names.keys():
                raise TensorcalcError(f"{new} is a name in the program already")
        if len(set(names.values())) < len(names):
            raise TensorcalcError("two tensors cannot have one name")
        return Program(Renaming(names).equations(self.equations), None, self.notes)

    def subs(self, values: Mapping[str, float | Fraction | str]) -> Program:
        """The program with inputs replaced by numbers, and abstract functions by known ones.

        Args:
            values: For an input, the number that every component of it gets; for an abstract
                pointwise function, the name of a function of the catalog.

        Raises:
            UnknownNameError: A name is neither an input nor an abstract function.

        Example:
            >>> import tensorcalc as tc
            >>> net = tc.parse("s^i = sigma(a z^i)")
            >>> print(net.subs({"sigma": "tanh", "a": 2}))
            s^i = tanh(2 z^i)
        """
        return Program(replaced_inputs(self.equations, values), None, self.notes)

    def derivation(self) -> Derivation:
        """The steps that led here, each with the name of its rule.

        Raises:
            TensorcalcError: The program was written, not derived.
        """
        from tensorcalc.derivation import Derivation

        if self.request is None:
            raise TensorcalcError("only a derived program has a derivation: take jacobian, grad, …")
        recorder = Recorder()
        derived = derive(self.request, recorder)
        assert derived is self.equations
        steps = tuple(recorder.steps)
        return Derivation(
            title_of(self.request), self.request.source, derived, steps, self.assumptions
        )

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the result rests on: domains, and values chosen at kinks, one line each."""
        from tensorcalc.derivation import assumptions_of

        if self.request is None:
            return assumptions_of(self.equations)
        source = self.request.source.needed_for((self.request.of,))
        return assumptions_of(source, self.equations)

    def compile(
        self, backend: Backend = "numpy", *, sizes: Mapping[str, int] | None = None
    ) -> Kernel:
        """Compile to a standalone function.

        Args:
            backend: ``"numpy"`` or ``"torch"``.
            sizes: Expected sizes by name, for the choice of the order of contraction; the
                kernel runs with any sizes.

        Raises:
            NotCompilableError: The program holds an abstract function.
        """
        from tensorcalc.codegen import compile_equations

        return compile_equations(carried_out(self.equations), backend, sizes=sizes)

    def check(self, *, backends: Iterable[Backend] | None = None, seed: int = 0) -> Report:
        """Compare with an oracle on generic points: autograd, or differences without Torch.

        Args:
            backends: Those to compile for; by default NumPy, and Torch where it is installed.
            seed: Of the random inputs.
        """
        from tensorcalc.check import available_backends, verify

        names = tuple(backends) if backends is not None else available_backends()
        kernels: dict[str, Kernel] = {}
        try:
            for name in names:
                kernels[name] = self.compile(name)
        except NotCompilableError:
            kernels = {}
        request = self.request or Request("value", self.outputs[0], (), self.equations)
        return verify(carried_out(self.equations), request, kernels=kernels, seed=seed)


def _notes_on(request: Request, derived: Equations) -> tuple[str, ...]:
    """What a reader may not expect: symmetric parts, and derivatives that are 0."""
    wrt = dict.fromkeys(request.wrt)
    symmetric = [name for name in wrt if request.source.tensor(name).symmetry]
    zeros = [n for n in derived.outputs if is_zero(derived.definition(n).body)]
    return (
        *(
            f"{name} is declared symmetric: the derivative by it is the symmetric part G; "
            f"where {name}_ij and {name}_ji count as one variable, it is 2 G - diag(G)"
            for name in symmetric
        ),
        *(f"{name} is 0 for every input" for name in zeros),
    )


def compare(
    answer: str | Program,
    program: Program,
    *,
    of: str,
    wrt: str | Sequence[str] | None = None,
    mode: Mode | None = None,
    syntax: str = "auto",
    seed: int = 0,
) -> Verdict:
    """Is this formula right? Compare an answer with what the program gives.

    Args:
        answer: A formula, in any syntax; ``NAME_{axes} = formula`` fixes the order of axes.
        program: The program the question is about.
        of: What is differentiated, or, without ``wrt``, what is asked for.
        wrt: By what.
        mode: By default the gradient of a scalar, else the Jacobian.
        syntax: As in :func:`parse`.
        seed: Of the random points.

    Example:
        >>> import tensorcalc as tc
        >>> loss = tc.parse("f = x_i A^i_j x^j")
        >>> tc.compare("2 A_ij x_j", loss, of="f", wrt="x").reason
        'symmetric only'
    """
    from tensorcalc.check import compare as verdict_on

    given = answer.equations if isinstance(answer, Program) else answer
    return verdict_on(given, program.equations, of, wrt, mode=mode, syntax=syntax, seed=seed)


def title_of(request: Request) -> str:
    """What was asked, in words."""
    if request.mode == "hessian":
        what = ", ".join(f"({a}, {b})" for a, b in request.blocks)
    else:
        what = ", ".join(request.wrt)
    words = {
        "value": "Value",
        "jacobian": "Jacobian",
        "grad": "Gradient",
        "vjp": "Vector-Jacobian product",
        "jvp": "Jacobian-vector product",
        "hessian": "Hessian",
        "hvp": "Hessian-vector product",
    }
    return f"{words[request.mode]} of {request.of} by {what}"


def parse(
    text: str,
    *,
    syntax: str = "auto",
    variance: str = "euclidean",
    sizes: Mapping[str, int] | None = None,
    ranks: Mapping[str, int] | None = None,
) -> Program:
    """Read a program in the notation.

    Args:
        text: Statements, one a line.
        syntax: ``"auto"``, ``"text"``, ``"latex"`` or ``"matrix"``.
        variance: ``"euclidean"`` (a sum over two slots on one level is a note) or
            ``"strict"`` (it is an error).
        sizes: Sizes of indices by name.
        ranks: Ranks of names in matrix notation.

    Raises:
        NotationError: With every problem found, each with its place in the text.
        TypeError: ``text`` is no text.
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(
            f"parse reads text, not {type(text).__name__}; "
            "equations made with Python's operators are given to tensorcalc.program"
        )
    return _parsed(text, syntax, variance, sizes, ranks, None)


def load(
    path: str | Path,
    *,
    syntax: str = "auto",
    variance: str = "euclidean",
    sizes: Mapping[str, int] | None = None,
    ranks: Mapping[str, int] | None = None,
) -> Program:
    """Read a program from a file of UTF-8 text; the options are those of :func:`parse`.

    Raises:
        NotationError: With every problem found, each with its place in the file.
        OSError: The file cannot be opened.
    """
    from tensorcalc.language.files import read_text

    text = read_text(Path(path))
    return _parsed(text, syntax, variance, sizes, ranks, str(path))


def einsum(subscripts: str, *operands: str | TensorHandle) -> Program:
    """The program of a subscript string, with the output ``result``; rules of ``numpy.einsum``.

    Example:
        >>> import tensorcalc as tc
        >>> print(tc.einsum("bij,jk->bik", "X", "W").formulas)
        result_bik = X_bij W_jk
    """
    from tensorcalc import language

    return Program(language.einsum(subscripts, *operands).equations)


def program(
    *statements: Equation | Formula,
    sizes: Mapping[str, int] | None = None,
    variance: str = "euclidean",
) -> Program:
    """A program from definitions, or one formula, written with Python's operators.

    Example:
        >>> import tensorcalc as tc
        >>> i, j = tc.indices("i j")
        >>> A, y, z = tc.tensors("A y z")
        >>> print(tc.program(tc.define(z[i], A[i, -j] * y[j])))
        z^i = A^i_j y^j
    """
    from tensorcalc.language import python

    parsed = python.program(*statements, sizes=sizes, variance=variance)
    return Program(parsed.equations, None, parsed.messages)


def _parsed(
    text: str,
    syntax: str,
    variance: str,
    sizes: Mapping[str, int] | None,
    ranks: Mapping[str, int] | None,
    filename: str | None,
) -> Program:
    from tensorcalc import language

    parsed = language.parse(
        text, syntax=syntax, variance=variance, sizes=sizes, ranks=ranks, filename=filename
    )
    return Program(parsed.equations, None, parsed.messages)


def _unnamed(definition: Definition) -> Expr:
    """The body in canonical form, with the definition's indices as numbered places."""
    places = {i: Index("", k, i.extent) for k, i in enumerate(definition.indices)}
    return canonical(substitute(definition.body, places))
