"""People, the organisation, API tokens, the audit trail and the version of the data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import time_zones
from display import currency


class Role(models.TextChoices):
    """What a person may do; the table is in `accounts.permissions`."""

    CONTRIBUTOR = "contributor", _("Contributor")
    PORTFOLIO = "portfolio", _("Portfolio office")
    FINANCE = "finance", _("Finance")
    EXECUTIVE = "executive", _("Executive")
    ADMIN = "admin", _("Administrator")


class Theme(models.TextChoices):
    """Light, dark, or as the device says."""

    AUTO = "", _("As the device")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class UserManager(BaseUserManager["User"]):
    """Makes and finds people; e-mail addresses are compared without case."""

    def active_admins(self) -> models.QuerySet[User]:
        """Return the administrators who can sign in or call the API."""
        return self.filter(role=Role.ADMIN, is_active=True)

    def invited(self) -> models.QuerySet[User]:
        """Return those who have not chosen a password yet, as `User.is_invited` tells."""
        return self.filter(password__startswith=UNUSABLE_PASSWORD_PREFIX)

    def able(self) -> models.QuerySet[User]:
        """Return those who can sign in: they are active and have chosen a password."""
        return self.filter(is_active=True).exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)

    def by_email(self, email: str) -> User | None:
        """Return the person with this e-mail address, whatever its case."""
        return self.filter(email__iexact=email.strip()).first()

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the person with this e-mail address, whatever its case."""
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make a person; without a password they are invited and cannot sign in until they set one."""
        user = self.model(email=email.strip().lower(), **fields)
        if password is None:
            user.set_unusable_password()
        else:
            user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person, known by e-mail address."""

    email = models.EmailField(_("e-mail"), max_length=200, unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    role = models.CharField(_("role"), max_length=20, choices=Role, default=Role.CONTRIBUTOR)
    # Empty: as the browser says.
    language = models.CharField(_("language"), max_length=5, blank=True)
    theme = models.CharField(_("theme"), max_length=5, blank=True, choices=Theme)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)  # of name and role

    USERNAME_FIELD = "email"
    objects = UserManager()

    class Meta:
        ordering = ["email"]
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_without_case")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_invited(self) -> bool:
        """Whether they have not chosen a password yet, so that they cannot sign in."""
        return not self.has_usable_password()


class Organisation(models.Model):
    """The one organisation that this installation belongs to."""

    name = models.CharField(_("organisation"), max_length=200, blank=True)
    base_currency = models.CharField(_("base currency"), max_length=3, default="USD")
    fiscal_year_start = models.PositiveSmallIntegerField(_("first month of the fiscal year"), default=1)
    # Of the IANA database: "today" is the day there.
    time_zone = models.CharField(_("time zone"), max_length=63, default=time_zones.of_the_environment)
    set_up_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> Organisation:
        """Return the organisation; until set-up an unsaved one with the defaults (USD, January, `TIME_ZONE`)."""
        return cls.objects.first() or cls()

    def activate(self) -> None:
        """From here on, in this request, show amounts in its currency and let "today" be the day where it is."""
        currency.activate(self.base_currency)
        timezone.activate(self.time_zone)

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Outside of requests, in jobs and commands: the same inside a `with` block."""
        with currency.using(self.base_currency), timezone.override(self.time_zone):
            yield


class Letter(models.Model):
    """A letter that waits to be sent, or was.

    One with a link to choose a password is written when it is sent, so the link itself is kept nowhere.
    """

    class Kind(models.TextChoices):
        """What it is for; of those with a link also the name of its texts in templates/accounts/email."""

        INVITATION = "invitation"
        PASSWORD = "password"  # noqa: S105 - a new one, asked for by who has forgotten it
        NOTICE = "notice"  # written by the room that has something to tell

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=10, choices=Kind)
    # Of one with a link: where it leads ("https://example.org"), and the language to write in.
    site = models.TextField(default="")
    language = models.CharField(max_length=5, default="")
    # Of a notice: what it says.
    subject = models.TextField(default="")
    body = models.TextField(default="")
    asked_at = models.DateTimeField(default=timezone.now, db_index=True)
    failed_at = models.DateTimeField(null=True)  # when the mail server last did not take it
    sent_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.user_id}"


class ApiToken(models.Model):
    """A key to the API. Only its hash is kept; the token itself is shown once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=200)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return self.name


class SentForm(models.Model):
    """That a person has sent a form that made something, and where its answer led; see `accounts.once`."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    # SHA-256 of address and fields, the token of the page among them.
    digest = models.BinaryField()
    led_to = models.TextField()
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="one_note_per_user_and_form")]

    def __str__(self) -> str:
        return self.led_to


class AuditEntry(models.Model):
    """Who changed what, when, from what to what. Append-only: the database refuses updates and deletes."""

    at = models.DateTimeField(default=timezone.now)
    # Without an index of its own: the one of the page begins with it.
    actor = models.ForeignKey(
        User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    actor_label = models.CharField(max_length=200)
    # By which a program of theirs did it.
    token = models.ForeignKey(
        ApiToken, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    action = models.CharField(max_length=40)
    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField(null=True)
    # Of what has a key in place of a number, such as a cost line. Both are missing where all of a kind is meant.
    object_key = models.CharField(max_length=200, default="", db_default="")
    object_label = models.CharField(max_length=600)
    initiative_id = models.BigIntegerField(null=True)
    changes = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["initiative_id", "-id"]),
            models.Index(fields=["object_type", "object_id", "-id"]),
            # Of its page, the latest first: all of it, what somebody did, what was done to a kind of thing. By the last
            # one, and the moment, a corrected cost line finds what stands in its place (costs/ledger/standing.py).
            models.Index(fields=["-at", "-id"]),
            models.Index(fields=["actor", "-at", "-id"]),
            models.Index(fields=["object_type", "-at", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_label}"


class DataVersion(models.Model):
    """One row that every write raises as its last statement, so that caches keyed by it are exact."""

    number = models.BigIntegerField(default=0)
    changed_at: datetime | models.DateTimeField = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.number)
