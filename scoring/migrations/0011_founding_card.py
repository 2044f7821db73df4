from datetime import UTC, datetime

from django.db import migrations

SINCE = datetime(2000, 1, 1, tzinfo=UTC)  # before anything could be scored: there is a card in force at any instant


def found(apps, schema_editor):
    """The card in force was put there by nobody: the software came with it."""
    proposals = apps.get_model("scoring", "CardProposal")
    for version in apps.get_model("scoring", "ScorecardVersion").objects.filter(status="in_force"):
        proposals.objects.create(
            version=version,
            content_hash=version.content_hash,
            proposed_at=version.created_at,
            reason="The card this software came with.",
            outcome="approved",
            effective_from=SINCE,
        )


class Migration(migrations.Migration):
    dependencies = [("scoring", "0010_life_of_cards")]

    operations = [migrations.RunPython(found, migrations.RunPython.noop)]
