from django.db import migrations

from bprs.lookups import index_endings, index_words


def install(_apps, editor):
    index_words(editor, table="customers_customer", column="full_name")
    index_endings(editor, table="customers_customer", column="customer_number")


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_seeing_identities")]

    operations = [migrations.RunPython(install)]
