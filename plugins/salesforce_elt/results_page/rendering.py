"""HTML from templates/. Everything that is put into a page is escaped, but for the charts' SVG,
which is made by `charts` from escaped text."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from salesforce_elt.results_page.tables import lasted, shown

HERE = Path(__file__).parent
STATUS_SIGNS = {
    "success": "✓", "failed": "✗", "partial": "◐", "deferred": "↻", "running": "…",
}  # fmt: skip

SHORT = 24  # characters of a cell that is better not broken into lines


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"shown": shown, "lasted": lasted, "svg": Markup, "ago": _ago}
    made.globals |= {"signs": STATUS_SIGNS, "query": _query, "short": SHORT}
    return made


def render_page(template: str, *, root: str, base_path: str, **values: Any) -> str:
    """A page; `root` is where the page's own paths begin, `base_path` where Airflow's do."""
    return ENVIRONMENT.get_template(template).render(root=root, base_path=base_path, **values)


def _query(**values: str | tuple[str, ...] | None) -> str:
    """A query string of the values that there are."""
    return urlencode({name: value for name, value in values.items() if value}, doseq=True)


def _ago(moment: datetime, now: datetime) -> str:
    """How long ago that was, roughly."""
    passed = now - moment
    for size, word in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour")):
        if passed >= size:
            count = passed // size
            return f"{count} {word}{'s' if count > 1 else ''} ago"
    minutes = max(0, passed // timedelta(minutes=1))
    return f"{minutes} min ago" if minutes else "just now"


ENVIRONMENT = _environment()
