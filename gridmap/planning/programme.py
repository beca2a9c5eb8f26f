r"""
Linear and mixed-integer programmes, solved by HiGHS.

The only file that knows the solver. A programme is
:math:`\min c^T x` with :math:`l \le A x \le u`, :math:`0 \le x \le b`, some of x whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmap.planning.clock import Clock

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]
Verdict: TypeAlias = Literal["optimal", "feasible", "infeasible", "unknown"]

SOLVER = f"HiGHS {highspy.Highs().version()}"  # type: ignore[no-untyped-call]
SEED = 20230701
THREADS = 2
WHOLE = 1e-6
INTERRUPTS = (
    highspy.cb.HighsCallbackType.kCallbackMipInterrupt,
    highspy.cb.HighsCallbackType.kCallbackSimplexInterrupt,
    highspy.cb.HighsCallbackType.kCallbackIpmInterrupt,
)
VERDICT: dict[highspy.HighsModelStatus, Verdict] = {
    highspy.HighsModelStatus.kOptimal: "optimal",
    highspy.HighsModelStatus.kModelEmpty: "optimal",
    highspy.HighsModelStatus.kInfeasible: "infeasible",
    highspy.HighsModelStatus.kUnboundedOrInfeasible: "infeasible",
}


@dataclass(frozen=True, eq=False)
class Programme:
    """
    A linear or mixed-integer programme.

    Parameters
    ----------
    cost
        n costs.
    upper
        n upper limits of x; the lower are nought unless `lower` says otherwise.
    matrix
        m × n.
    row_lower, row_upper
        m limits of the rows, infinite where there is none.
    whole
        Which of x are whole numbers; None: none of them.
    lower
        n lower limits of x.
    """

    cost: Floats
    upper: Floats
    matrix: csr_array
    row_lower: Floats
    row_upper: Floats
    whole: Bools | None = None
    lower: Floats | None = None

    @property
    def grain(self) -> float:
        """1 if every plan costs a whole number, because costs and their x are; else 0."""
        if self.whole is None or not self.whole[self.cost != 0].all():
            return 0.0
        return 1.0 if (self.cost == np.rint(self.cost)).all() else 0.0


@dataclass(frozen=True, eq=False)
class Outcome:
    """
    What the solver found.

    Parameters
    ----------
    verdict
        "feasible" is a solution that is not proved the best; "unknown": none was found in time.
    values
        x, or None.
    cost, bound
        Of the solution (infinite without one), and what is proved.
    duals
        One a row, of a programme without whole numbers.
    """

    verdict: Verdict
    values: Floats | None
    cost: float
    bound: float
    duals: Floats | None = None


def solve(
    programme: Programme,
    clock: Clock,
    *,
    start: Floats | None = None,
    limit_s: float | None = None,
    offset: float | None = 0.0,
) -> Outcome:
    """
    Solve a programme.

    Parameters
    ----------
    programme
        What is asked.
    clock
        Of the whole search: the solver stops when it is over.
    start
        A solution to begin with.
    limit_s
        Seconds for this programme, if fewer than the clock has left.
    offset
        What the caller's cost has above the programme's, for reports to the watch; None: the
        programme is a part only, and its figures are nobody's business.

    Returns
    -------
    Outcome
        With the same seed and threads the same answer, unless time cuts it short.
    """
    if not clock.goes_on():
        return Outcome("unknown", None, np.inf, -np.inf)
    if not len(programme.cost):
        holds = (programme.row_lower <= 0).all() and (programme.row_upper >= 0).all()
        return Outcome("optimal", np.zeros(0), 0.0, 0.0) if holds else _impossible()
    limit = clock.left_s if limit_s is None else min(limit_s, clock.left_s)
    highs = _load(programme, max(limit, 0.01))
    if start is not None:
        highs.setSolution(len(start), np.arange(len(start), dtype=np.int32), start)
    _listen(highs, clock, offset, is_whole=programme.whole is not None)
    highs.run()
    return _outcome(highs, programme)


def row_matrix(rows: list[tuple[Ints, Floats]], n: int) -> csr_array:
    """
    Put rows of columns and coefficients together.

    Parameters
    ----------
    rows
        Column numbers and their coefficients, row by row.
    n
        Number of columns.

    Returns
    -------
    scipy.sparse.csr_array, one row each
    """
    lengths = [len(columns) for columns, _ in rows]
    columns = np.concatenate([columns for columns, _ in rows] or [np.zeros(0, dtype=np.int64)])
    values = np.concatenate([values for _, values in rows] or [np.zeros(0)])
    matrix = csr_array((values, columns, np.cumsum([0, *lengths])), shape=(len(rows), n))
    matrix.sum_duplicates()
    return matrix


def _load(programme: Programme, limit_s: float) -> highspy.Highs:
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)  # noqa: FBT003 - the solver's own interface
    highs.setOptionValue("time_limit", float(limit_s))
    highs.setOptionValue("random_seed", SEED % 2**31)
    highs.setOptionValue("threads", THREADS)
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.setOptionValue("mip_abs_gap", 0.999 if programme.grain else 1e-6)
    n, none, no_index = len(programme.cost), np.zeros(0), np.zeros(0, dtype=np.int32)
    lower = np.zeros(n) if programme.lower is None else programme.lower
    starts = np.zeros(n, dtype=np.int32)
    highs.addCols(n, programme.cost, lower, programme.upper, 0, starts, no_index, none)
    if programme.whole is not None:
        at = np.flatnonzero(programme.whole).astype(np.int32)
        kind = np.full(len(at), highspy.HighsVarType.kInteger)
        highs.changeColsIntegrality(len(at), at, kind)
    matrix = programme.matrix
    highs.addRows(
        matrix.shape[0],
        programme.row_lower,
        programme.row_upper,
        matrix.nnz,
        matrix.indptr[:-1].astype(np.int32),
        matrix.indices.astype(np.int32),
        matrix.data.astype(float),
    )
    return highs


def _listen(highs: highspy.Highs, clock: Clock, offset: float | None, *, is_whole: bool) -> None:
    def heard(
        kind: highspy.cb.HighsCallbackType,
        _text: str,
        out: highspy.cb.HighsCallbackOutput,
        into: highspy.cb.HighsCallbackInput,
        _data: object,
    ) -> None:
        if int(kind) == int(INTERRUPTS[0]) and offset is not None and is_whole:
            best, bound = out.mip_primal_bound, out.mip_dual_bound
            clock.found(best + offset if best < highspy.kHighsInf else None, bound + offset)
        if not clock.goes_on():
            into.user_interrupt = True

    highs.setCallback(heard, None)
    for interrupt in INTERRUPTS:
        highs.startCallback(interrupt)


def _outcome(highs: highspy.Highs, programme: Programme) -> Outcome:
    verdict = VERDICT.get(highs.getModelStatus(), "unknown")
    info, solution = highs.getInfo(), highs.getSolution()
    if verdict == "infeasible":
        return _impossible()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    if programme.whole is None:
        if verdict != "optimal":
            return Outcome("unknown", None, np.inf, -np.inf)
        cost = info.objective_function_value
        values = np.array(solution.col_value)
        return Outcome(verdict, values, cost, cost, np.array(solution.row_dual))
    bound = info.mip_dual_bound
    if not found:
        return Outcome("unknown", None, np.inf, bound)
    values = np.array(solution.col_value)
    values[programme.whole] = np.rint(values[programme.whole])
    cost = float(programme.cost @ values)
    bound = cost if verdict == "optimal" else min(cost, bound)
    return Outcome("optimal" if verdict == "optimal" else "feasible", values, cost, bound)


def _impossible() -> Outcome:
    return Outcome("infeasible", None, np.inf, np.inf)
