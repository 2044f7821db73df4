from django.db import migrations

from bprs.access.roles import ROLES

NAME = "API client"


def add_role(apps, schema_editor):
    """For the users that programs come in as. A bank that has a role of this name keeps it as it is."""
    groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    group, is_new = groups.objects.get_or_create(name=NAME)
    for permission in ROLES[NAME] if is_new else ():
        app_label, codename = permission.split(".")
        # What a later migration brings it also gives.
        group.permissions.add(*permissions.objects.filter(content_type__app_label=app_label, codename=codename))


class Migration(migrations.Migration):
    dependencies = [("scoring", "0017_decisions")]

    operations = [migrations.RunPython(add_role, migrations.RunPython.noop)]
