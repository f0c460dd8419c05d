"""Rules that say what cost is for in AI terms, and those that every installation starts with."""

from django.db import migrations, models

CATEGORIES = [
    ("training", "Training"),
    ("fine-tuning", "Fine-tuning"),
    ("inference", "Inference"),
    ("gpu", "GPU"),
    ("storage", "Storage"),
    ("data", "Data"),
    ("platform", "Platform"),
]
# Families of machines with accelerators, where a family's name begins.
AWS_GPU = " | ".join(
    f"[!a-z0-9]{family}" for family in ("p[2-6][den.-]", "g[3-6][adegs.]", "gr6", "trn[12]", "inf[12]")
)
AZURE_GPU = "[!a-z0-9]n[cdv][0-9]"
GOOGLE_GPU = "[!a-z0-9]a[234] instance | [!a-z0-9]a[234]-* | a3plus | a3ultra | [!a-z0-9]g2 instance | nvidia | tpu"
TUNING = "fine-tun* | fine tun* | finetun* | customization"
TOKENS = "token | inference | invocation | hosting | endpoint | prediction"

# Priority, AI category, match: the first that matches holds.
SHIPPED = [
    # Usage that is counted in tokens, whoever sells it.
    (100, "fine-tuning", {"provider": "openai | anthropic", "text": "fine-tun* | fine_tun* | finetun* | ft:"}),
    (110, "storage", {"provider": "openai", "text": "vector store* | file search storage"}),
    (120, "inference", {"provider": "openai | anthropic | mistral* | cohere* | deepseek | groq | together*"}),
    (130, "inference", {"kind": "gateway | usage"}),
    (140, "inference", {"category": "tokens"}),
    # Amazon
    (200, "fine-tuning", {"provider": "aws", "service": "*bedrock*", "text": TUNING}),
    (201, "storage", {"provider": "aws", "service": "*bedrock*", "text": "storage"}),
    (202, "inference", {"provider": "aws", "service": "*bedrock* | claude* (amazon*"}),
    (210, "training", {"provider": "aws", "service": "*sagemaker*", "text": "train"}),
    (211, "inference", {"provider": "aws", "service": "*sagemaker*", "text": "host: | hosting | inference | endpoint"}),
    (212, "data", {"provider": "aws", "service": "*sagemaker*", "text": "feature store | ground truth | processing"}),
    (213, "platform", {"provider": "aws", "service": "*sagemaker* | amazon q*"}),
    (220, "gpu", {"provider": "aws", "service": "*elastic compute cloud* | amazonec2", "text": AWS_GPU}),
    (230, "data", {"provider": "aws", "service": "*kendra* | *opensearch* | *textract*"}),
    (231, "inference", {"provider": "aws", "service": "*comprehend* | *rekognition* | *transcribe* | *polly* | *lex*"}),
    # Microsoft
    (300, "fine-tuning", {"provider": "microsoft", "service": "*openai* | *foundry*", "text": TUNING}),
    (301, "inference", {"provider": "microsoft", "service": "*openai* | *foundry models*"}),
    (310, "gpu", {"provider": "microsoft", "text": AZURE_GPU}),
    (320, "platform", {"provider": "microsoft", "service": "*machine learning* | *foundry* | *ai studio*"}),
    (330, "data", {"provider": "microsoft", "service": "*cognitive search* | *ai search*"}),
    (331, "inference", {"provider": "microsoft", "service": "*cognitive services* | *ai services*"}),
    # Google
    (400, "fine-tuning", {"provider": "google", "service": "*vertex*", "text": TUNING + " | tuning"}),
    (401, "training", {"provider": "google", "service": "*vertex*", "text": "training"}),
    (402, "inference", {"provider": "google", "service": "*vertex*", "text": TOKENS + " | gemini | claude"}),
    (403, "data", {"provider": "google", "service": "*vertex*", "text": "vector search | feature store | search"}),
    (404, "platform", {"provider": "google", "service": "*vertex*"}),
    (410, "inference", {"provider": "google", "service": "*gemini* | *generative language*"}),
    (420, "gpu", {"provider": "google", "service": "*tpu*"}),
    (421, "gpu", {"provider": "google", "service": "*compute engine* | *kubernetes*", "text": GOOGLE_GPU}),
    # Data platforms
    (500, "inference", {"provider": "databricks", "text": "serving | inference | foundation model"}),
    (501, "training", {"provider": "databricks", "text": "training"}),
    (502, "data", {"provider": "databricks", "text": "vector search"}),
    (503, "platform", {"provider": "databricks"}),
    (510, "inference", {"provider": "snowflake*", "text": "cortex"}),
    (511, "storage", {"provider": "snowflake*", "text": "storage"}),
    (512, "data", {"provider": "snowflake*"}),
    # What is left, by what the bill or the ledger calls it.
    (900, "platform", {"service_category": "ai and machine learning"}),
    (910, "storage", {"service_category": "storage"}),
    (920, "data", {"service_category": "databases | analytics"}),
    (930, "data", {"category": "data"}),
]


def ship_rules(apps, schema_editor):
    """Add the rules; finance edits them."""
    rule = apps.get_model("costs", "AiCategoryRule")
    rule.objects.bulk_create(
        rule(priority=priority, ai_category=category, match=match) for priority, category, match in SHIPPED
    )


class Migration(migrations.Migration):
    dependencies = [("costs", "0003_budget_notices")]

    operations = [
        migrations.CreateModel(
            name="AiCategoryRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("priority", models.PositiveIntegerField(default=100, verbose_name="priority")),
                ("match", models.JSONField(default=dict, verbose_name="match")),
                ("ai_category", models.CharField(choices=CATEGORIES, max_length=40, verbose_name="AI category")),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
            ],
            options={"ordering": ["priority", "id"]},
        ),
        migrations.RunPython(ship_rules, migrations.RunPython.noop),
    ]
