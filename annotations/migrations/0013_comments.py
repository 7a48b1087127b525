import corpus.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from annotations.guards import COMMENT_GUARDS
from corpus.triggers import install, remove


def guard(apps, schema_editor):
    install(COMMENT_GUARDS, schema_editor.connection)


def unguard(apps, schema_editor):
    remove(COMMENT_GUARDS, schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0012_webhooks'),
        ('corpus', '0005_invitations'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Comment',
            fields=[
                ('id', models.UUIDField(default=corpus.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('line', models.UUIDField(help_text='the root of what it is on; none for the article', null=True)),
                ('thread', models.UUIDField()),
                ('act', models.CharField(choices=[('post', 'post'), ('edit', 'edit'), ('delete', 'delete'), ('resolve', 'resolve'), ('reopen', 'reopen')], max_length=16)),
                ('version', models.PositiveIntegerField(default=0)),
                ('text', models.TextField(blank=True)),
                ('by_adjudicator', models.BooleanField()),
                ('at', models.DateTimeField()),
                ('corpus', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='corpus.corpus')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to=settings.AUTH_USER_MODEL)),
                ('of', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='later', to='annotations.comment')),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='corpus.revision')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Mention',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('comment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mentions', to='annotations.comment')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mentions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.AddIndex(
            model_name='comment',
            index=models.Index(fields=['corpus', '-id'], name='comment_newest'),
        ),
        migrations.AddIndex(
            model_name='comment',
            index=models.Index(fields=['thread', 'id'], name='comment_thread'),
        ),
        migrations.AddIndex(
            model_name='comment',
            index=models.Index(condition=models.Q(('line__isnull', False)), fields=['line'], name='comment_line'),
        ),
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.UniqueConstraint(fields=('of', 'version'), name='comment_version_once'),
        ),
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('act__in', ('edit', 'delete')), ('of__isnull', False), ('version__gt', 0)), models.Q(('act__in', ('post', 'resolve', 'reopen')), ('of__isnull', True), ('version', 0)), _connector='OR'), name='comment_names_what_it_changes'),
        ),
        migrations.AddConstraint(
            model_name='mention',
            constraint=models.UniqueConstraint(fields=('comment', 'user'), name='mention_once'),
        ),
        migrations.RunPython(guard, unguard),
    ]
