from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

ROLES = ("Account officer", "Supervisor", "Auditor")


def give_right(apps, schema_editor):
    config = installed_apps.get_app_config("customers")
    create_permissions(config, verbosity=0, using=schema_editor.connection.alias, apps=apps)
    permission = apps.get_model("auth", "Permission").objects.get(
        content_type__app_label="customers", codename="view_identity"
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_history_by_reason"),
        ("scoring", "0004_roles"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="customer",
            options={
                "permissions": [("view_identity", "Can see whole NIKs and phone numbers")],
                "verbose_name": "customer",
                "verbose_name_plural": "customers",
            },
        ),
        migrations.RunPython(give_right, migrations.RunPython.noop),
    ]
