"""Facts: what is known of many applications, column by column, in whole sen and months."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Self

import numpy as np

from scoring.engine.arrays import AnyColumn, CodeColumn, IntColumn, Mask
from scoring.engine.parsing import Values, parse_numbers, parse_words
from scoring.engine.refusals import RefusalCode, first_refusals, refusal_index
from scoring.engine.vocabulary import NUMERIC_FACTS, RAW_FACTS, FactKind, scale_of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facts:
    """
    Columns of one length.

    - `columns`: money as int64 sen, whole numbers as int64, categories as object or str arrays.
    - `missing`: by name, True where a value is missing; a name left out misses nothing.
    - `refusals`: uint8 index into `REFUSALS` of what was already found wrong while building; None for nothing.

    :raises ValueError: for an unknown name, a wrong type or unequal lengths - a mistake of the caller, never of a row
    """

    columns: Mapping[str, AnyColumn]
    missing: Mapping[str, Mask] = field(default_factory=dict)
    refusals: CodeColumn | None = None

    def __post_init__(self) -> None:
        if not self.columns:
            raise ValueError("Facts have at least one column.")
        for name, column in self.columns.items():
            _check_column(name, column)
        parts = [*self.columns.values(), *self.missing.values(), *([] if self.refusals is None else [self.refusals])]
        if len({part.shape for part in parts}) != 1:
            raise ValueError("The columns of facts have one dimension and one length.")

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    @classmethod
    def from_values(
        cls,
        *,
        monthly_income: Values | None = None,
        assets_value: Values | None = None,
        loan_amount: Values | None = None,
        tenor_months: Values | None = None,
        akad: Values | None = None,
        purpose: Values | None = None,
    ) -> Self:
        """
        Build facts from any sequences: rupiah and months as int, float, Decimal or numpy numbers; None is missing.

        A value that is no usable number never raises: its row carries a coded refusal. A column that is not given
        is missing for every row.
        """
        given = {
            "monthly_income": monthly_income,
            "assets_value": assets_value,
            "loan_amount": loan_amount,
            "tenor_months": tenor_months,
            "akad": akad,
            "purpose": purpose,
        }
        return cls._from_parsed({name: _parse(name, values) for name, values in given.items() if values is not None})

    @classmethod
    def from_sen(  # noqa: PLR0913 - one parameter per raw fact
        cls,
        *,
        monthly_income: IntColumn,
        assets_value: IntColumn,
        loan_amount: IntColumn,
        tenor_months: IntColumn,
        akad: AnyColumn | None = None,
        purpose: AnyColumn | None = None,
        missing: Mapping[str, Mask] | None = None,
    ) -> Self:
        """Take int64 columns as they are: three of sen, one of months. Nothing is copied."""
        columns: dict[str, AnyColumn] = {
            "monthly_income": monthly_income,
            "assets_value": assets_value,
            "loan_amount": loan_amount,
            "tenor_months": tenor_months,
        }
        columns |= {name: column for name, column in (("akad", akad), ("purpose", purpose)) if column is not None}
        return cls(columns=columns, missing=missing or {})

    @classmethod
    def _from_parsed(cls, parsed: Mapping[str, tuple[AnyColumn, dict[RefusalCode, Mask]]]) -> Self:
        columns = {name: column for name, (column, _) in parsed.items()}
        missing = {
            name: masks.pop(RefusalCode.MISSING) for name, (_, masks) in parsed.items() if RefusalCode.MISSING in masks
        }
        facts = cls(columns=columns, missing=missing)
        found = [
            mask * np.uint8(refusal_index(name, code))
            for name, (_, masks) in parsed.items()
            for code, mask in masks.items()
        ]
        return cls(columns=columns, missing=missing, refusals=reduce(first_refusals, found)) if found else facts

    def take(self, rows: AnyColumn | slice) -> Self:
        """Pick rows by a slice (without copying), by positions or by a mask."""
        return type(self)(
            columns={name: column[rows] for name, column in self.columns.items()},
            missing={name: mask[rows] for name, mask in self.missing.items()},
            refusals=None if self.refusals is None else self.refusals[rows],
        )


def _parse(name: str, values: Values) -> tuple[AnyColumn, dict[RefusalCode, Mask]]:
    if RAW_FACTS[name] is FactKind.CATEGORY:
        return parse_words(values)
    parsed = parse_numbers(values, scale=scale_of(name))
    return parsed.values, parsed.refused


def _check_column(name: str, column: AnyColumn) -> None:
    if name not in RAW_FACTS:
        raise ValueError(f"{name} is not a fact: the facts are {', '.join(RAW_FACTS)}.")
    if column.ndim != 1:
        raise ValueError("The columns of facts have one dimension and one length.")
    if name in NUMERIC_FACTS and column.dtype != np.int64:
        raise ValueError(f"{name} is an int64 column; use Facts.from_values for anything else.")
    if name not in NUMERIC_FACTS and column.dtype.kind not in "OU":
        raise ValueError(f"{name} is a column of words.")
