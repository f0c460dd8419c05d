"""What the page that maps columns calls the fields of a cloud bill, and by which headings of other bills it guesses.

Headings are those of the reports that AWS, Microsoft and Google have beside FOCUS, and what tables of one's own say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from imports.pipeline import Column

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LABELS: dict[str, StrOrPromise] = {
    "amount": _("Amount"),
    "BillingCurrency": _("Currency"),
    "ChargePeriodStart": _("Start of the charge period"),
    "ChargePeriodEnd": _("End of the charge period"),
    "ProviderName": _("Provider"),
    "SubAccountId": _("Account"),
    "SubAccountName": _("Name of the account"),
    "BillingAccountId": _("Billing account"),
    "ServiceName": _("Service"),
    "ServiceCategory": _("Service category"),
    "SkuId": _("SKU"),
    "SkuPriceId": _("Price of the SKU"),
    "RegionId": _("Region"),
    "ResourceId": _("Resource"),
    "Tags": _("Tags"),
    "ChargeCategory": _("Charge category (such as Usage)"),
    "ChargeClass": _("Charge class (Correction or nothing)"),
    "ChargeDescription": _("Description"),
    "CommitmentDiscountId": _("Commitment"),
    "PricingCategory": _("Pricing category"),
    "ConsumedUnit": _("Unit of use"),
    "PublisherName": _("Publisher"),
    "InvoiceIssuerName": _("Issuer of the invoice"),
    "InvoiceId": _("Invoice"),
}
HINTS = {
    "amount": ("cost", "total", "lineitem unblendedcost", "cost in billing currency", "betrag", "金額"),
    "BillingCurrency": ("lineitem currencycode", "währung", "通貨"),
    "ChargePeriodStart": ("start", "lineitem usagestartdate", "usage start time", "beginn", "利用開始日"),
    "ChargePeriodEnd": ("end", "lineitem usageenddate", "usage end time", "ende", "利用終了日"),
    "ProviderName": ("vendor", "cloud", "anbieter", "プロバイダー"),
    "SubAccountId": ("lineitem usageaccountid", "subscription id", "project id", "konto", "アカウント"),
    "SubAccountName": ("account name", "lineitem usageaccountname", "subscription name", "project name"),
    "BillingAccountId": ("bill payeraccountid", "payer account id"),
    "ServiceName": ("product productname", "service description", "meter category", "dienst", "サービス"),
    "SkuId": ("product sku", "meter id"),
    "RegionId": ("product region", "location region", "resource location"),
    "ResourceId": ("lineitem resourceid", "resource name", "instance id"),
    "ChargeCategory": ("charge type", "lineitem lineitemtype", "cost type"),
    "ChargeDescription": ("lineitem lineitemdescription", "meter name", "sku description", "摘要"),
    "ConsumedUnit": ("unit of measure", "usage unit"),
    "InvoiceId": ("bill invoiceid", "invoice number", "rechnung", "請求書番号"),
}


def field(name: str, *, required: bool, headings: tuple[str, ...] = (), holds: str = "") -> Column:
    """Return a field of a bill as the importer reads it and the page shows it."""
    return Column(name, required, headings, LABELS[name], holds, HINTS.get(name, ()))
