"""What bills have called accounts, so that taking one back restores the name of before."""

from __future__ import annotations

from django.db import models


class AccountNaming(models.Model):
    """An import that names an account of a provider. The last that is there holds (costs/importers/account_names.py).

    Without an import: the name that an account had when these were first kept.
    """

    source = models.CharField(max_length=200)
    vendor = models.CharField(max_length=200)
    account = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    import_id = models.BigIntegerField(null=True, db_index=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["account", "vendor", "source", "id"], name="account_naming_of")]

    def __str__(self) -> str:
        return f"{self.account}: {self.name}"
