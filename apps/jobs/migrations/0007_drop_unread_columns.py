from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0006_excess_entries'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='remoterun',
            name='cancel_requested_at',
        ),
        migrations.RemoveField(
            model_name='remoterun',
            name='webhook_ids',
        ),
    ]
