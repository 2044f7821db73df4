"""Seals: what replay cannot see, because everything agrees, is found and named all the same."""

import json
from collections import Counter
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.utils import timezone

from bprs.jobs.worker import Worker
from loans.models import Loan, Status
from scoring.models import (
    CardProposal,
    Refusal,
    RunPart,
    Score,
    ScorecardVersion,
    ScoringRun,
    Seal,
    SealEntry,
    Simulation,
    Source,
)
from scoring.services.anchors import Anchor, export_head, read_anchor
from scoring.services.score_loans import score_loans
from scoring.services.sealing import new_entries, seal_new, write_seal
from scoring.services.verifying import Verification
from tests.api_client import ApiClient
from tests.factories import (
    NOW,
    make_api_key,
    make_card_in_force,
    make_customer,
    make_loan,
    make_user,
    put_in_force,
)
from tests.tampering import behind_the_back, drop_triggers

pytestmark = pytest.mark.django_db
FILE = b"monthly_income,assets_value,loan_amount,tenor_months\n5000000,20000000,10000000,12\n0,1,1,1\n1,1,1,x\n"
LATER = NOW + timedelta(minutes=1)
OTHER_KEY = "another key, of whoever owns the database and not the key"


@pytest.fixture(autouse=True)
def _card_and_storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    make_card_in_force()


@pytest.fixture
def officer(branch):
    return make_user("ani", branches=[branch], group="Account officer")


@pytest.fixture
def run(branch, officer):
    """Three scores and a refusal."""
    for income, amount in ((5_000_000, 10_000_000), (10_000_000, "50000000.55"), (None, 7_000_000)):
        make_loan(customer=make_customer(branch=branch, monthly_income=income), principal_amount=amount)
    make_loan(branch=branch, status=Status.DRAFT, tenor_months=None)
    return score_loans(loans=Loan.objects.all(), scored_by=officer, scored_at=NOW, source=Source.ADMIN)


@pytest.fixture
def file_run(officer):
    api = ApiClient(make_api_key(officer, last_used_at=timezone.now()))
    token = api.upload(FILE).json()["stored_path"]
    return ScoringRun.objects.get(pk=api.post("/predictions/bulk", {"file_path": token}).json()["run_id"])


@pytest.fixture
def sealed(run, file_run):
    """Everything there is, under two seals."""
    seal_new(at=NOW)
    score_loans(loans=Loan.objects.all(), scored_by=run.scored_by, scored_at=LATER, source=Source.API)
    seal_new(at=LATER)
    return run


def found(anchor: Anchor | None = None) -> list[tuple[str, str]]:
    return [(each.code, each.sentence) for each in Verification(anchor=anchor).findings() if not each.is_note]


def codes(anchor: Anchor | None = None) -> Counter[str]:
    return Counter(code for code, _ in found(anchor))


def codes_after(*statements: str) -> Counter[str]:
    """What is found, in a transaction that never ends: a database that tears its own constraints cannot be left so."""
    with transaction.atomic():
        for statement in statements:
            behind_the_back(statement)
        counted = codes()
        transaction.set_rollback(True)
    return counted


def key_of(row: Model) -> str:
    """Of a row whose key is a UUID, as the database writes it."""
    return row.pk.hex if connection.vendor == "sqlite" else str(row.pk)


def columns_of(model: type[Model], *but: str) -> str:
    return ", ".join(str(f.column) for f in model._meta.concrete_fields if f.name not in ("id", *but))


class TestSealing:
    def test_covers_what_is_complete_once(self, run, file_run):
        ScoringRun.objects.create(version=run.version, scored_by=run.scored_by, scored_at=NOW, source=Source.ADMIN)

        sealed = seal_new(at=NOW)
        again = seal_new(at=LATER)

        acts = 2 * CardProposal.objects.count()
        assert (sealed, again) == (2 + acts, 0)
        seal = Seal.objects.get()
        # of the loans: the run, 3 scores, a refusal; of the file: the run and its one part
        assert (seal.number, seal.entry_count, seal.row_count) == (1, 2 + acts, 5 + 2 + acts)
        assert found() == []

    def test_chains_each_seal_to_the_one_before(self, sealed):
        _first, second = Seal.objects.order_by("number")

        assert (second.number, second.previous_id, second.sealed_at) == (2, 1, LATER)
        assert found() == []

    @pytest.mark.parametrize(("scores_at_once", "runs"), [(3, [1, 1, 1]), (4, [2, 1]), (6, [2, 1]), (7, [3])])
    def test_takes_a_limited_number_of_scores_at_once(self, run, officer, scores_at_once, runs):
        for minute in range(2):
            at = NOW + timedelta(minutes=minute)
            score_loans(loans=Loan.objects.all(), scored_by=officer, scored_at=at, source=Source.API)

        seal_new(at=LATER, scores_at_once=scores_at_once)

        assert [seal.entries.filter(run__isnull=False).count() for seal in Seal.objects.order_by("number")] == runs
        assert found() == []

    def test_of_two_at_once_is_done_by_one(self, run):
        slow = new_entries()
        seal_new(at=NOW)

        with pytest.raises(IntegrityError), transaction.atomic():
            write_seal(slow, at=LATER)

        assert Seal.objects.count() == 1
        assert found() == []

    def test_costs_no_query_for_each_run_or_score(self, run, officer, django_assert_num_queries):
        for loan in Loan.objects.filter(tenor_months=12):
            some = Loan.objects.filter(pk=loan.pk)
            score_loans(loans=some, scored_by=officer, scored_at=LATER, source=Source.API)

        # what is sealed of acts, proposals, those with news, runs to seal; runs, keys of scores, scores, refusals, parts; the last seal,
        # the new one and its entries between savepoints; then acts, proposals and runs again: nothing is left
        with django_assert_num_queries(9 + 5 + 3):
            seal_new(at=LATER)

    def test_is_done_by_a_worker_that_has_nothing_else_to_do(self, run):
        Worker(clock=lambda: LATER)._work_once()

        assert Seal.objects.get().sealed_at == LATER

    def test_is_written_once(self, sealed):
        for rows in (Seal.objects.filter(number=2), SealEntry.objects.filter(seal=2)):
            with pytest.raises(IntegrityError), transaction.atomic():
                rows.update(root="0" * 64)
            with pytest.raises(IntegrityError), transaction.atomic():
                rows._raw_delete(rows.db)

    @pytest.mark.parametrize(("number", "previous"), [(4, 2), (3, None), (2, 2)])
    def test_leaves_no_gap_in_the_numbers(self, sealed, number, previous):
        seal = Seal.objects.get(number=2)
        seal.number, seal.previous_id = number, previous

        with pytest.raises(IntegrityError), transaction.atomic():
            seal.save(force_insert=True)


class TestWhatOnlyTheSealSees:
    def test_facts_and_outcome_changed_together(self, sealed):
        """The first customer gets the score of another, on the loan as well: everything agrees with everything."""
        first, second = Score.objects.filter(run=sealed).order_by("pk")[:2]
        names = [f.column for f in Score._meta.concrete_fields if f.name not in ("id", "run", "loan")]
        taken = ", ".join(f"{name} = (SELECT {name} FROM scoring_score WHERE id = {second.pk})" for name in names)
        behind_the_back(f"UPDATE scoring_score SET {taken} WHERE id = {first.pk}")

        ((code, sentence),) = found()

        assert code == "run_unlike_seal"
        assert str(sealed.pk)[:8] in sentence
        assert " 1 " in sentence

    def test_who_and_when(self, sealed):
        stranger = make_user().pk

        for change in (f"scored_by_id = {stranger}", "source = 'command'", "batch_key = 'x'"):
            statement = f"UPDATE scoring_scoringrun SET {change} WHERE source = 'admin'"
            assert codes_after(statement) == {"run_unlike_seal": 1}

    def test_the_order_of_two_scores(self, sealed):
        first, second = Score.objects.filter(run=sealed).order_by("pk")[:2]
        free = 10**6

        swapped = [(first.pk, free), (second.pk, first.pk), (free, second.pk)]

        after = codes_after(*(f"UPDATE scoring_score SET id = {new} WHERE id = {old}" for old, new in swapped))
        assert after == {"run_unlike_seal": 1}

    def test_a_score_and_its_count_removed(self, sealed):
        score = Score.objects.filter(run=sealed).order_by("pk")[0]

        after = codes_after(
            f"DELETE FROM scoring_score WHERE id = {score.pk}",
            "UPDATE scoring_scoringrun SET rows_read = rows_read - 1, scored_count = scored_count - 1 "
            "WHERE source = 'admin'",
        )

        assert after == {"run_unlike_seal": 1}

    def test_a_score_and_its_count_added(self, sealed, branch):
        score, loan = Score.objects.filter(run=sealed).order_by("pk")[0], make_loan(branch=branch)
        columns = columns_of(Score, "loan")

        after = codes_after(
            f"INSERT INTO scoring_score (loan_id, {columns}) SELECT {loan.pk}, {columns} FROM scoring_score "
            f"WHERE id = {score.pk}",
            "UPDATE scoring_scoringrun SET rows_read = rows_read + 1, scored_count = scored_count + 1 "
            "WHERE source = 'admin'",
            f"UPDATE loans_loan SET credit_score = {score.credit_score}, segment = '{score.segment}', "
            f"default_probability = {score.default_probability}, scored_at = (SELECT scored_at FROM scoring_scoringrun "
            f"WHERE source = 'admin') WHERE id = {loan.pk}",
        )

        assert after == {"run_unlike_seal": 1}

    @pytest.mark.parametrize("change", ["code = 'unlike'", "field = ''", "params = '{\"a\": 1}'"])
    def test_the_reason_of_a_refusal(self, sealed, change):
        refusal = Refusal.objects.filter(run=sealed).get()

        assert codes_after(f"UPDATE scoring_refusal SET {change} WHERE id = {refusal.pk}") == {"run_unlike_seal": 1}

    def test_a_refusal_given_to_another_financing(self, sealed):
        other = Loan.objects.filter(tenor_months=12)[0].pk

        after = codes_after(
            f"UPDATE scoring_refusal SET loan_id = {other} WHERE id = (SELECT max(id) FROM scoring_refusal)"
        )

        assert after == {"run_unlike_seal": 1}

    def test_what_was_refused_of_a_file(self, sealed):
        """Replay never reads the rejected rows."""
        after = codes_after(f"UPDATE scoring_runpart SET rejected_sha256 = '{'0' * 64}'")

        assert RunPart.objects.exists()
        assert after == {"run_unlike_seal": 1}

    def test_a_run_that_is_gone_with_all_its_rows(self, sealed):
        key = key_of(sealed)

        after = codes_after(
            *(f"DELETE FROM {table} WHERE run_id = '{key}'" for table in ("scoring_score", "scoring_refusal")),
            f"DELETE FROM scoring_scoringrun WHERE id = '{key}'",
        )

        assert after == {"run_missing": 1}

    def test_a_run_whose_row_alone_is_gone(self, sealed):
        after = codes_after("DELETE FROM scoring_scoringrun WHERE source = 'admin'")

        assert after["run_missing"] == 1

    def test_rows_of_a_run_that_never_was(self, sealed):
        columns = columns_of(Refusal, "run")

        after = codes_after(
            f"INSERT INTO scoring_refusal (run_id, {columns}) SELECT '{'0' * 32}', {columns} FROM scoring_refusal "
            "WHERE id = (SELECT max(id) FROM scoring_refusal)"
        )

        assert after == {"run_missing": 1}

    def test_a_card_rewritten_with_its_hash(self, sealed):
        """Scores, card and hash agree; the seals of its runs and of its proposal do not."""
        version, other = sealed.version, ScorecardVersion.objects.get(name="rescaled")
        drop_triggers()
        ScorecardVersion.objects.filter(pk=version.pk).update(content_hash=other.content_hash)
        CardProposal.objects.filter(version=version).update(content_hash=other.content_hash)

        assert codes() == {"card_changed": 1, "run_unlike_seal": 3, "proposal_unlike_seal": 1}


class TestTheLifeOfCards:
    @pytest.fixture
    def proposal(self) -> CardProposal:
        proposal = put_in_force(ScorecardVersion.objects.get(name="annual"), NOW)
        seal_new(at=NOW)
        return proposal

    @pytest.mark.parametrize(
        ("change", "acts"),
        [
            ("reason = 'Another one.'", 1),
            ("decision_reason = 'Another one.'", 1),
            ("acknowledged = '[\"x\"]'", 1),
            ("proposed_by_id = decided_by_id, decided_by_id = proposed_by_id", 2),
            ("wanted_from = proposed_at", 1),
        ],
    )
    def test_is_sealed_act_by_act(self, proposal, change, acts):
        after = codes_after(f"UPDATE scoring_cardproposal SET {change} WHERE id = {proposal.pk}")

        assert after == {"proposal_unlike_seal": acts}

    @pytest.mark.parametrize(
        "change", ["results = '{\"swapped\": 0}'", "against_hash = 'x'", "loss_given_default = 0.1"]
    )
    def test_holds_what_was_seen_by_who_decided(self, change):
        annual, standard = (ScorecardVersion.objects.get(name=name) for name in ("annual", "standard"))
        seen = Simulation.objects.create(
            version=annual,
            content_hash=annual.content_hash,
            definition=annual.definition,
            against=standard,
            against_hash=standard.content_hash,
            against_definition=standard.definition,
            asked_by=make_user(),
            asked_at=NOW,
            results={"swapped": 12, "loss": 0.1},
            finished_at=NOW,
            is_complete=True,
        )
        proposal = put_in_force(annual, NOW)
        behind_the_back("UPDATE scoring_cardproposal SET simulation_id = %s WHERE id = %s", key_of(seen), proposal.pk)
        seal_new(at=NOW)

        assert codes() == {}
        assert codes_after(f"UPDATE scoring_simulation SET {change}") == {"proposal_unlike_seal": 1}

    def test_misses_a_proposal_that_is_gone(self, proposal):
        assert codes_after(f"DELETE FROM scoring_cardproposal WHERE id = {proposal.pk}") == {"proposal_unlike_seal": 2}

    def test_goes_on_after_it_was_sealed(self, proposal):
        """A decision that is cancelled later is still the decision that was sealed."""
        effective = NOW + timedelta(days=3)
        other = put_in_force(ScorecardVersion.objects.get(name="rescaled"), effective)
        seal_new(at=LATER)
        canceller = make_user()
        CardProposal.objects.filter(pk=other.pk).update(
            outcome="cancelled", cancelled_by=canceller, cancelled_at=NOW, cancel_reason="Not yet."
        )

        seal_new(at=LATER + timedelta(minutes=1))

        assert list(SealEntry.objects.filter(proposal=other).order_by("pk").values_list("act", flat=True)) == [
            "proposed",
            "decided",
            "cancelled",
        ]
        assert found() == []


class TestTheChain:
    @pytest.mark.parametrize(
        ("statement", "expected"),
        [
            (
                "UPDATE scoring_seal SET row_count = row_count + 1 WHERE number = 1",
                {"seal_changed": 1, "seal_forged": 1},
            ),
            ("UPDATE scoring_seal SET hmac = root WHERE number = 1", {"seal_forged": 1}),
            ("UPDATE scoring_seal SET hash = root WHERE number = 1", {"seal_changed": 2, "seal_forged": 1}),
            ("UPDATE scoring_seal SET encoding = 2 WHERE number = 2", {"seal_changed": 1}),
            ("UPDATE scoring_sealentry SET root = 'x' WHERE seal_id = 2", {"seal_changed": 1, "run_unlike_seal": 1}),
            (
                "UPDATE scoring_sealentry SET position = position + 1000 WHERE seal_id = 1 AND position = 0",
                {"seal_changed": 1},
            ),
            ("DELETE FROM scoring_sealentry WHERE seal_id = 2", {"seal_changed": 1}),
        ],
    )
    def test_names_a_seal_that_was_changed(self, sealed, statement, expected):
        assert codes_after(statement) == expected

    def test_names_seals_that_are_gone(self, sealed):
        after = codes_after(
            "DELETE FROM scoring_sealentry WHERE seal_id = 1", "DELETE FROM scoring_seal WHERE number = 1"
        )

        assert after == {"seal_missing": 1, "seal_changed": 1, "seal_forged": 1}

    def test_names_a_seal_that_was_made_without_the_key(self, sealed, settings):
        key, settings.SEAL_KEYS = settings.SEAL_KEYS, [OTHER_KEY]
        score_loans(loans=Loan.objects.all(), scored_by=sealed.scored_by, scored_at=NOW, source=Source.COMMAND)
        seal_new(at=LATER)
        settings.SEAL_KEYS = key

        ((code, sentence),) = found()

        assert code == "seal_key_unknown"
        assert " 3 " in sentence

    def test_names_a_forger_who_gives_the_name_of_the_key(self, sealed, settings):
        key_id, key = Seal.objects.get(number=1).key_id, settings.SEAL_KEYS
        settings.SEAL_KEYS = [OTHER_KEY]
        score_loans(loans=Loan.objects.all(), scored_by=sealed.scored_by, scored_at=NOW, source=Source.COMMAND)
        seal_new(at=LATER)
        settings.SEAL_KEYS = key

        after = codes_after(f"UPDATE scoring_seal SET key_id = '{key_id}' WHERE number = 3")

        assert after == {"seal_changed": 1, "seal_forged": 1}

    def test_goes_on_with_a_new_key_while_the_old_one_is_kept(self, sealed, settings):
        settings.SEAL_KEYS = [OTHER_KEY, *settings.SEAL_KEYS]
        score_loans(loans=Loan.objects.all(), scored_by=sealed.scored_by, scored_at=NOW, source=Source.COMMAND)
        seal_new(at=LATER)

        assert Seal.objects.count() == 3
        assert len(set(Seal.objects.values_list("key_id", flat=True))) == 2
        assert found() == []


def cut(sealed: ScoringRun) -> None:
    """The last seal, and what it covers: the rest is sound."""
    behind_the_back("DELETE FROM scoring_sealentry WHERE seal_id = 2")
    behind_the_back("DELETE FROM scoring_seal WHERE number = 2")


class TestTheAnchor:
    def test_holds_while_the_chain_grows(self, sealed):
        anchor = read_anchor(json.dumps(export_head()))
        score_loans(loans=Loan.objects.all(), scored_by=sealed.scored_by, scored_at=NOW, source=Source.COMMAND)
        seal_new(at=LATER)

        assert codes(anchor) == {}

    def test_shows_that_the_tail_was_cut_off(self, sealed):
        anchor = read_anchor(json.dumps(export_head()))
        cut(sealed)

        assert codes() == {}
        assert codes(anchor) == {"anchor_missing": 1}

    def test_shows_that_the_tail_was_made_anew(self, sealed):
        anchor = read_anchor(json.dumps(export_head()))
        cut(sealed)
        seal_new(at=LATER + timedelta(hours=1))

        assert codes() == {}
        assert codes(anchor) == {"anchor_differs": 1}

    def test_shows_that_all_was_signed_anew(self, sealed, settings):
        anchor = read_anchor(json.dumps(export_head()))
        cut(sealed)
        behind_the_back("DELETE FROM scoring_sealentry")
        behind_the_back("DELETE FROM scoring_seal")
        settings.SEAL_KEYS = [OTHER_KEY]
        score_loans(loans=Loan.objects.all(), scored_by=sealed.scored_by, scored_at=LATER, source=Source.COMMAND)
        seal_new(at=NOW)

        assert codes() == {}
        assert "anchor_missing" in codes(anchor)


class TestTheCommands:
    def test_seal_and_write_down_the_head(self, run, tmp_path):
        call_command("seal", stdout=StringIO())
        call_command("export_seal", output=tmp_path / "head.json")

        head = json.loads((tmp_path / "head.json").read_text())
        seal = Seal.objects.get()
        assert (head["number"], head["hash"], head["hmac"]) == (1, seal.hash, seal.hmac)
        assert (head["key_id"], head["entry_count"]) == (seal.key_id, seal.entry_count)
        call_command("verify", anchor=tmp_path / "head.json", stdout=StringIO())

    def test_have_nothing_to_write_down_before_the_first_seal(self):
        with pytest.raises(CommandError) as refused:
            call_command("export_seal", stdout=StringIO())

        assert refused.value.returncode == 1

    def test_verify_ends_with_one_where_the_tail_was_cut_off(self, sealed, tmp_path):
        (tmp_path / "head.json").write_text(json.dumps(export_head()))
        cut(sealed)
        out = StringIO()

        with pytest.raises(SystemExit) as ended:
            call_command("verify", anchor=tmp_path / "head.json", stdout=out)

        assert ended.value.code == 1
        assert "! anchor_missing" in out.getvalue()

    @pytest.mark.parametrize(
        "content",
        [None, "", "[]", "{}", '{"format": "bprs-seal-1"}', '{"format": "x", "number": 1, "hash": "", "hmac": ""}'],
    )
    def test_verify_ends_with_two_without_an_anchor_it_can_read(self, content, tmp_path):
        if content is not None:
            (tmp_path / "head.json").write_text(content)

        with pytest.raises(CommandError) as refused:
            call_command("verify", anchor=tmp_path / "head.json", stdout=StringIO())

        assert refused.value.returncode == 2

    @pytest.mark.parametrize(("late", "noted"), [(timedelta(minutes=59), 0), (timedelta(minutes=61), 1)])
    def test_verify_notes_what_ought_to_be_sealed(self, officer, late, noted):
        make_loan()
        at = timezone.now() - late
        score_loans(loans=Loan.objects.all(), scored_by=officer, scored_at=at, source=Source.ADMIN)
        out = StringIO()

        call_command("verify", stdout=out)

        assert out.getvalue().count("- not_sealed") == noted
