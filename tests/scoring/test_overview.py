import pytest
from scoring.services.overview import refresh_overview
from scoring.models import OverviewCell
from tests.factories import NOW
from tests.scoring.decided import Desk, reason
from tests.factories import make_card_in_force, make_loan
pytestmark = pytest.mark.django_db
def test_x():
    make_card_in_force()
    desk = Desk()
    loan = desk.recommended()
    desk.decide(loan)
    make_loan(status="disbursed", collectibility=3)
    refresh_overview(at=NOW)
    for c in OverviewCell.objects.values(): print(c)
    assert 0
