from django.db import migrations

from scoring import triggers


class Migration(migrations.Migration):
    dependencies = [("scoring", "0018_api_client_role"), ("access", "0004_disclosures")]

    operations = [migrations.RunPython(lambda _apps, editor: triggers.install(editor), migrations.RunPython.noop)]
