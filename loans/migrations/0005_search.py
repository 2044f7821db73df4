from django.db import migrations, models

from bprs.lookups import index_endings


def install(_apps, editor):
    index_endings(editor, table="loans_loan", column="loan_number")


class Migration(migrations.Migration):
    dependencies = [("loans", "0004_account_officers")]

    operations = [
        migrations.RunPython(install),
        migrations.RemoveIndex("loan", "loan_segment"),
        migrations.AddIndex("loan", models.Index(fields=["-principal_amount", "-application_date", "-id"], name="loan_by_amount")),
        migrations.AddIndex("loan", models.Index(fields=["-credit_score", "-application_date", "-id"], name="loan_by_score")),
    ]
