"""App configuration."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, roles, permissions, API tokens, audit trail, sign-in."""

    name = "accounts"
