from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

from bprs.access.roles import ROLES

NEW = {"view_cardproposal", "propose_card", "approve_card", "add_scorecardversion", "change_scorecardversion"}


def give_rights(apps, schema_editor):
    """Also in a bank that changed its roles: without them nobody could put a card in force."""
    create_permissions(installed_apps.get_app_config("scoring"), verbosity=0, using=schema_editor.connection.alias, apps=apps)
    groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name, wanted in ROLES.items():
        codenames = {permission.partition(".")[2] for permission in wanted} & NEW
        for group in groups.objects.filter(name=name):
            group.permissions.add(
                *permissions.objects.filter(content_type__app_label="scoring", codename__in=codenames)
            )


class Migration(migrations.Migration):
    dependencies = [("scoring", "0011_founding_card")]

    operations = [
        migrations.RemoveConstraint(
            model_name='scorecardversion',
            name='scorecard_one_in_force',
        ),
        migrations.RemoveField(
            model_name='scorecardversion',
            name='status',
        ),
        migrations.RunPython(give_rights, migrations.RunPython.noop),
    ]
