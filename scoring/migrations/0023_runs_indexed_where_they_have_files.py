import django.db.models.deletion
from django.db import migrations, models

from scoring import triggers


def of_run(to, name):
    return models.ForeignKey(
        blank=True,
        db_index=False,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="runs",
        to=to,
        verbose_name=name,
    )


class Migration(migrations.Migration):
    """Most runs are of one loan, and wrote into the indices of files and jobs that they have none."""

    dependencies = [("scoring", "0022_scores_found_by_run")]

    operations = [
        # SQLite remakes a table to change it, and drops its triggers with the old one.
        migrations.RunPython(lambda _apps, editor: triggers.remove(editor), migrations.RunPython.noop),
        migrations.AlterField("scoringrun", "job", of_run("jobs.job", "job")),
        migrations.AlterField("scoringrun", "stored_file", of_run("files.storedfile", "file")),
        migrations.AddIndex(
            "scoringrun",
            models.Index(fields=["stored_file"], condition=models.Q(stored_file__isnull=False), name="run_of_file"),
        ),
        migrations.AddIndex(
            "scoringrun", models.Index(fields=["job"], condition=models.Q(job__isnull=False), name="run_of_job")
        ),
        migrations.RunPython(lambda _apps, editor: triggers.install(editor), migrations.RunPython.noop),
    ]
