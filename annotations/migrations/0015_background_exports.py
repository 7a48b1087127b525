import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import F


def those_made_are_done(apps, schema_editor):
    """Every export so far was a download, and told of once it was made."""
    exports = apps.get_model("annotations", "Export").objects
    exports.update(status="done", asked_at=F("made_at"), finished_at=F("made_at"))


def forget_those_not_made(apps, schema_editor):
    apps.get_model("annotations", "Export").objects.filter(made_at=None).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0014_releases'),
        ('corpus', '0006_unaided_withheld_and_planted_shares'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='export',
            name='asked_at',
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name='export',
            name='attempts',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='export',
            name='cause',
            field=models.TextField(blank=True, help_text='why the last attempt failed'),
        ),
        migrations.AddField(
            model_name='export',
            name='done',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='export',
            name='due_at',
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name='export',
            name='file',
            field=models.CharField(blank=True, choices=[('kept', 'kept'), ('expired', 'expired'), ('erased', 'erased')], max_length=16),
        ),
        migrations.AddField(
            model_name='export',
            name='finished_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='export',
            name='lease_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='export',
            name='options',
            field=models.JSONField(default=dict, help_text='what else a worker goes by; the manifest has it once the file is made'),
        ),
        migrations.AddField(
            model_name='export',
            name='status',
            field=models.CharField(choices=[('queued', 'queued'), ('running', 'running'), ('done', 'done'), ('parked', 'parked'), ('cancelled', 'cancelled')], default='queued', max_length=16),
        ),
        migrations.AddField(
            model_name='export',
            name='token',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='export',
            name='total',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='export',
            name='worker',
            field=models.CharField(blank=True, max_length=128),
        ),
        migrations.AlterField(
            model_name='export',
            name='made_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='export',
            name='manifest',
            field=models.JSONField(default=dict, help_text='empty until the file is made'),
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(condition=models.Q(('status__in', ('queued', 'running'))), fields=['due_at'], name='export_open'),
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(condition=models.Q(('file', 'kept')), fields=['made_at'], name='export_kept'),
        ),
        migrations.AddConstraint(
            model_name='export',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('lease_until__isnull', False), ('status', 'running')), models.Q(('status', 'running'), _negated=True), _connector='OR'), name='running_export_has_a_lease'),
        ),
        migrations.RunPython(those_made_are_done, forget_those_not_made),
    ]
