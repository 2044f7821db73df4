from django.db import migrations

from bprs.lookups import drop_indices


def drop(_apps, editor):
    """The history is read by financing, and asked whose file it ever was."""
    drop_indices(editor, table="loans_historicalloan", columns=["customer_id", "history_date", "history_user_id"])


class Migration(migrations.Migration):
    dependencies = [("loans", "0005_search")]

    operations = [migrations.RunPython(drop, migrations.RunPython.noop)]
