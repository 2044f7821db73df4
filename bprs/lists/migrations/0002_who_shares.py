from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

SHARE = ("Supervisor", "Risk staff")


def let_share(apps, schema_editor):
    create_permissions(installed_apps.get_app_config("lists"), verbosity=0, using=schema_editor.connection.alias, apps=apps)
    permission = apps.get_model("auth", "Permission").objects.get(
        content_type__app_label="lists", codename="share_view"
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=SHARE):
        group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("lists", "0001_initial"),
        ("scoring", "0004_roles"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(let_share, migrations.RunPython.noop)]
