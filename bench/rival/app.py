"""Its service: no authentication, no history, no rejected rows. `uvicorn bench.rival.app:app --workers 2`."""

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, UploadFile
from pydantic import BaseModel
from sqlalchemy.orm import Session

from bench.engine import FLOATS, score_row
from bench.plain_program import SCORE, answer, read
from bench.rival.tables import Loan, SessionLocal

UPLOADS = Path(os.environ["RIVAL_UPLOADS"])
SEN = 100
app = FastAPI()
router = APIRouter(prefix="/api/v1")


def session() -> Iterator[Session]:
    opened = SessionLocal()
    try:
        yield opened
    finally:
        opened.close()


class Bulk(BaseModel):
    file_path: str


@router.get("/")
def root() -> dict[str, str]:
    return {"status": "BPRS API Running"}


@router.post("/predictions/individual/{loan_id}")
def predict_individual(loan_id: int, database: Annotated[Session, Depends(session)]) -> dict[str, Any]:
    loan = database.get(Loan, loan_id)
    if loan is None:
        raise HTTPException(status_code=404, detail="Loan not found")
    judged = judge(loan)
    loan.credit_score = judged["credit_score"]
    loan.default_probability = judged["default_probability"]
    loan.segment = judged["segment"]
    told = {
        "customer_id": loan.customer_id,
        "credit_score": judged["credit_score"],
        "default_probability": judged["default_probability"],
        "segment": judged["segment"],
        "recommendation": f"Segment {judged['segment'].upper()} - DSR: {round(judged['dsr'] or 0, 2)}",
    }
    database.commit()
    return told


def judge(loan: Loan) -> dict[str, Any]:
    """Score a loan and its customer, who is read when he is asked for."""
    customer = loan.customer
    amounts = (customer.monthly_income or 0, customer.assets_value or 0, loan.principal_amount)
    income, assets, amount = (int(rupiah * SEN) for rupiah in amounts)
    return score_row((income, assets, amount, loan.tenor_months), FLOATS, float)


@router.post("/files/upload")
def upload(file: UploadFile) -> dict[str, str]:
    path = UPLOADS / f"{uuid.uuid4().hex}{Path(file.filename or '').suffix}"
    with path.open("wb") as target:
        shutil.copyfileobj(file.file, target)
    return {"stored_path": str(path)}


@router.post("/predictions/bulk")
def predict_bulk(bulk: Bulk) -> dict[str, Any]:
    return answer(read(Path(bulk.file_path)), SCORE["doubles"])


app.include_router(router)
