"""Charts: series in, inline SVG, data points and table rows out. One definition each; no colours but `var(--…)`.

chart = Funnel(title=…, note=…, description=…, stages=[…])
{% chart chart table_url=… how_url=… %}      in a template
"""

from display.charts.bars import BarsByMonth, MonthBar
from display.charts.base import Chart, Point, Table
from display.charts.columns import Series, StackedColumns, without_gaps
from display.charts.funnel import Funnel, FunnelStage
from display.charts.incidence import Curve, Incidence, Reference, Step
from display.charts.inline import interval_mark, sparkline
from display.charts.lines import CumulativeLines, Line, Mark
from display.charts.price_curve import PriceCurve, PriceLevel
from display.charts.ranking import Bar, Ranking
from display.charts.readings import Reading, Readings
from display.charts.stacked import Part, StackedBar

__all__ = [
    "Bar",
    "BarsByMonth",
    "Chart",
    "CumulativeLines",
    "Curve",
    "Funnel",
    "FunnelStage",
    "Incidence",
    "Line",
    "Mark",
    "MonthBar",
    "Part",
    "Point",
    "PriceCurve",
    "PriceLevel",
    "Ranking",
    "Reading",
    "Readings",
    "Reference",
    "Series",
    "StackedBar",
    "StackedColumns",
    "Step",
    "Table",
    "interval_mark",
    "sparkline",
    "without_gaps",
]
