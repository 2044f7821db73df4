"""Parts done one after another, within this process."""

from collections.abc import Iterator, Sequence

from scoring.services.portfolio_files.part import Outcome, do_part
from scoring.services.portfolio_files.plan import Task


def do_here(tasks: Sequence[Task]) -> Iterator[Outcome]:
    """Do the parts in their order."""
    for task in tasks:
        yield do_part(task)
