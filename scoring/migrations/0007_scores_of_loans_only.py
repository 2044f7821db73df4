from django.db import migrations, models

import scoring.models
from scoring import triggers


class Migration(migrations.Migration):

    dependencies = [
        ('loans', '0001_initial'),
        ('scoring', '0006_row_scores_into_parts'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='score',
            name='score_of_a_loan_or_a_row',
        ),
        migrations.RemoveConstraint(
            model_name='score',
            name='score_once_per_run_and_row',
        ),
        migrations.RemoveField(
            model_name='refusal',
            name='column',
        ),
        migrations.RemoveField(
            model_name='refusal',
            name='row_index',
        ),
        migrations.RemoveField(
            model_name='refusal',
            name='row_number',
        ),
        migrations.RemoveField(
            model_name='score',
            name='row_index',
        ),
        migrations.RemoveField(
            model_name='score',
            name='row_number',
        ),
        migrations.AlterField(
            model_name='refusal',
            name='loan',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=scoring.models.keep_loan, related_name='refusals', to='loans.loan', verbose_name='financing'),
        ),
        migrations.AlterField(
            model_name='score',
            name='loan',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=scoring.models.keep_loan, related_name='scores', to='loans.loan', verbose_name='financing'),
        ),
        migrations.AddConstraint(
            model_name='score',
            constraint=models.CheckConstraint(condition=models.Q(('loan__isnull', False)), name='score_of_a_loan'),
        ),
        # SQLite remakes a table to change it, and drops its triggers with the old one.
        migrations.RunPython(lambda _apps, editor: triggers.install(editor), migrations.RunPython.noop),
    ]
