"""What cost is for in AI terms, and the rules that say so."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AiCategory(models.TextChoices):
    """What the money is for. A group that no rule knows has none."""

    TRAINING = "training", _("Training")
    FINE_TUNING = "fine-tuning", _("Fine-tuning")
    INFERENCE = "inference", _("Inference")
    GPU = "gpu", _("GPU")
    STORAGE = "storage", _("Storage")
    DATA = "data", pgettext_lazy("AI category", "Data")
    PLATFORM = "platform", _("Platform")


class AiCategoryRule(models.Model):
    """Which groups are for what. The first rule in use that matches a group gives it its AI category.

    `match` maps fields (`costs.ai.matching.FIELDS`) to globs, several of them divided by "|", behind "!" what must
    not stand there; all fields must match.
    """

    priority = models.PositiveIntegerField(_("priority"), default=100)
    match = models.JSONField(_("match"), default=dict)
    ai_category = models.CharField(_("AI category"), max_length=40, choices=AiCategory)
    is_active = models.BooleanField(_("in use"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["priority", "id"]

    def __str__(self) -> str:
        return ", ".join(f"{field} {glob}" for field, glob in self.match.items()) + f" → {self.ai_category}"
