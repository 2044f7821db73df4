from django.db import migrations, models
from django.db.models import F
from django.utils import timezone

STEERERS = ("Account officer", "Supervisor", "Risk staff", "Administrator")


def wait_since_created(apps, schema_editor):
    apps.get_model("jobs", "Job").objects.update(queued_at=F("created_at"))


def let_staff_steer_jobs(apps, schema_editor):
    """In a database that has roles already; a new one gets them with this right."""
    permission = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="jobs", codename="change_job"
    ).first()
    if permission:
        for group in apps.get_model("auth", "Group").objects.filter(name__in=STEERERS):
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0002_parts_of_a_job"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.AddField("job", "queued_at", models.DateTimeField(default=timezone.now, verbose_name="waiting since"), preserve_default=False),
        migrations.RunPython(wait_since_created, migrations.RunPython.noop),
        migrations.RunPython(let_staff_steer_jobs, migrations.RunPython.noop),
    ]
