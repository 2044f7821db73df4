from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

from bprs.access.roles import ROLES

HEARING = ("API client", "Administrator", "Auditor")


def give_rights(apps, schema_editor):
    create_permissions(installed_apps.get_app_config("webhooks"), verbosity=0, using=schema_editor.connection.alias, apps=apps)
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="webhooks")
    for group in apps.get_model("auth", "Group").objects.filter(name__in=HEARING):
        wanted = [right.removeprefix("webhooks.") for right in ROLES[group.name] if right.startswith("webhooks.")]
        group.permissions.add(*permissions.filter(codename__in=wanted))


class Migration(migrations.Migration):
    dependencies = [
        ("webhooks", "0001_initial"),
        ("scoring", "0018_api_client_role"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
