import django.db.models.deletion
import django.db.models.expressions
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from scoring import triggers


def install_triggers(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    triggers.install(schema_editor)


class Migration(migrations.Migration):

    dependencies = [
        ('scoring', '0014_facts_of_latest_scores'),
    ]

    operations = [
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('number', models.PositiveBigIntegerField(primary_key=True, serialize=False, verbose_name='number')),
                ('sealed_at', models.DateTimeField(verbose_name='sealed at')),
                ('encoding', models.PositiveSmallIntegerField(verbose_name='version of the encoding')),
                ('entry_count', models.PositiveIntegerField(verbose_name='sealed things')),
                ('row_count', models.PositiveBigIntegerField(verbose_name='sealed rows')),
                ('root', models.CharField(max_length=64, verbose_name='Merkle root')),
                ('hash', models.CharField(max_length=64, verbose_name='hash')),
                ('key_id', models.CharField(max_length=16, verbose_name='key')),
                ('hmac', models.CharField(max_length=64, verbose_name='signature')),
                ('previous', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='next', to='scoring.seal')),
            ],
            options={
                'verbose_name': 'seal',
                'verbose_name_plural': 'seals',
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='SealEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField(verbose_name='position')),
                ('act', models.CharField(blank=True, choices=[('proposed', 'proposed'), ('decided', 'decided'), ('cancelled', 'cancelled')], max_length=10, verbose_name='act')),
                ('row_count', models.PositiveBigIntegerField(verbose_name='rows')),
                ('root', models.CharField(max_length=64, verbose_name='Merkle root')),
                ('proposal', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='seal_entries', to='scoring.cardproposal', verbose_name='proposal of a scorecard')),
                ('run', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='seal_entry', to='scoring.scoringrun', verbose_name='run')),
                ('seal', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='scoring.seal')),
            ],
            options={
                'verbose_name': 'sealed thing',
                'verbose_name_plural': 'sealed things',
                'default_permissions': (),
            },
        ),
        migrations.AddConstraint(
            model_name='seal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('number', 1), ('previous__isnull', True)), models.Q(('number', django.db.models.expressions.CombinedExpression(models.F('previous'), '+', models.Value(1))), ('previous__isnull', False)), _connector='OR'), name='seal_follows_the_one_before'),
        ),
        migrations.AddConstraint(
            model_name='sealentry',
            constraint=models.UniqueConstraint(fields=('seal', 'position'), name='seal_entry_once_per_position'),
        ),
        migrations.AddConstraint(
            model_name='sealentry',
            constraint=models.UniqueConstraint(fields=('proposal', 'act'), name='seal_entry_once_per_act'),
        ),
        migrations.AddConstraint(
            model_name='sealentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('act', ''), ('proposal__isnull', True), ('run__isnull', False)), models.Q(('act__in', ['proposed', 'decided', 'cancelled']), ('proposal__isnull', False), ('run__isnull', True)), _connector='OR'), name='seal_entry_is_of_one_thing'),
        ),
        migrations.RunPython(install_triggers, migrations.RunPython.noop),
    ]
