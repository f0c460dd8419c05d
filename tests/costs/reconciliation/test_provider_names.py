"""Names under which the records of one provider meet, whoever wrote them; and kept names, as they are folded since."""

from __future__ import annotations

from datetime import UTC, date, datetime
from importlib import import_module

import pytest
from django.apps import apps

from costs import tasks
from costs.ai.matching import Facts, Matcher
from costs.allocation.placements import EVER
from costs.models import AllocationRun, ChargeGroup, LedgerSource, LibraryOff, Reconciliation
from costs.prices import library
from costs.reconciliation.sources import provider_of
from tests.costs.importers.test_focus import bill
from tests.costs.reconciliation.test_sources import call, counted, decided
from tests.imports.files import bring_in

MARCH = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("provider", "names"),
    [
        ("together", ["Together AI", "together_ai", "together-ai", "TogetherAI"]),
        ("fireworks", ["Fireworks AI", "fireworks_ai", "Fireworks"]),
        ("mistral", ["Mistral AI", "mistral", "text-completion-codestral"]),
        ("microsoft", ["Microsoft", "azure_text", "azure_ai", "Microsoft Azure"]),
        ("google", ["Google Cloud", "vertex_ai_beta", "vertex_ai", "gemini"]),
        ("openai", ["OpenAI", "text-completion-openai"]),
        ("aws", ["Amazon Web Services, Inc.", "bedrock", "sagemaker_chat"]),
        ("x ai", ["xAI", "x-ai", "xai"]),
        ("acme cloud", ["ACME  Cloud", "acme_cloud", " Acme-cloud "]),
        ("custom openai", ["custom_openai"]),  # an interface that many have
    ],
)
def test_names_of_one_provider_meet(provider: str, names: list[str]) -> None:
    assert {provider_of(name) for name in names} == {provider}
    assert provider_of(provider) == provider


def test_the_price_list_calls_no_two_providers_alike_and_finds_each_by_its_own_names() -> None:
    names = library.provider_names()
    assert len({provider_of(name) for name in names}) == len(names)
    hosts = ("huggingface_", "quicksilver")  # "HuggingFace (groq)": no bill and no log says that
    assert [
        each for each in names if not each.startswith(hosts) and provider_of(each) != provider_of(names[each])
    ] == []
    assert {library.provider_id(provider_of(each)) for each in names} == set(names)


@pytest.mark.parametrize(
    ("asked", "holds"), [("together_ai", True), ("x | Together AI", True), ("to*", True), ("x", False)]
)
def test_a_rule_of_ai_categories_asks_for_a_provider_by_any_of_its_names(asked: str, holds: bool) -> None:
    found = Matcher([{"provider": asked}]).first(Facts(ChargeGroup(vendor="TogetherAI"), "cloud"))
    assert (found == 0) is holds


@pytest.mark.django_db
def test_a_log_and_a_bill_that_write_a_provider_otherwise_count_once() -> None:
    bring_in("focus", bill({"ProviderName": "Together AI", "ServiceName": "Llama tokens", "BilledCost": "4"}))
    bring_in("litellm_spend", call("together_ai", "3"))
    assert (decided(), counted()) == ([("together", "bill")], 4)


@pytest.mark.django_db
def test_kept_names_are_folded_and_providers_that_are_one_get_one_decision() -> None:
    for provider, since, kind, is_automatic in (
        ("together_ai", EVER, "gateway", True),
        ("together ai", EVER, "bill", True),
        ("azure_text", EVER, "gateway", False),
        ("microsoft", EVER, "bill", True),
        ("microsoft", MARCH, "bill", False),
        ("x-ai", EVER, "usage", True),
        ("openai", EVER, "bill", True),
    ):
        LedgerSource.objects.create(provider=provider, since=since, kind=kind, is_automatic=is_automatic)
    for provider in ("together ai", "together_ai", "x-ai"):
        Reconciliation.objects.create(provider=provider, month=MARCH, reconciled_at=datetime(2026, 5, 1, tzinfo=UTC))
    for provider in ("x-ai", "xai"):
        LibraryOff.objects.create(provider=provider)
    AllocationRun.objects.create(about="ledger", provider="x-ai", since=MARCH, kind="bill")
    import_module("costs.migrations.0025_names_of_providers").fold(apps, None)
    assert list(LedgerSource.objects.order_by("provider", "since").values_list("provider", "since", "kind")) == [
        ("microsoft", EVER, "gateway"),
        ("microsoft", MARCH, "bill"),
        ("openai", EVER, "bill"),
        ("together", EVER, "bill"),
        ("x ai", EVER, "usage"),
    ]
    assert list(Reconciliation.objects.order_by("pk").values_list("provider", flat=True)) == [
        "together", "together_ai", "x ai",
    ]  # fmt: skip
    assert list(LibraryOff.objects.values_list("provider", flat=True)) == ["x ai"]
    waiting = AllocationRun.objects.waiting().values_list("about", "provider", "since", "kind")
    assert sorted(waiting) == [
        ("ledger", "microsoft", MARCH, "bill"),
        ("ledger", "together", EVER, "bill"),
        ("ledger", "x ai", MARCH, "bill"),
    ]


@pytest.mark.django_db
def test_what_was_counted_twice_counts_once_when_a_worker_has_been_there(monkeypatch: pytest.MonkeyPatch) -> None:
    folds = import_module("costs.reconciliation.sources")
    with monkeypatch.context() as before:
        before.setattr(folds, "provider_of", lambda vendor: vendor.casefold())
        bring_in("focus", bill({"ProviderName": "Together AI", "ServiceName": "Llama tokens", "BilledCost": "4"}))
        bring_in("litellm_spend", call("together_ai", "3"))
        assert counted() == 7
    import_module("costs.migrations.0025_names_of_providers").fold(apps, None)
    assert tasks.run_waiting() == 2
    assert (counted(), decided()) == (4, [("together", "bill")])
