from datetime import UTC, datetime

from django.db import migrations

from scoring.engine import Scorecard
from scoring.engine.standard import ANNUAL_1, RESCALED_1, STANDARD_1

WRITTEN_AT = datetime(2026, 11, 23, tzinfo=UTC)
CARDS = (("standard", STANDARD_1, "in_force"), ("rescaled", RESCALED_1, "draft"), ("annual", ANNUAL_1, "draft"))


def add_cards(apps, schema_editor):
    versions = apps.get_model("scoring", "ScorecardVersion")
    for name, definition, status in CARDS:
        versions.objects.create(
            name=name,
            number=1,
            definition=definition,
            content_hash=Scorecard.from_dict(definition).content_hash(),
            status=status,
            created_at=WRITTEN_AT,
        )


class Migration(migrations.Migration):
    dependencies = [("scoring", "0002_triggers")]

    operations = [migrations.RunPython(add_cards, migrations.RunPython.noop)]
