from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

READERS = ("Auditor", "Administrator")


def let_read(apps, schema_editor):
    create_permissions(installed_apps.get_app_config("access"), verbosity=0, using=schema_editor.connection.alias, apps=apps)
    permission = apps.get_model("auth", "Permission").objects.get(
        content_type__app_label="access", codename="view_disclosure"
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=READERS):
        group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0004_disclosures"),
        ("scoring", "0004_roles"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(let_read, migrations.RunPython.noop)]
