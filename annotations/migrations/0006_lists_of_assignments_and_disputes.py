from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0005_learn_from_reviews'),
    ]

    operations = [
        migrations.RemoveIndex(model_name='assignment', name='assignment_of_a_person'),
        migrations.AddIndex(
            model_name='assignment',
            index=models.Index(fields=['reviewer', 'corpus', 'status', '-id'], name='assignment_of_a_person'),
        ),
        migrations.AddIndex(
            model_name='assignment',
            index=models.Index(fields=['corpus', 'status', '-id'], name='assignment_by_status'),
        ),
        migrations.RemoveIndex(model_name='dispute', name='dispute_open'),
        migrations.AddIndex(
            model_name='dispute',
            index=models.Index(fields=['corpus', 'status', '-id'], name='dispute_by_status'),
        ),
    ]
