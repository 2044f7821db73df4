"""Scorecards in the back office: drafts edited as tables, proposed by one and approved by another."""

import re
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from scoring.engine import RESCALED_1
from scoring.models import CardProposal, ScorecardVersion
from tests.admin_client import logged_in, page_of
from tests.factories import make_branch, make_card_in_force, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _card():
    make_card_in_force()


@pytest.fixture
def silvia():
    return make_user("silvia", is_staff=True, group="Risk staff")


@pytest.fixture
def arif():
    return make_user("arif", is_staff=True, group="Risk staff")


def url(name, version) -> str:
    return reverse(f"admin:scoring_scorecardversion_{name}", args=[version.pk])


def act(user, version, what, **typed):
    return logged_in(user).post(url("act", version), {"what": what, **typed}, follow=True)


@pytest.fixture
def standard():
    return ScorecardVersion.objects.get(name="standard", number=1)


@pytest.fixture
def draft(silvia, standard):
    act(silvia, standard, "copy", name="standard", reason="Low")
    return ScorecardVersion.objects.get(name="standard", number=2)


def form_of(page: str) -> dict[str, str | list[str]]:
    """What a browser would send of the editor, with the cut-offs that stand in two rows sent twice."""
    fields: dict[str, list[str]] = {}
    for tag, attributes in re.findall(r"<(input|select)\b([^>]*)>", page.split('id="card-editor"', 1)[1]):
        name = re.search(r'name="([^"]+)"', attributes)
        if name and tag == "input":
            value = re.search(r'value="([^"]*)"', attributes)
            fields.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.findall(r'value="([^"]*)" selected', options) or re.findall(r'value="([^"]*)"', options)
        fields.setdefault(name, []).append(chosen[0])
    return {name: values for name, values in fields.items() if name != "csrfmiddlewaretoken"}


def edit(user, version, **typed):
    """Open the editor, type, and send it."""
    client = logged_in(user)
    sent = {**form_of(page_of(client, url("edit", version))), "what": "save", **typed}
    return client.post(url("edit", version), sent, follow=True)


def reread(version) -> ScorecardVersion:
    return ScorecardVersion.objects.with_status(timezone.now()).get(pk=version.pk)


class TestTheEditor:
    def test_writes_what_was_typed(self, draft, silvia):
        edit(
            silvia,
            draft,
            base_points="575",
            **{"c0.b1.points": "137", "c2.label": "Tenor bulan", "rate": "12,5"},
            reason="New",
        )

        card = reread(draft).card
        assert (card.base_points, card.characteristics[0].bins[1].points) == (575, 137)
        assert (card.characteristics[2].label, str(card.margin.rate)) == ("Tenor bulan", "0.125")
        assert draft.history.latest().history_change_reason == "New"

    def test_writes_nothing_where_nothing_was_typed(self, draft, silvia, standard):
        edit(silvia, draft)

        assert reread(draft).definition == {**standard.definition, "version": "standard-2"}
        assert draft.history.count() == 1

    @pytest.mark.parametrize("typed", [["0,35", "0.40"], ["0.40", "0.35"]])
    def test_moves_a_cut_off_typed_in_either_of_its_rows(self, draft, silvia, typed):
        edit(silvia, draft, **{"c0.cut1": typed})

        third, fourth = reread(draft).definition["characteristics"][0]["bins"][2:4]
        assert (third["label"], third["at_most"], fourth["above"]) == ("≤ 0.35", "0.35", "0.35")

    def test_changes_the_shape_without_saving(self, draft, silvia):
        client = logged_in(silvia)
        sent = {**form_of(page_of(client, url("edit", draft))), "base_points": "575", "what": "split 0 2"}

        page = client.post(url("edit", draft), sent).content.decode()

        assert form_of(page)["base_points"] == ["575"]
        assert form_of(page)["c0.cut1"] == ["0.35", "0.35"]
        assert reread(draft).content_hash == draft.content_hash

    def test_saves_the_shape_it_was_given(self, draft, silvia):
        client = logged_in(silvia)
        sent = {**form_of(page_of(client, url("edit", draft))), "what": "merge 1 1"}
        page = client.post(url("edit", draft), sent).content.decode()

        client.post(url("edit", draft), {**form_of(page), "what": "save"})

        assert [bin_.label for bin_ in reread(draft).card.characteristics[1].bins] == ["≥ 0.8", "below 0.8"]

    def test_answers_while_one_types(self, draft, silvia):
        client = logged_in(silvia)
        sent = {**form_of(page_of(client, url("edit", draft))), "base_points": "400", "what": "save"}

        answer = client.post(f"{url('edit', draft)}?check", sent).content.decode()

        shown = re.search(r'data-testid="range">([0-9]+)[^0-9]+([0-9]+)<', answer)
        assert shown
        assert shown.groups() == ("300", "700")
        assert reread(draft).card.base_points == 300

    def test_keeps_what_is_no_number_and_lets_nobody_propose_it(self, draft, silvia):
        edit(silvia, draft, **{"c0.b1.points": "seratus", "p1.probability": "5 persen"})

        assert reread(draft).definition["characteristics"][0]["bins"][1]["points"] == "seratus"
        assert form_of(page_of(logged_in(silvia), url("edit", draft)))["p1.probability"] == ["5 persen"]
        act(silvia, draft, "propose", reason="Low")
        assert reread(draft).status == "draft"

    def test_begins_the_lowest_bands_where_the_range_does(self, draft, silvia):
        edit(silvia, draft, lowest="250")

        card = reread(draft).card
        assert (card.score_range.lowest, card.pd_bands[-1].at_least, card.segment_bands[-1].at_least) == (250, 250, 250)

    def test_does_not_overwrite_what_a_colleague_saved_meanwhile(self, draft, silvia, arif):
        client = logged_in(silvia)
        sent = {**form_of(page_of(client, url("edit", draft))), "base_points": "575", "what": "save"}
        edit(arif, draft, base_points="600")

        page = client.post(url("edit", draft), sent).content.decode()

        assert reread(draft).card.base_points == 600
        assert form_of(page)["base_points"] == ["575"]

    def test_takes_no_state_that_was_not_made_here(self, draft, silvia):
        client = logged_in(silvia)
        sent = {**form_of(page_of(client, url("edit", draft))), "state": "eyJjYXJkIjoge319:x:y", "what": "save"}

        assert client.post(url("edit", draft), sent).status_code == 400

    @pytest.mark.parametrize("what", ["explode 0 0", "split", "split 9 9", "split x y", "drop 7", "unband pd_bands 9"])
    def test_has_no_buttons_but_its_own(self, draft, silvia, what):
        client = logged_in(silvia)
        sent = {**form_of(page_of(client, url("edit", draft))), "what": what}

        assert client.post(url("edit", draft), sent).status_code == 400

    def test_opens_no_card_that_is_proposed(self, draft, silvia):
        act(silvia, draft, "propose", reason="Low")

        answer = logged_in(silvia).get(url("edit", draft))

        assert (answer.status_code, answer["Location"]) == (302, url("change", draft))

    def test_is_for_risk_staff(self, draft):
        officer = make_user(is_staff=True, group="Account officer", branches=[make_branch()])

        assert logged_in(officer).get(url("edit", draft)).status_code == 403
        assert logged_in(officer).post(url("edit", draft)).status_code == 403


class TestTwoPeople:
    def test_put_a_card_in_force(self, draft, silvia, arif):
        act(silvia, draft, "propose", reason="Low must be reachable")
        page = page_of(logged_in(arif), url("change", draft))
        warnings = [unescape(value) for value in re.findall(r'name="acknowledged" value="([^"]+)"', page)]

        act(
            arif,
            draft,
            "approve",
            proposal=CardProposal.objects.pending().get().pk,
            acknowledged=warnings,
            reason="Seen",
        )

        assert warnings
        assert reread(draft).status == "in_force"
        assert "Low must be reachable" in page_of(logged_in(silvia), url("change", draft))

    def test_take_note_of_every_warning(self, draft, silvia, arif):
        act(silvia, draft, "propose", reason="Low")

        act(arif, draft, "approve", proposal=CardProposal.objects.pending().get().pk)

        assert reread(draft).status == "proposed"

    def test_are_not_one(self, draft, silvia, arif):
        act(silvia, draft, "propose", reason="Low")
        proposal = CardProposal.objects.pending().get()

        assert 'value="approve"' not in page_of(logged_in(silvia), url("change", draft))
        act(silvia, draft, "approve", proposal=proposal.pk)
        assert reread(draft).status == "proposed"

        act(silvia, draft, "withdraw", proposal=proposal.pk, reason="Later")
        act(arif, draft, "propose", reason="Low")
        assert 'value="approve"' not in page_of(logged_in(silvia), url("change", draft))
        act(silvia, draft, "approve", proposal=CardProposal.objects.pending().get().pk)
        assert reread(draft).status == "proposed"

    def test_find_what_waits_for_them_on_their_first_page(self, draft, silvia, arif):
        act(silvia, draft, "propose", reason="Low")
        officer = make_user(is_staff=True, group="Account officer", branches=[make_branch()])

        waits = {user.pk: "proposal-waits" in page_of(logged_in(user), "/admin/") for user in (silvia, arif, officer)}

        assert waits == {silvia.pk: False, arif.pk: True, officer.pk: False}

    def test_send_it_back(self, draft, silvia, arif):
        act(silvia, draft, "propose", reason="Low")

        act(arif, draft, "reject", proposal=CardProposal.objects.pending().get().pk, reason="Terlalu longgar")

        assert reread(draft).status == "draft"
        assert "Terlalu longgar" in page_of(logged_in(silvia), url("change", draft))

    def test_call_off_what_waits_for_its_time(self, draft, silvia, arif, standard):
        act(silvia, draft, "propose", reason="Low", wanted_from="2099-01-01T00:00")
        page = page_of(logged_in(arif), url("change", draft))
        warnings = [unescape(value) for value in re.findall(r'name="acknowledged" value="([^"]+)"', page)]
        proposal = CardProposal.objects.pending().get()
        act(arif, draft, "approve", proposal=proposal.pk, acknowledged=warnings, reason="Seen")
        assert (reread(draft).status, reread(standard).status) == ("approved", "in_force")

        act(silvia, draft, "cancel", proposal=proposal.pk, reason="Belum")

        assert reread(draft).status == "draft"

    @pytest.mark.parametrize("what", ["approve", "reject", "withdraw", "cancel"])
    def test_decide_on_the_page_of_the_card_alone(self, draft, silvia, arif, standard, what):
        act(silvia, draft, "propose", reason="Low")
        proposal = CardProposal.objects.pending().get()

        assert act(arif, standard, what, proposal=proposal.pk, reason="x").status_code == 404
        assert act(arif, draft, what, reason="x").status_code == 200  # none named: told so on the page
        assert reread(draft).status == "proposed"

    def test_officers_and_auditors_look_on(self, draft, silvia, standard):
        act(silvia, draft, "propose", reason="Low")
        for group in ("Account officer", "Auditor", "Supervisor"):
            looker = make_user(is_staff=True, group=group, branches=[make_branch()])
            for what in ("copy", "delete", "propose", "approve", "reject", "withdraw", "cancel"):
                proposal = CardProposal.objects.pending().get().pk
                answer = act(looker, draft, what, proposal=proposal, reason="x", name="standard")
                assert answer.status_code == 403, (group, what)
            assert 'data-testid="acts"' in page_of(logged_in(looker), url("change", draft))
        assert ScorecardVersion.objects.count() == 4

    def test_a_name_that_cannot_be_cited_makes_nothing(self, silvia, standard):
        act(silvia, standard, "copy", name="Kartu Baru")

        assert ScorecardVersion.objects.count() == 3

    def test_a_draft_is_thrown_away(self, draft, silvia):
        act(silvia, draft, "delete")

        assert not ScorecardVersion.objects.filter(pk=draft.pk).exists()


def test_another_series_begins_from_any_card(silvia, standard):
    act(silvia, ScorecardVersion.objects.get(name="rescaled"), "copy", name="mikro")

    assert ScorecardVersion.objects.get(name="mikro").definition == {**RESCALED_1, "version": "mikro-1"}


class TestComparing:
    def test_names_every_bin_that_differs(self, draft, silvia, standard):
        edit(silvia, draft, base_points="575", **{"c0.b1.points": "137", "c0.cut1": ["0,35", "0.40"]})

        page = page_of(logged_in(silvia), url("compare", draft))

        found = re.findall(r"<td>([^<]*)</td><td>([^<]*)</td><td><del>([^<]*)</del></td><td><ins>([^<]*)</ins>", page)
        assert found == [
            ("", "Base points", "300", "575"),
            ("≤ 0.30", "Points", "+150", "+137"),
            ("≤ 0.35", "What it covers", "&gt; 0.30, ≤ 0.40", "&gt; 0.30, ≤ 0.35"),
            ("≤ 0.35", "Name", "≤ 0.40", "≤ 0.35"),
            ("≤ 0.50", "What it covers", "&gt; 0.40, ≤ 0.50", "&gt; 0.35, ≤ 0.50"),
        ]

    def test_of_two_that_say_the_same_says_so(self, draft, silvia, standard):
        page = page_of(logged_in(silvia), f"{url('compare', draft)}?with={standard.pk}")

        assert 'data-testid="difference"' not in page

    def test_of_one_that_is_unfinished_says_why_not(self, draft, silvia):
        edit(silvia, draft, base_points="x")

        assert 'role="alert"' in page_of(logged_in(silvia), url("compare", draft))


class TestThePageOfACard:
    def test_says_what_a_bin_covers_whatever_it_is_called(self, draft, silvia):
        edit(silvia, draft, **{"c0.b1.label": "≤ 0.99", "c0.b4.label": "Berat"})

        page = page_of(logged_in(silvia), url("change", draft))

        covered = dict(re.findall(r"<td>([^<]+) <small>([^<]+)</small></td>", page))
        assert covered["≤ 0.99"] == "≤ 0.30"
        assert covered["Berat"] == "&gt; 0.50"
        assert "≤ 12" not in covered  # the name says it already
        assert "below 0.8" not in covered
