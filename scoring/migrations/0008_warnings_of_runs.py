from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from scoring import triggers


def install_triggers(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """SQLite makes the table anew, without its triggers."""
    triggers.install(schema_editor)


class Migration(migrations.Migration):

    dependencies = [("scoring", "0007_scores_of_loans_only")]

    operations = [
        migrations.AddField(
            model_name="scoringrun",
            name="warnings",
            field=models.JSONField(default=list, verbose_name="warnings"),
        ),
        migrations.RunPython(install_triggers, migrations.RunPython.noop),
    ]
