from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations


def let_supervisors_oversee(apps, schema_editor):
    """Also in a bank that changed its roles: what its supervisors may see was promised to them."""
    create_permissions(installed_apps.get_app_config("access"), verbosity=0, using=schema_editor.connection.alias, apps=apps)
    permission = apps.get_model("auth", "Permission").objects.get(
        content_type__app_label="access", codename="oversee_branch"
    )
    for group in apps.get_model("auth", "Group").objects.filter(name="Supervisor"):
        group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0008_warnings_of_runs"),
        ("access", "0002_overseeing_a_branch"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(let_supervisors_oversee, migrations.RunPython.noop)]
