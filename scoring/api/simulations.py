"""What a scorecard would do to stored financing, for programs."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from bprs.access.auth import Needs, Request
from bprs.http.fields import Day, Id, MoneyOut, Text
from bprs.http.pages import Page, PageOf, PageQuery
from bprs.jobs.api import JobOut
from bprs.jobs.models import Job
from loans.models import Akad, Purpose
from loans.models import Status as LoanStatus
from scoring.models import ScorecardVersion, Simulation
from scoring.models.simulations import USUAL_LOSS
from scoring.portfolio import Portfolio
from scoring.services.simulate import simulate
from scoring.simulation_figures import Figures, figures_of

router = Router(tags=["scorecards"])


class SimulationIn(Schema):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"statuses": ["disbursed"]}]})

    against: Id | None = Field(None, description="The scorecard to compare with; the one in force, if left out.")
    branches: list[Text] = Field([], max_length=1000, description="Codes; all you may see, if left out.")
    akads: list[Akad] = []
    purposes: list[Purpose] = []
    statuses: list[LoanStatus] = []
    applied_from: Day | None = None
    applied_to: Day | None = None
    disbursed_from: Day | None = None
    disbursed_to: Day | None = None
    loss_given_default: Decimal = Field(USUAL_LOSS, ge=0, le=1, decimal_places=4, description="An assumption.")

    def portfolio(self) -> Portfolio:
        return Portfolio(
            branches=tuple(self.branches),
            akads=tuple(self.akads),
            purposes=tuple(self.purposes),
            statuses=tuple(self.statuses),
            applied_from=self.applied_from,
            applied_to=self.applied_to,
            disbursed_from=self.disbursed_from,
            disbursed_to=self.disbursed_to,
        )


class CellOut(Schema):
    count: int
    amount: MoneyOut


class LineOut(Schema):
    segment: str = Field(description="With the other scorecard; empty for what it did not score.")
    cells: list[CellOut] = Field(description="In the order of `segments`.")


class MatrixOut(Schema):
    segments: list[str] = Field(description="With this scorecard, best first; the last, empty, was not scored.")
    lines: list[LineOut]


class SwapOut(CellOut):
    """`default_rate` counts only financing whose outcome is known; null if none is."""

    known: int
    defaulted: int
    defaulted_amount: MoneyOut
    default_rate: float | None


class ShiftOut(Schema):
    before: float | None
    after: float | None


class LossOut(Schema):
    amount: MoneyOut
    expected: MoneyOut


class GroupOut(CellOut):
    name: str
    score: ShiftOut
    worst: ShiftOut = Field(description="The share in the worst segment.")
    swapped_in: CellOut
    swapped_out: CellOut


class FiguresOut(Schema):
    matrix: MatrixOut
    swapped_in: SwapOut = Field(description="Out of the worst segment.")
    swapped_out: SwapOut = Field(description="Into the worst segment.")
    score: ShiftOut
    gini: ShiftOut
    loss: tuple[LossOut, LossOut] = Field(description="Expected of all of it, before and after.")
    accepted_loss: tuple[LossOut, LossOut] = Field(description="Only of what is better than the worst segment.")
    branches: list[GroupOut]
    akads: list[GroupOut]


class SimulationOut(Schema):
    id: UUID
    scorecard: str = Field(examples=["rescaled-1"])
    content_hash: str
    against: str = Field(examples=["standard-1"])
    against_hash: str
    portfolio: dict[str, list[str] | str] = Field(description="What was chosen; empty for all financing.")
    loss_given_default: float = Field(examples=[0.45])
    loan_count: int
    asked_at: datetime
    finished_at: datetime | None = Field(description="Null while its job has not finished it.")
    job_id: UUID | None

    @staticmethod
    def resolve_scorecard(simulation: Simulation) -> str:
        return simulation.version.label

    @staticmethod
    def resolve_against(simulation: Simulation) -> str:
        return simulation.against.label


class SimulationDetailOut(SimulationOut):
    figures: FiguresOut | None = Field(description="Null while it is not finished.")

    @staticmethod
    def resolve_figures(simulation: Simulation) -> Figures | None:
        return figures_of(simulation) if simulation.is_complete else None


@router.post(
    "/{int:scorecard_id}/simulations",
    auth=Needs("scoring.simulate_card"),
    response={200: SimulationDetailOut, 202: JobOut},
    summary="Simulate a scorecard",
)
def simulate_scorecard(
    request: Request, scorecard_id: int, choices: SimulationIn, response: HttpResponse
) -> Status[Simulation] | Status[Job]:
    """
    Score stored financing with this scorecard and with another one, and compare. Nothing of it is changed.

    Little is answered at once. Much becomes a job: 202, and its address in the header Location; its result names the
    simulation.
    """
    now = timezone.now()
    version = get_object_or_404(ScorecardVersion, pk=scorecard_id)
    simulation = simulate(
        version=version,
        against=get_object_or_404(ScorecardVersion, pk=choices.against)
        if choices.against
        else ScorecardVersion.objects.in_force(now),
        portfolio=choices.portfolio(),
        loss_given_default=choices.loss_given_default,
        asked_by=request.auth.user,
        asked_at=now,
    )
    if simulation.job is None:
        return Status(200, simulation)
    response["Location"] = reverse("api:get_job", args=[simulation.job.pk])
    return Status(202, simulation.job)


@router.get(
    "/{int:scorecard_id}/simulations",
    auth=Needs("scoring.view_simulation"),
    response=Page[SimulationOut],
    summary="List the simulations of a scorecard",
)
def list_simulations(request: Request, scorecard_id: int, page: Query[PageQuery]) -> PageOf[Simulation]:
    """The newest first; those of an earlier content have another content_hash."""
    version = get_object_or_404(ScorecardVersion, pk=scorecard_id)
    seen = Simulation.objects.visible_to(request.auth.user).filter(version=version)
    return page.of(seen.without_contents().select_related("version", "against").order_by("-asked_at", "pk"))


@router.get(
    "/{int:scorecard_id}/simulations/{uuid:simulation_id}",
    auth=Needs("scoring.view_simulation"),
    response=SimulationDetailOut,
    summary="Get a simulation",
)
def get_simulation(request: Request, scorecard_id: int, simulation_id: UUID) -> Simulation:
    seen = Simulation.objects.visible_to(request.auth.user).select_related("version", "against")
    return get_object_or_404(seen, pk=simulation_id, version=scorecard_id)
