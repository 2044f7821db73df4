from django.db import migrations, models

from scoring import triggers


class Migration(migrations.Migration):
    """
    The index over run and loan held only rows with a loan, which all have: so neither database used it to find the
    scores of a run, and read the whole table instead. SQLite did so whenever a run was written after its scores.
    """

    dependencies = [
        ("scoring", "0021_card_activations"),
    ]

    operations = [
        # SQLite remakes a table to change it, and drops its triggers with the old one.
        migrations.RunPython(lambda _apps, editor: triggers.remove(editor), migrations.RunPython.noop),
        migrations.RemoveConstraint(model_name="score", name="score_once_per_run_and_loan"),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.UniqueConstraint(fields=("run", "loan"), name="score_once_per_run_and_loan"),
        ),
        migrations.RunPython(lambda _apps, editor: triggers.install(editor), migrations.RunPython.noop),
    ]
