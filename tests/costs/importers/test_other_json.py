"""JSON that is not what its format looks for: refused as a whole, or rejected row by row; never taken for nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from costs.models import CostLine
from imports.models import Import
from tests.imports.files import SAMPLES, bring_in

pytestmark = pytest.mark.django_db
OF_PROVIDERS = ("openai_costs", "openai_usage", "anthropic_cost", "anthropic_usage", "litellm_spend")
ERROR = {"error": {"message": "Incorrect API key provided", "type": "invalid_request_error"}}
REFUSED = "The file is not of the chosen format, which knows nothing of this: {}. Nothing was imported."
MORE = (
    "The last page in the file says that more follow (has_more), which are not in it. Fetch all pages, and hand them "
    "in as one file."
)


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def said(job: Import) -> list[str]:
    return [str(each) for each in job.reasons.all()]


@pytest.mark.parametrize("name", OF_PROVIDERS)
def test_a_saved_error_is_refused_also_behind_good_pages(name: str) -> None:
    alone = bring_in(name, json.dumps(ERROR))
    assert (alone.state, said(alone)) == ("failed", [REFUSED.format("error")])
    good = sample(name)
    behind = bring_in(name, json.dumps([*(good if isinstance(good, list) else [good]), ERROR]))
    assert (behind.state, said(behind)) == ("failed", [REFUSED.format("error")])
    assert not CostLine.objects.exists()


@pytest.mark.parametrize(
    ("name", "other", "found"),
    [
        ("openai_costs", "anthropic_cost", "starting_at, ending_at, results"),
        ("openai_usage", "anthropic_usage", "starting_at, ending_at, results"),
        ("anthropic_cost", "openai_costs", "object, start_time, end_time, results"),
        ("anthropic_usage", "openai_usage", "object, start_time, end_time, results"),
        ("litellm_spend", "anthropic_usage", "starting_at, ending_at, results"),
    ],
)
def test_a_report_of_another_provider_is_refused(name: str, other: str, found: str) -> None:
    job = bring_in(name, SAMPLES / f"{other}.json")
    assert (job.state, said(job)) == ("failed", [REFUSED.format(found)])


@pytest.mark.parametrize("text", ['["a text"]', '{"data": ["a text"]}'])
def test_what_is_no_object_is_refused(text: str) -> None:
    assert said(bring_in("openai_costs", text)) == [REFUSED.format("'a text'")]


@pytest.mark.parametrize(
    ("name", "change", "column", "why"),
    [
        ("openai_costs", {"amount": None}, "amount", "An amount is needed."),
        ("anthropic_cost", {"amount": None}, "amount", "An amount is needed."),
        *(
            (name, {count: None}, count, "The row does not say how many tokens went in: it is no usage of a language "
             "model.")
            for name, count in (("openai_usage", "input_tokens"), ("anthropic_usage", "uncached_input_tokens"))
        ),
    ],
)  # fmt: skip
def test_a_result_without_what_is_needed_is_rejected(name: str, change: dict[str, None], column: str, why: str) -> None:
    page = sample(name)
    results = page["data"][0]["results"]
    without = {key: value for key, value in results[0].items() if key not in change}
    page["data"] = [page["data"][0] | {"results": [results[0], results[0] | change, without, None]}]
    job = bring_in(name, json.dumps(page))
    assert (job.state, job.rows_total, job.rows_created, job.rows_rejected) == ("done", 4, 1, 3)
    told = [(row.line, row.column, row.translated) for row in job.rejected.all()]
    assert told[:2] == [(2, column, why), (3, column, why)]


def test_a_call_without_its_cost_is_rejected() -> None:
    calls = sample("litellm_spend")
    job = bring_in("litellm_spend", json.dumps([calls[0], {**calls[1], "spend": None}]))
    assert (job.rows_created, job.rows_rejected, job.rejected.get().translated) == (1, 1, "An amount is needed.")


@pytest.mark.parametrize("name", OF_PROVIDERS)
def test_a_page_without_results_is_no_fault(name: str) -> None:
    job = bring_in(name, '{"data": [], "has_more": false}')
    assert (job.state, job.rows_total, said(job)) == ("done", 0, [])


@pytest.mark.parametrize("name", ["openai_costs", "anthropic_usage"])
def test_a_last_page_that_names_more_is_said(name: str) -> None:
    page = sample(name)
    first, last = (json.dumps(page | {"has_more": has_more, "next_page": "x"}) for has_more in (True, False))
    assert MORE in said(bring_in(name, first, dry_run=True))
    assert MORE not in said(bring_in(name, first + last, dry_run=True))
    assert MORE in said(bring_in(name, last + first))
