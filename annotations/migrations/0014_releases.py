import corpus.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from annotations.guards import RELEASE_GUARDS
from corpus.triggers import install, remove


def guard(apps, schema_editor):
    install(RELEASE_GUARDS, schema_editor.connection)


def unguard(apps, schema_editor):
    remove(RELEASE_GUARDS, schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0013_comments'),
        ('corpus', '0007_stories'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.UUIDField(default=corpus.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=64)),
                ('layer', models.CharField(max_length=128)),
                ('manifest', models.JSONField(default=dict)),
                ('made_at', models.DateTimeField()),
                ('after', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='later', to='annotations.release')),
                ('corpus', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='corpus.corpus')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ReleasedArticle',
            fields=[
                ('id', models.UUIDField(default=corpus.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('split', models.CharField(choices=[('train', 'train'), ('dev', 'dev'), ('test', 'test')], max_length=8)),
                ('external_id', models.CharField(help_text='as its record states it', max_length=512)),
                ('story', models.UUIDField(help_text='the story that it was part of when it was released')),
                ('sha256', models.CharField(max_length=64)),
                ('record', models.BinaryField(help_text='none once its article is erased', null=True)),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='released', to='corpus.article')),
                ('release', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='articles', to='annotations.release')),
                ('revision', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='corpus.revision')),
            ],
            options={
                'ordering': ['release_id', 'revision_id'],
            },
        ),
        migrations.AddIndex(
            model_name='release',
            index=models.Index(fields=['corpus', '-id'], name='release_newest'),
        ),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.UniqueConstraint(fields=('corpus', 'name'), name='release_name_once'),
        ),
        migrations.AddIndex(
            model_name='releasedarticle',
            index=models.Index(fields=['release', 'split', 'revision'], name='released_split'),
        ),
        migrations.AddIndex(
            model_name='releasedarticle',
            index=models.Index(condition=models.Q(('record__isnull', True)), fields=['release', 'split'], name='released_erased'),
        ),
        migrations.AddConstraint(
            model_name='releasedarticle',
            constraint=models.UniqueConstraint(fields=('release', 'article'), name='released_article_once'),
        ),
        migrations.AddConstraint(
            model_name='releasedarticle',
            constraint=models.CheckConstraint(condition=models.Q(('split__in', ['train', 'dev', 'test'])), name='released_split_known'),
        ),
        migrations.RunPython(guard, unguard),
    ]
