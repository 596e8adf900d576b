"""An org's history as charts: SVG that is drawn here, so that no script and no other server is
needed. Colours come from the page's style, which knows light and dark.

docs/decisions/0014-results-page.md says why pygal, and what is taken out of what it draws.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree as ET

import pygal

from salesforce_elt.history import History, PastSync
from salesforce_elt.printable import printable

SVG = "{http://www.w3.org/2000/svg}"
WIDTH, HEIGHT = 440, 220
COLOURS = 6  # those of the style; what is beyond is summed up
LABELS = 4
OTHER = "other"
DRAWING = {"rect", "circle", "path"}
ET.register_namespace("", SVG.strip("{}"))

Values = Mapping[str, Sequence[float | None]]


@dataclass(frozen=True)
class Chart:
    """A picture with the numbers that it shows, for those who would rather read them."""

    title: str
    unit: str
    svg: str
    moments: Sequence[str]
    series: Values
    words: str = "Nothing to show yet."  # where there is no series

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """A row per sync, newest first: when, and the value of each series."""
        columns = [[_number(value) for value in values] for values in self.series.values()]
        return list(reversed(list(zip(self.moments, *columns, strict=True))))


def charts(history: History) -> list[Chart]:
    """The charts of an org's history, oldest sync on the left."""
    syncs = list(reversed(history.syncs))
    seconds = {"seconds": [one.seconds for one in syncs]}
    calls = {"calls": [one.api_calls for one in syncs]}
    shares, left_out = _quota_shares(history, syncs), _left_out(history, syncs)
    is_published = any(one.published_at for one in syncs)
    none_left_out = "No opportunity was left out." if is_published else "Nothing was published."
    exclusions = _bars("Opportunities left out, by reason", "opportunities", syncs, left_out)
    return [
        _bars("Rows read, by object", "rows", syncs, _rows_by_object(history, syncs)),
        _bars("Duration in seconds", "seconds", syncs, seconds),
        _bars("API calls of the sync", "calls", syncs, calls),
        _lines("Daily API requests used by anyone, in %", "%", syncs, shares),
        replace(exclusions, words=none_left_out),
    ]


def _rows_by_object(history: History, syncs: Sequence[PastSync]) -> Values:
    return _by_name(history.objects, syncs, "sobject", lambda one: one["fetched"])


def _left_out(history: History, syncs: Sequence[PastSync]) -> Values:
    """Nothing at syncs that published nothing: what was left out before them still was."""
    published = [one.published_at is not None for one in syncs]
    counts = _by_name(history.exclusions, syncs, "reason", lambda one: one["opportunity_count"])
    return {
        reason: [value if there else None for value, there in zip(values, published, strict=True)]
        for reason, values in counts.items()
    }


def _quota_shares(history: History, syncs: Sequence[PastSync]) -> Values:
    """Percent of the org's quota: what was used when the sync ended, and where a sync stops."""
    quotas = {one["run_id"]: one for one in history.quotas}

    def percent(sync: PastSync, name: str) -> float | None:
        one = quotas.get(sync.run_id)
        return None if one is None or one[name] is None else 100 * one[name] / one["allowed"]

    return {
        "used": [percent(one, "used") for one in syncs],
        "a sync stops at": [percent(one, "ours") for one in syncs],
    }


def _by_name(
    rows: Iterable[Mapping[str, object]],
    syncs: Sequence[PastSync],
    name: str,
    count: Callable[[Mapping[str, object]], object],
) -> Values:
    """A series per name, the largest first; those that have no colour left are one."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for one in rows:
        counts[str(one[name])][str(one["run_id"])] = int(str(count(one)))
    ranked = sorted(counts, key=lambda key: -sum(counts[key].values()))
    kept = ranked if len(ranked) <= COLOURS else ranked[: COLOURS - 1]
    series = {key: [counts[key].get(one.run_id, 0) for one in syncs] for key in kept}
    if rest := ranked[len(kept) :]:
        series[OTHER] = [sum(counts[key].get(one.run_id, 0) for key in rest) for one in syncs]
    return series


def _bars(title: str, unit: str, syncs: Sequence[PastSync], values: Values) -> Chart:
    return _chart(pygal.StackedBar, title, unit, syncs=syncs, values=values)


def _lines(title: str, unit: str, syncs: Sequence[PastSync], values: Values) -> Chart:
    return _chart(pygal.Line, title, unit, syncs=syncs, values=values)


def _chart(
    kind: type, title: str, unit: str, *, syncs: Sequence[PastSync], values: Values
) -> Chart:
    moments = [f"{one.started_at:%Y-%m-%d %H:%M}" for one in syncs]
    shown = {printable(name): list(numbers) for name, numbers in values.items()}
    every = max(1, -(-len(moments) // LABELS))
    is_empty = not any(map(any, shown.values()))
    drawn = kind(**LOOK, range=(0, 1) if is_empty else None)
    drawn.x_labels = ["" if at % every else moment[5:] for at, moment in enumerate(moments)]
    for name, numbers in shown.items():
        drawn.add(name, numbers)
    svg = _plain_svg(drawn.render(is_unicode=True), title, unit, moments=moments, values=shown)
    return Chart(title, unit, svg, moments, shown)


def _plain_svg(drawn: str, title: str, unit: str, *, moments: Sequence[str], values: Values) -> str:
    """What pygal drew, without its scripts, styles and tooltips; each mark says its value."""
    root = ET.fromstring(drawn)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{SVG}defs", f"{SVG}title", f"{SVG}script") or _is_overlay(child):
                parent.remove(child)
    for index, (name, numbers) in enumerate(values.items()):
        for place in root.iter(f"{SVG}g"):
            if f"serie-{index}" in place.get("class", "").split():
                _tell(place, [(name, *one) for one in zip(moments, numbers, strict=True)], unit)
    root.attrib.pop("id", None)
    root.set("role", "img")
    root.set("aria-label", f"{title}: {len(moments)} syncs; the numbers are in the table below")
    return ET.tostring(root, encoding="unicode")


def _is_overlay(element: ET.Element) -> bool:
    return bool({"overlay", "text-overlay", "tooltip-overlay"} & set(_classes(element)))


def _classes(element: ET.Element) -> list[str]:
    return element.get("class", "").split()


def _tell(place: ET.Element, told: Sequence[tuple[str, str, float | None]], unit: str) -> None:
    """Gives each mark of a series its value as a title, which browsers show under the pointer."""
    there = [one for one in told if one[2] is not None]
    marks = [one for one in place.iter(f"{SVG}g") if {"bar", "dots"} & set(_classes(one))]
    for mark, (name, moment, value) in zip(marks, there, strict=False):
        for hint in mark.findall(f"{SVG}desc"):
            mark.remove(hint)
        ET.SubElement(mark, f"{SVG}title").text = f"{name}, {moment} UTC: {_number(value)} {unit}"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"


def _short(value: float) -> str:
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


LOOK: dict[str, Any] = {
    "width": WIDTH,
    "height": HEIGHT,
    "margin": 8,
    "margin_right": 36,  # for half of the last moment
    "title": None,
    "show_legend": False,
    "truncate_label": -1,
    "include_x_axis": True,
    "min_scale": 2,
    "max_scale": 5,
    "value_formatter": _short,
    "js": [],
    "css": [],
    "no_prefix": True,
    "disable_xml_declaration": True,
}
