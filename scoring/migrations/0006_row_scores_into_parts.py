import json
from decimal import Decimal

import pyarrow as pa
from django.db import migrations

from scoring import triggers
from scoring.result_parts import write_results

PART_ROWS = 50_000
MONEY = ("monthly_income", "assets_value", "loan_amount")
REJECTED = pa.schema(
    {
        "row_index": pa.int64(),
        "row_number": pa.int64(),
        "column": pa.string(),
        "field": pa.string(),
        "code": pa.string(),
        "params": pa.string(),
    }
)


def move_rows(apps, schema_editor):
    """Until now every row of a scored file was a row of the database: from now on it is one in its run's parts."""
    runs, scores, refusals = (apps.get_model("scoring", name) for name in ("ScoringRun", "Score", "Refusal"))
    triggers.remove(schema_editor)
    for run in runs.objects.filter(stored_file__isnull=False).order_by("scored_at").iterator():
        _write_parts(apps.get_model("scoring", "RunPart"), run, scores, refusals)
    scores.objects.filter(row_index__isnull=False).delete()
    refusals.objects.filter(row_index__isnull=False).delete()


def _write_parts(parts, run, scores, refusals):
    for index, start in enumerate(range(0, run.rows_read, PART_ROWS)):
        rows = {"run": run, "row_index__gte": start, "row_index__lt": start + PART_ROWS}
        scored = list(scores.objects.filter(**rows).order_by("row_index"))
        faults = list(refusals.objects.filter(**rows).order_by("row_index", "pk"))
        read, rejected = min(PART_ROWS, run.rows_read - start), len({fault.row_index for fault in faults})
        parts.objects.create(
            run=run,
            index=index,
            start=start,
            rows_read=read,
            scored_count=len(scored),
            rejected_count=rejected,
            blank_count=read - len(scored) - rejected,
            high_risk_count=sum(score.segment == "high" for score in scored),
            error_count=len(faults),
            scored_sha256=write_results(_scored(scored), run_id=run.pk, index=index, kind="scored"),
            rejected_sha256=write_results(_rejected(faults), run_id=run.pk, index=index, kind="rejected"),
        )


def _scored(scores):
    if not scores:
        return pa.table({})
    facts, points, bins = ([getattr(score, name) for score in scores] for name in ("facts", "points", "bins"))
    words = pa.dictionary(pa.int32(), pa.string())
    return pa.table(
        {
            "row_index": pa.array([score.row_index for score in scores], pa.int64()),
            "row_number": pa.array([score.row_number for score in scores], pa.int64()),
            **{name: _fact(name, [given[name] for given in facts]) for name in facts[0]},
            "credit_score": pa.array([score.credit_score for score in scores], pa.int32()),
            "raw_score": pa.array([score.raw_score for score in scores], pa.int32()),
            "default_probability": pa.array([float(score.default_probability) for score in scores], pa.float64()),
            "segment": pa.array([score.segment for score in scores], words),
            "dsr": pa.array([score.debt_service_ratio for score in scores], pa.float64()),
            "monthly_installment": pa.array([float(score.monthly_installment) for score in scores], pa.float64()),
            **{f"points_{name}": pa.array([given[name] for given in points], pa.int32()) for name in points[0]},
            **{f"bin_{name}": pa.array([given[name] for given in bins], words) for name in bins[0]},
        }
    )


def _fact(name, values):
    if name in MONEY:
        return pa.array([None if value is None else Decimal(value) for value in values], pa.decimal128(17, 2))
    return pa.array(values, pa.int64() if name == "tenor_months" else pa.string())


def _rejected(faults):
    names = ("row_index", "row_number", "column", "field", "code")
    columns = {name: [getattr(fault, name) for fault in faults] for name in names}
    return pa.table({**columns, "params": [json.dumps(fault.params) for fault in faults]}, schema=REJECTED)


class Migration(migrations.Migration):
    dependencies = [("scoring", "0005_runs_in_parts")]

    operations = [migrations.RunPython(move_rows, migrations.RunPython.noop)]
