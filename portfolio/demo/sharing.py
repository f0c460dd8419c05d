"""Rules by which the made-up insurer divides the bills that it shares: a model gateway and a search index."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from accounts.models import User
from costs.allocation import rules as allocation_rules
from costs.allocation.rules import Terms
from costs.models import Category, Method
from portfolio.demo.stories import ENDS, Story
from projects.models import Initiative

GATEWAY, SEARCH = "model-gateway", "document-search"
SERVICE = "service"  # the tag by which their bills are told
NAMES = {
    GATEWAY: {"en": "Model gateway, by tokens", "ja": "モデルゲートウェイ（トークン費用に比例）"},
    SEARCH: {"en": "Document search, 60 to 40", "ja": "文書検索（60対40）"},
}
USERS_OF_GATEWAY, USERS_OF_SEARCH = 5, 2


def make_rules(actor: User, told: list[Story], made: Mapping[int, Initiative], language: str) -> None:
    """Add two rules: one follows what each initiative spends on tokens, month by month, the other has fixed shares."""
    users = [made[story.number] for story in told if uses_models(story)]
    gateway = tuple((initiative, None) for initiative in users[:USERS_OF_GATEWAY])
    first, second = users[USERS_OF_GATEWAY : USERS_OF_GATEWAY + USERS_OF_SEARCH]
    search = ((first, Decimal("0.6")), (second, Decimal("0.4")))
    tokens = Category.objects.get(name="tokens")
    for service, parts, more in (
        (GATEWAY, gateway, {"method": Method.COST, "measure": tokens}),
        (SEARCH, search, {}),
    ):
        terms = Terms({f"tag:{SERVICE}": service}, parts, name=NAMES[service][language], **more)  # type: ignore[arg-type]
        allocation_rules.create(actor, terms)


def uses_models(story: Story) -> bool:
    """Tell whether an initiative is in production and pays for tokens."""
    return "production" in story.stages and not any(end in story.stages for end in ENDS) and "tokens" in story.monthly
