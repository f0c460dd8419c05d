"""Requests that schemathesis generates from the OpenAPI document: no 500, and answers as documented."""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from config.api import api
from tests.factories import UserFactory, bearer

schema = schemathesis.openapi.from_dict(api.get_openapi_schema()).include(path_regex="exchange-rates|audit")
# Not that of config.wsgi: what it sets would be inherited by every process that a test starts.
schema.app = get_wsgi_application()
# What a call refuses is the same on every server.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def _one_connection():
    """Keep the test's connection open from request to request, as Django's own test client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@schema.parametrize()
@settings(max_examples=15, derandomize=True, suppress_health_check=list(HealthCheck))
def test_no_request_breaks_the_server(case):
    case.call_and_validate(
        headers=bearer(UserFactory(admin=True)),
        checks=[not_a_server_error, content_type_conformance, response_schema_conformance],
    )
