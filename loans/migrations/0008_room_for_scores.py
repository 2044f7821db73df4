from django.db import migrations


def leave_room(_apps, editor):
    """
    Half of each page stays free, for the rows with their next score: PostgreSQL writes an index anew only for a row that
    moves. Whoever scores all financing again would have the table grow to that size anyway.
    """
    if editor.connection.vendor == "postgresql":
        editor.execute("ALTER TABLE loans_loan SET (fillfactor = 50)")


def fill_up(_apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute("ALTER TABLE loans_loan RESET (fillfactor)")


class Migration(migrations.Migration):
    dependencies = [("loans", "0007_stale_by_change")]

    operations = [migrations.RunPython(leave_room, fill_up)]
