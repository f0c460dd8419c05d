from django.db import migrations, models

from accounts import time_zones


class Migration(migrations.Migration):
    """What is set up already keeps counting days as its environment says."""

    dependencies = [
        ("accounts", "0005_letters_of_rooms"),
    ]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="time_zone",
            field=models.CharField(default=time_zones.of_the_environment, max_length=63, verbose_name="time zone"),
        ),
    ]
