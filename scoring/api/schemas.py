"""What scoring answers over HTTP."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import BaseModel, ConfigDict, Field

from bprs.http.fields import MoneyOut, Text
from bprs.jobs.api import JobError
from loans.models import Segment
from scoring.engine import Fault
from scoring.models import CardStatus, ScoringRun, Source
from scoring.selectors import Explanation, Told, file_warnings


class StrengthOut(BaseModel):
    """A characteristic, and what it gave."""

    characteristic: str = Field(examples=["acr"])
    label: str
    bin: str
    points: int
    max_points: int
    text: str = Field(
        description="For people, in the language of the request.",
        examples=["Assets 2 times the financing: the most points there are."],
    )


class ReasonOut(StrengthOut):
    """A characteristic that gave fewer points than it could have given."""

    points_lost: int
    code: Fault
    text: str = Field(
        description="For people, in the language of the request: the applicant's figure, and the nearest that gives more.",
        examples=["Installment 52% of income; at most 40% adds 100 points."],
    )


class JudgementOut(BaseModel):
    """What a scorecard says of one application, and why."""

    credit_score: int = Field(examples=[600])
    default_probability: float = Field(examples=[0.15])
    segment: Segment = Field(description="The risk: low is good.", examples=["medium"])
    recommendation: str = Field(examples=["Segment MEDIUM - DSR: 0.19"])
    raw_score: int = Field(description="Before it was held to the card's range.", examples=[600])
    points: dict[str, int] = Field(examples=[{"dsr": 150, "acr": 100, "tenor": 50}])
    bins: dict[str, str] = Field(description="The bin that gave the points.")
    reasons: list[ReasonOut] = Field(description="Where points were lost, most first.")
    strengths: list[StrengthOut] = Field(description="Where nothing gives more, what gained most first.")
    dsr: float | None = Field(description="Debt service ratio, to 2 decimals; null without income.", examples=[0.19])
    dsr_percent: float | None = Field(examples=[19.17])
    monthly_installment: MoneyOut = Field(examples=[958333.33])
    incomplete: list[str] = Field(description="Facts that were not known and taken as zero.")
    scorecard: str = Field(examples=["standard-1"])


class ScoreOut(JudgementOut):
    customer_id: int = Field(examples=[1])
    loan_id: int = Field(examples=[1])
    scored_at: datetime
    run_id: UUID


class BulkIn(Schema):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"file_path": "upload_Kx3..."}]})

    file_path: Text = Field(min_length=1, max_length=500, description="The stored_path of POST /files/upload.")
    sheet: Text = Field("", max_length=255, description="Which sheet of a workbook that has several.")
    locale: Literal["id", "en"] = Field(
        "id", description="What groups thousands where the file itself does not tell: id the point, en the comma."
    )


class ResultRow(Schema):
    row_index: int | None = Field(description="Data row, from 0; null for a stored loan.", examples=[0])
    row_number: int | None = Field(description="As the spreadsheet program shows it.", examples=[2])
    loan_id: int | None = None
    score: int = Field(examples=[600])
    segment: Segment = Field(examples=["medium"])
    default_probability: float = Field(examples=[0.15])


class ErrorRow(Schema):
    row_index: int | None = Field(examples=[3])
    row_number: int | None = Field(examples=[5])
    loan_id: int | None = None
    column: str = Field(description="As the file calls it.", examples=["Tenor"])
    code: str = Field(examples=["not_whole"])
    message: str


class FileWarningOut(Schema):
    """What to look at again in the file as a whole; it refused nothing."""

    code: str = Field(examples=["numbers_by_locale"])
    message: str = Field(examples=["5.000 is read as 5,000: no cell of the file says otherwise."])


class BulkOut(Schema):
    total_rows: int = Field(
        description="Rows scored. rows_read = total_rows + rejected_rows + blank_rows.", examples=[3]
    )
    high_risk_count: int = Field(examples=[2])
    results: list[ResultRow]
    rows_read: int = Field(examples=[3])
    rejected_rows: int = Field(examples=[0])
    blank_rows: int = Field(examples=[0])
    errors: list[ErrorRow]
    warnings: list[FileWarningOut]
    run_id: UUID
    scorecard: str = Field(examples=["standard-1"])


class RunOut(Schema):
    id: UUID
    scorecard: str = Field(alias="version.label", examples=["standard-1"])
    scored_by: str = Field(alias="scored_by.username", examples=["ao1"])
    scored_at: datetime
    source: Source
    filename: str | None = Field(alias="stored_file.filename", default=None)
    rows_read: int
    total_rows: int = Field(alias="scored_count", description="Rows scored.")
    rejected_rows: int = Field(alias="rejected_count")
    blank_rows: int = Field(alias="blank_count")
    high_risk_count: int
    is_complete: bool = Field(description="While it is not, see the job, if there is one.")
    job_id: UUID | None = Field(description="The job of a large file.")
    error: JobError | None = Field(description="Why the job failed.")
    warnings: list[FileWarningOut]

    @staticmethod
    def resolve_error(run: ScoringRun) -> dict[str, Any] | None:
        return (run.job.error or None) if run.job else None

    @staticmethod
    def resolve_warnings(run: ScoringRun) -> list[dict[str, str]]:
        return file_warnings(run)


class ScorecardOut(Schema):
    id: int
    scorecard: str = Field(alias="label", examples=["standard-1"])
    name: str = Field(examples=["standard"])
    number: int = Field(examples=[1])
    status: CardStatus = Field(examples=["in_force"])
    content_hash: str
    created_at: datetime


class ScorecardDetailOut(ScorecardOut):
    definition: dict[str, Any] = Field(description="The card itself: bins, points, bands.")


def score_out(explanation: Explanation) -> ScoreOut:
    """The score of a stored loan; rows of files have a form of their own."""
    score = explanation.score
    if score.loan is None:
        raise ValueError("the row of a file is no loan")
    return ScoreOut(
        **judgement_of(explanation),
        customer_id=score.loan.customer_id,
        loan_id=score.loan.pk,
        scored_at=score.run.scored_at,
        run_id=score.run_id,
    )


def judgement_of(explanation: Explanation) -> dict[str, Any]:
    """The fields of a `JudgementOut`."""
    score, dsr = explanation.score, explanation.score.debt_service_ratio
    return {
        "credit_score": score.credit_score,
        "default_probability": float(score.default_probability),
        "segment": Segment(score.segment),
        "recommendation": explanation.recommendation,
        "raw_score": score.raw_score,
        "points": score.points,
        "bins": score.bins,
        "reasons": [_reason_out(told) for told in explanation.told_reasons()],
        "strengths": [StrengthOut(**_given_out(told)) for told in explanation.told_strengths()],
        "dsr": None if dsr is None else round(dsr, 2),
        "dsr_percent": None if dsr is None else round(100 * dsr, 2),
        "monthly_installment": score.monthly_installment,
        "incomplete": explanation.incomplete,
        "scorecard": explanation.card_label,
    }


def _reason_out(told: Told) -> ReasonOut:
    return ReasonOut(**_given_out(told), points_lost=told.given.lost, code=Fault(told.code))


def _given_out(told: Told) -> dict[str, Any]:
    return {
        "characteristic": told.given.name,
        "label": told.given.label,
        "bin": told.given.bin_label,
        "points": told.given.points,
        "max_points": told.given.max_points,
        "text": told.text,
    }
