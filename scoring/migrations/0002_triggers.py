from django.db import migrations

from scoring import triggers


class Migration(migrations.Migration):
    dependencies = [("scoring", "0001_initial")]

    operations = [
        migrations.RunPython(lambda _apps, editor: triggers.install(editor), lambda _apps, editor: triggers.remove(editor))
    ]
