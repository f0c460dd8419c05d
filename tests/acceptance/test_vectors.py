"""The reference vectors: R, statsmodels, mpmath and published studies, each to its own tolerance."""

import json
from datetime import date
from decimal import Decimal

import pytest

from portfolio.figures.finance import dated_return, xirr, yearly_return
from portfolio.figures.intervals import wilson
from portfolio.figures.survival import aalen_johansen


def cases(shared_data, name):
    return json.loads((shared_data / "vectors" / f"{name}.json").read_text())["cases"]


def close(got, want, tolerance):
    return (got is None) == (want is None) and (want is None or abs(got - want) <= tolerance)


def test_xirr_and_xnpv_agree_with_every_case(shared_data):
    for case in cases(shared_data, "xirr"):
        flows = [(date.fromisoformat(f["on"]), Decimal(repr(f["amount"]))) for f in case["flows"]]
        found = xirr(flows)
        assert close(found.value, case["irr"], 1e-7 * (1 + abs(case["irr"] or 0))), case["name"]
        assert found.reason == case["reason_if_null"], case["name"]
        worth = dated_return(Decimal(repr(case["rate"])), flows).npv if flows else None
        size = sum(abs(float(amount)) for _, amount in flows)
        assert close(worth, case["npv"], 0.005 + 1e-9 * size), case["name"]


def test_yearly_figures_agree_with_every_study(shared_data):
    for case in cases(shared_data, "tei"):
        benefits, costs = ([Decimal(repr(amount)) for amount in case[side]] for side in ("benefits", "costs"))
        found = yearly_return(Decimal(repr(case["rate"])), benefits, costs)
        for name, want in case["expected"].items():
            assert close(getattr(found, name), want, 1e-9 * (1 + abs(want or 0))), (
                case["name"],
                name,
            )
        for name, published in case.get("published", {}).items():
            assert close(getattr(found, name), published, case["published_tolerance"][name]), (case["name"], name)
        assert {name: found.reasons.get(name) for name in case["reasons"]} == case["reasons"], case["name"]


def test_wilson_agrees_with_every_case(shared_data):
    for case in cases(shared_data, "wilson"):
        found = wilson(case["successes"], case["n"])
        for name in ("value", "low", "high"):
            assert close(getattr(found, name) if found else None, case[name], 1e-9), (case["name"], name)


@pytest.mark.parametrize(("name", "field"), [("cif", "value"), ("low", "low"), ("high", "high")])
def test_aalen_johansen_agrees_with_r(shared_data, name, field):
    for case in cases(shared_data, "aalen_johansen"):
        curve = aalen_johansen(case["times"], case["events"])
        for at, want in zip(case["at"], case[name], strict=True):
            assert close(getattr(curve.at(at), field), want, 1e-9), (case["name"], at)
