"""Token usage from a table with our own column names (`usage_csv`): CSV, CSV.gz, XLSX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from costs.groups import tags_text
from costs.importers import cells
from costs.importers.costs_csv import NO_INITIATIVE, WITHOUT_ID
from costs.importers.provider_usage import ProviderUsage
from costs.pricing import CountError, InputCount, Tokens, counted
from costs.usage.counts import INPUT_WORDS
from costs.usage.rows import API, CACHED_MORE, About, UsageRow
from imports.cells import CellError, flag, needed, some_day
from imports.conventions import Conventions
from imports.kinds import TABLES
from imports.mappings import ColumnMapping
from imports.pipeline import Column, Reason, Row
from projects import keys

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

CACHED = {
    "cached_input": "cached_input_tokens",
    "cache_write_5m": "cache_write_5m_tokens",
    "cache_write_1h": "cache_write_1h_tokens",
}
ABOUT = ("initiative", "provider", "model", "account", "api_key", "source", "tags")


class UsageCsv(ProviderUsage):
    """Reads row by row; what rows have in common is read once for every combination of cells."""

    format = "usage_csv"
    title = _("Token usage (CSV)")
    samples = ("usage.csv",)
    includes = InputCount.WHOLE_PROMPT  # unless a mapping says otherwise
    may_count_otherwise = True
    is_written_by_hand = True
    identity_note = WITHOUT_ID
    kinds = TABLES
    ignores_other_columns = False
    columns = (
        Column(
            "occurred_on",
            required=True,
            label=_("Date"),
            holds="day",
            hints=("day", "datum", "利用日", "使用日", "日付"),
        ),
        Column("provider", required=True, label=_("Provider"), hints=("vendor", "anbieter", "プロバイダー")),
        Column("model", required=True, label=_("Model"), hints=("model name", "modell", "モデル名")),
        Column(
            "input_tokens",
            required=True,
            label=_("Input tokens"),
            holds="number",
            hints=("prompt tokens", "eingabe tokens", "入力トークン数"),
        ),
        Column(
            "output_tokens",
            required=True,
            label=_("Output tokens"),
            holds="number",
            hints=("completion tokens", "ausgabe tokens", "出力トークン数"),
        ),
        Column(
            "cached_input_tokens",
            label=_("Tokens read from a cache"),
            holds="number",
            hints=("cached tokens", "cache read tokens"),
        ),
        Column("cache_write_5m_tokens", label=_("Tokens written to a cache for 5 minutes"), holds="number"),
        Column("cache_write_1h_tokens", label=_("Tokens written to a cache for an hour"), holds="number"),
        Column("requests", label=_("Requests"), holds="number", hints=("calls", "anfragen", "リクエスト数")),
        Column("batch", label=_("Batch")),
        Column("initiative", label=_("Initiative"), hints=("project", "projekt", "案件")),
        Column("account", label=_("Account"), hints=("konto", "アカウント")),
        Column("api_key", label=_("API key"), hints=("key", "APIキー")),
        Column("external_id", label=_("External id"), hints=("id", "line id", "伝票番号")),
        Column("source", label=pgettext_lazy("of a line", "Source")),
        Column("tags", label=_("Tags")),
    )

    def start(self) -> None:
        """Look up what cells can name, and open the door that usage goes through."""
        super().start()
        self._includes = self._included(self.conventions)
        self._initiative = cells.one_of(keys.ids_by_name(), NO_INITIATIVE)
        self._known: dict[tuple[str, ...], About] = {}

    @classmethod
    def note_on_counts(cls, mapping: ColumnMapping) -> StrOrPromise:
        """Return what the input tokens of a file include."""
        return INPUT_WORDS[cls._included(mapping.conventions)]

    @classmethod
    def _included(cls, conventions: Conventions) -> InputCount:
        return InputCount.UNCACHED if conventions.input_tokens == "uncached" else cls.includes

    # One row --------------------------------------------------------------------------------------------------------
    def read(self, row: Row) -> UsageRow:
        """Return the usage that a row tells of."""
        texts = tuple(self.cell(row, name) for name in ABOUT)
        if texts not in self._known:
            self._known[texts] = self._read_about(dict(zip(ABOUT, texts, strict=True)))
        requests = self.cell(row, "requests")
        return UsageRow(
            about=self._known[texts],
            occurred_on=some_day(self.cell(row, "occurred_on"), "occurred_on"),
            tokens=self._read_tokens(row),
            requests=cells.count(requests, "requests") if requests else None,
            batch=flag(self.cell(row, "batch"), "batch"),
            external_id=cells.short(self.cell(row, "external_id"), "external_id"),
            line_number=row.line,
        )

    def _read_about(self, cell: dict[str, str]) -> About:
        return About(
            source=cells.source(cell["source"], "source") or API,
            provider=cells.short(needed(cell["provider"], "provider"), "provider"),
            model=cells.short(needed(cell["model"], "model"), "model"),
            initiative_id=self._initiative(keys.written(named), "initiative")
            if (named := cell["initiative"])
            else None,
            account=cells.short(cell["account"], "account"),
            api_key=cells.short(cell["api_key"], "api_key"),
            tags=tags_text(cells.tags(cell["tags"])),
        )

    def _read_tokens(self, row: Row) -> Tokens:
        cached = {name: self.cell(row, column) for name, column in CACHED.items()}
        try:
            return counted(
                self._includes,
                input_tokens=self._count(row, "input_tokens"),
                output_tokens=self._count(row, "output_tokens"),
                **{name: cells.count(text, CACHED[name]) for name, text in cached.items() if text},
            )
        except CountError as error:
            raise CellError(f"{error.token_class}_tokens", Reason(CACHED_MORE)) from error

    def _count(self, row: Row, name: str) -> int:
        return cells.count(needed(self.cell(row, name), name), name)
