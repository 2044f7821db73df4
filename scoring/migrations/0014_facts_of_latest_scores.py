"""Loans that were scored before learn what their latest score rests on; the triggers then say which of them are stale."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import OuterRef, Subquery

ROWS = 2_000
MONEY = ("monthly_income", "assets_value", "loan_amount")
WORDS = ("akad", "purpose")


def fill_in(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    loans, scores = apps.get_model("loans", "Loan"), apps.get_model("scoring", "Score")
    versions = apps.get_model("scoring", "ScorecardVersion").objects.values_list("pk", "definition")
    asked = {pk: {each["fact"] for each in definition["characteristics"]} for pk, definition in versions}
    latest = scores.objects.filter(loan=OuterRef("pk")).order_by("-pk")
    found = loans.objects.filter(scored_at__isnull=False).annotate(
        facts=Subquery(latest.values("facts")[:1]), version=Subquery(latest.values("run__version")[:1])
    )
    last = 0
    while some := list(found.filter(pk__gt=last, version__isnull=False).order_by("pk").only("pk")[:ROWS]):
        for loan in some:
            loan.scored_facts = scored_facts(loan.facts, asked[loan.version])
        loans.objects.bulk_update(some, ["scored_facts"], batch_size=200)
        last = some[-1].pk


def scored_facts(facts: dict, asked: set) -> str:
    money = ["" if facts.get(name) is None else facts[name].replace(".", "").lstrip("0") or "0" for name in MONEY]
    words = [(facts.get(name) or "") if name in asked else "%" for name in WORDS]
    return "|".join([*money, str(facts["tenor_months"]), *words])


class Migration(migrations.Migration):
    dependencies = [("loans", "0003_stale_scores"), ("scoring", "0013_simulations")]

    operations = [migrations.RunPython(fill_in, migrations.RunPython.noop)]
