"""
Where the bins of a card can change while one fact moves and the others stand still.

With k = debt ratio / tenor, a cut-off c of a derived fact lies at one value of each raw fact: the installment P k at
P = c / k, the debt service ratio P k / I at P = c I / k and at I = P k / c, the asset coverage ratio A / P at P = A / c
and at A = c P. Between two neighbouring cut-offs nothing changes, so whoever tries the values on both sides of each has
tried them all.

Values are multiples of a step of at least one rupiah. Doubles find the cut-offs; below Rp 10^15 they are off by less than
a rupiah, and two steps on either side are tried. What a value earns is for the engine to say, exactly.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.engine.arrays import FloatColumn, IntColumn
from scoring.engine.binning import cut_offs_of
from scoring.engine.scorecard import Scorecard
from scoring.engine.vocabulary import LIMITS, SEN_PER_RUPIAH, DerivedFact

STEPS_AROUND: Final = np.arange(-2, 3)
INSTALLMENT: Final = DerivedFact.MONTHLY_INSTALLMENT.value
DSR: Final = DerivedFact.DEBT_SERVICE_RATIO.value
ACR: Final = DerivedFact.ASSET_COVERAGE_RATIO.value

Cuts = npt.NDArray[np.float64]
Values = npt.NDArray[np.int64]


class Critical:
    """The cut-offs of a card, ready to be found again as values of money facts: multiples of `step` sen."""

    def __init__(self, card: Scorecard, *, step: int) -> None:
        self._step, self._debt_ratios = step, card.debt_ratios.doubles
        self._cuts: dict[str, set[float]] = {}
        for each in card.characteristics:
            if not each.is_categorical:
                cuts = self._cuts.setdefault(each.fact, set())
                cuts.update(float(cut_off.value) for cut_off in cut_offs_of(each.numeric_bins))

    def values(self, fact: str, rows: Mapping[str, IntColumn]) -> Values:
        """
        List for every row the values of a money fact around which its bins change; some stand there twice.

        :param rows: the raw numbers of the rows, in sen and months
        :returns: int64 sen, as many lines as rows
        """
        length = len(rows["tenor_months"])
        found = [np.broadcast_to(part, (length, part.shape[-1])) for part in self._places(fact, rows)]
        return self._around(np.hstack(found), fact)

    def amounts_between(self, fact: str, tenor: IntColumn) -> Values:
        """The amounts at which a cut-off of income or of assets meets one of the ratio it is part of."""
        is_income = fact == "monthly_income"
        cuts, own = _positive(self._of(DSR if is_income else ACR))[:, None], self._money(fact)
        amounts = cuts * own / self._share(tenor) if is_income else own / cuts
        found: Values = self._around(amounts.reshape(1, -1), "loan_amount")[0]
        return found

    def _places(self, fact: str, rows: Mapping[str, IntColumn]) -> Iterator[Cuts]:
        """In sen, one line for all rows or one for each."""
        amount, income, assets = (rows[name][:, None] for name in ("loan_amount", "monthly_income", "assets_value"))
        share = self._share(rows["tenor_months"])[:, None]
        yield np.array([LIMITS[fact].lowest, LIMITS[fact].highest, *self._money(fact)], dtype=np.float64)
        if fact == "loan_amount":
            yield self._money(INSTALLMENT) / share
            yield self._of(DSR) * income / share
            yield assets / _positive(self._of(ACR))
        elif fact == "monthly_income":
            yield amount * share / _positive(self._of(DSR))
        else:
            yield amount * self._of(ACR)

    def _share(self, tenors: IntColumn) -> FloatColumn:
        """What one installment is of the amount."""
        share: FloatColumn = self._debt_ratios[tenors] / tenors
        return share

    def _of(self, fact: str) -> Cuts:
        return np.array(sorted(self._cuts.get(fact, ())), dtype=np.float64)

    def _money(self, fact: str) -> Cuts:
        return self._of(fact) * SEN_PER_RUPIAH

    def _around(self, cuts: Cuts, fact: str) -> Values:
        lowest, highest = -(-LIMITS[fact].lowest // self._step), LIMITS[fact].highest // self._step
        steps = np.clip(np.floor(cuts / self._step), lowest, highest).astype(np.int64)
        around = np.clip(steps[..., None] + STEPS_AROUND, lowest, highest) * self._step
        lines: Values = around.reshape(len(cuts), -1)
        return lines


def _positive(cuts: Cuts) -> Cuts:
    return cuts[cuts > 0]
