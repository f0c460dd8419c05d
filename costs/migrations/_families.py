"""The family of a charge group as `costs.groups` had it when migrations 0012 and 0014 worked it out; changed no more."""

import hashlib
import json
from uuid import UUID

INVOICE = "InvoiceId"


def family(group):
    """Hash what neither a later delivery of its bill nor a correction changes; None for what is no provider's record."""
    if group.kind == "entered":
        return None
    details = {name: text for name, text in group.details.items() if name != INVOICE}
    names = [group.vendor, group.account, group.service, group.sku, group.region, group.resource]
    said = {"kind": group.kind, "service_category": group.service_category, "api_key": group.api_key}
    content = [group.source, None, None, group.currency, False, False, False, *names, "{}"]
    content += [{name: text} for name, text in said.items() if text]
    if details:
        content.append({"details": _text(details, sort_keys=True)})
    return UUID(bytes=hashlib.blake2b(_text(content).encode(), digest_size=16).digest())


def _text(value, **how):
    return json.dumps(value, separators=(",", ":"), **how)
