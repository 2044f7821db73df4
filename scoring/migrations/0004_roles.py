from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

from bprs.access.roles import ROLES


def add_roles(apps, schema_editor):
    """Permissions are otherwise made after all migrations; the roles need them now."""
    for config in installed_apps.get_app_configs():
        create_permissions(config, verbosity=0, using=schema_editor.connection.alias, apps=apps)
    groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name, wanted in ROLES.items():
        group, _ = groups.objects.get_or_create(name=name)
        for permission in wanted:
            app_label, codename = permission.split(".")
            # What a later migration brings it also gives.
            group.permissions.add(*permissions.objects.filter(content_type__app_label=app_label, codename=codename))


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0003_standard_cards"),
        ("access", "0001_initial"),
        ("customers", "0001_initial"),
        ("loans", "0001_initial"),
        ("files", "0001_initial"),
        ("jobs", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add_roles, migrations.RunPython.noop)]
