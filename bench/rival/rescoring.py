"""
How the earlier program would score its financing again: `python -m bench.rival.rescoring loop|calls ROWS`.

`loop` is the good way, batch by batch; `calls` is what its endpoint does, for one after the other.
"""

import sys

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from bench.process import Stopwatch, tell
from bench.rival.app import judge, predict_individual
from bench.rival.tables import Loan, SessionLocal

BATCH = 1_000


def loop(rows: int) -> int:
    """Read batches by key with their customers; the unit of work updates each in one go."""
    done = last = 0
    with SessionLocal() as session:
        while done < rows:
            asked = select(Loan).options(joinedload(Loan.customer)).where(Loan.id > last).order_by(Loan.id).limit(BATCH)
            batch = session.scalars(asked).all()
            if not batch:
                break
            for loan in batch:
                judged = judge(loan)
                loan.credit_score = judged["credit_score"]
                loan.default_probability = judged["default_probability"]
                loan.segment = judged["segment"]
            last, done = batch[-1].id, done + len(batch)
            session.commit()
            session.expunge_all()
    return done


def calls(rows: int) -> int:
    for number in range(1, rows + 1):
        with SessionLocal() as session:
            predict_individual(number, session)
    return rows


if __name__ == "__main__":
    work = {"loop": loop, "calls": calls}[sys.argv[1]]
    watch = Stopwatch()
    count = work(int(sys.argv[2]))
    tell(**watch.read(), rows=count)
