from django.db import migrations

from bprs.lookups import drop_indices


def drop(_apps, editor):
    """The history is read by customer; a NIK is found whole."""
    drop_indices(editor, table="customers_historicalcustomer", columns=["branch_id", "history_date", "history_user_id"])
    drop_indices(editor, table="customers_customer", columns=["nik_hash"], unique=True)


class Migration(migrations.Migration):
    dependencies = [("customers", "0004_search")]

    operations = [migrations.RunPython(drop, migrations.RunPython.noop)]
