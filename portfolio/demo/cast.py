"""Who and what the made-up insurer consists of: people, units, vendors and currencies, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

COMPANY = {"en": "Northgate Insurance", "ja": "北門保険"}

# By slug: the unit above, then its name in English and in Japanese.
UNITS: dict[str, tuple[str | None, str, str]] = {
    "claims": (None, "Claims", "損害サービス"),
    "motor": ("claims", "Motor", "自動車"),
    "property": ("claims", "Property", "火災"),
    "health": ("claims", "Health", "医療"),
    "underwriting": (None, "Underwriting", "引受"),
    "service": (None, "Customer Service", "カスタマーサービス"),
    "sales": (None, "Sales", "営業"),
    "finance": (None, "Finance", "財務"),
    "it": (None, "IT", "情報システム"),
    "legal": (None, "Legal and Compliance", "法務・コンプライアンス"),
    "people": (None, "People", "人事"),
}

# Role, e-mail, then the name in English and in Japanese.
STAFF = [
    ("admin", "admin@northgate.example", "Ada Okafor", "岡田 明子"),
    ("portfolio", "portfolio@northgate.example", "Miriam Olsen", "大森 美里"),
    ("finance", "finance@northgate.example", "Felix Brandt", "藤本 文彦"),
    ("executive", "executive@northgate.example", "Elena Castillo", "江口 恵里子"),
    ("contributor", "contributor@northgate.example", "Chidi Nwosu", "千葉 俊介"),
    ("contributor", "ines.moreau@northgate.example", "Inès Moreau", "井上 奈緒"),
    ("contributor", "jonas.weber@northgate.example", "Jonas Weber", "上田 純"),
    ("contributor", "priya.raman@northgate.example", "Priya Raman", "平田 理沙"),
    ("contributor", "sam.whitlock@northgate.example", "Sam Whitlock", "坂本 渉"),
    ("contributor", "yuki.tan@northgate.example", "Yuki Tan", "丹野 由紀"),
]

TAGS_JA = {
    "language": "言語",
    "documents": "文書",
    "images": "画像",
    "graphs": "グラフ",
    "risk": "リスク",
    "voice": "音声",
    "forecasting": "予測",
    "chat": "チャット",
    "dashboards": "ダッシュボード",
    "agents": "エージェント",
    "code": "コード",
    "data": "データ",
    "infrastructure": "基盤",
}

VENDORS = {
    "tokens": ("Meridian AI", "Lumen Models"),
    "cloud": ("Stratus Cloud",),
    "people": ("",),
    "licences": ("Beacon Software", "Quill Labs"),
    "services": ("Halden Partners",),
    "data": ("Cartography Data",),
    "other": ("Polar Colocation",),
}


@dataclass(frozen=True)
class Purse:
    """The currencies of the demonstration: the base and two others, with a typical rate of each in the base.

    `scale` turns the stories' amounts (US dollars) into the base currency.
    """

    base: str
    scale: Decimal
    others: dict[str, Decimal]


def purse(base: str) -> Purse:
    """Return the currencies for an organisation's base; the insurer buys services in two foreign ones."""
    dollars = {
        "USD": Decimal(1),
        "EUR": Decimal("1.09"),
        "GBP": Decimal("1.27"),
        "JPY": Decimal("0.0067"),
    }
    worth = dollars.get(base, Decimal(1))
    others = [code for code in ("EUR", "GBP", "USD") if code != base][:2]
    return Purse(base, 1 / worth, {code: dollars[code] / worth for code in others})
