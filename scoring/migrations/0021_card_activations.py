import django.db.models.deletion
from django.db import migrations, models
from django.utils import timezone


def know_those_before(apps, schema_editor):
    """What took effect before anybody could hear of it is no news."""
    now = timezone.now()
    proposals = apps.get_model("scoring", "CardProposal").objects.filter(outcome="approved", effective_from__lte=now)
    activations = apps.get_model("scoring", "CardActivation").objects
    activations.bulk_create(
        activations.model(proposal_id=pk, announced_at=now) for pk in proposals.values_list("pk", flat=True)
    )


class Migration(migrations.Migration):

    dependencies = [
        ('scoring', '0020_overview'),
    ]

    operations = [
        migrations.CreateModel(
            name='CardActivation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('announced_at', models.DateTimeField()),
                ('proposal', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='activation', to='scoring.cardproposal')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.RunPython(know_those_before, migrations.RunPython.noop),
    ]
