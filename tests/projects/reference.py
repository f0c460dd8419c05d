"""Where an initiative stood on a day, in slow plain Python written from METRICS.md §1 alone."""

from __future__ import annotations

from datetime import date

LINE = ["proposed", "approved", "prototype", "pilot", "production"]
ENDS = ["declined", "stopped", "retired"]


def happened(steps: list[dict], as_of: date) -> list[dict]:
    """Steps in order up to the last that has happened by the day."""
    last = -1
    for place, step in enumerate(steps):
        if (step["on"] or step["known_by"]) <= as_of:
            last = place
    return steps[: last + 1]


def standing(steps: list[dict], as_of: date) -> dict:
    """What `projects.standing` must say."""
    done = happened(steps, as_of)
    stage = done[-1]["to"] if done else "draft"
    begun = [step for step in done if step["to"] in ("prototype", "pilot", "production")]
    live = [step for step in done if step["to"] == "production"]
    reached = [LINE.index(step["to"]) for step in done if step["to"] in LINE]
    entered = {}
    for place in range(max(reached, default=-1) + 1):
        first = next((step for step in done if step["to"] == LINE[place]), None)
        entered[LINE[place]] = first["on"] if first else None
    return {
        "stage": stage,
        "stage_since": done[-1]["on"] if done else None,
        "is_prototype": bool(begun),
        "started_on": begun[0]["on"] if begun else None,
        "start_unknown": begun[0]["reason"] if begun else "",
        "reached_production": bool(live),
        "production_on": live[0]["on"] if live else None,
        "failed": stage == "stopped" and not live,
        "entered": entered,
    }


def ended_on(steps: list[dict], day: date) -> bool:
    """Whether the initiative was declined, stopped or retired on a day."""
    return standing(steps, day)["stage"] in ENDS
