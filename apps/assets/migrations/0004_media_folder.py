
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assets', '0003_schedule'),
    ]

    operations = [
        migrations.CreateModel(
            name='MediaFolder',
            fields=[
                ('id', models.CharField(max_length=36, primary_key=True, serialize=False)),
                ('host', models.CharField(max_length=255)),
                ('seen_at', models.DateTimeField()),
            ],
        ),
    ]
