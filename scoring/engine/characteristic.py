"""A characteristic: one fact cut into bins that leave nothing out and count nothing twice."""

from dataclasses import dataclass

from scoring.engine.bins import check_text
from scoring.engine.coverage import check_fact, check_name, coverage_faults
from scoring.engine.errors import refuse_first
from scoring.engine.sketch import Sketch


@dataclass(frozen=True, slots=True, kw_only=True)
class Characteristic(Sketch):
    """:raises ScorecardError: if a value could fall into no bin or into two"""

    def __post_init__(self) -> None:
        check_name(self.name)
        check_text(self.label, where=f"the label of {self.name}")
        check_fact(self.fact, of=self.name)
        refuse_first(coverage_faults(self))
