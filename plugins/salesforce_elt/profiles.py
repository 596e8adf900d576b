"""What a frame holds, column by column: how much is missing, how it varies, between which values.

Made for people who look at a mart for the first time, or ask what a sync changed in it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame, Series

TOP = 3


def profile(frame: "DataFrame") -> "DataFrame":
    """A row per column: `nulls`, `distinct`, `lowest`, `highest` and the most frequent values.

    `top` is empty where every value occurs once.
    """
    from pandas import DataFrame

    return DataFrame(
        [_column(name, frame[name]) for name in frame.columns],
        columns=["column", "nulls", "distinct", "lowest", "highest", "top"],
    )


def summary(name: str, frame: "DataFrame") -> dict[str, Any]:
    """A mart in short: how many rows and orgs, and which columns hold nothing in any row."""
    nulls = frame.isna().all()
    return {
        "mart": name,
        "rows": len(frame),
        "orgs": frame["org"].nunique(),
        "columns": len(frame.columns),
        "empty columns": ", ".join(nulls[nulls].index) if len(frame) else "",
    }


def _column(name: str, values: "Series[Any]") -> dict[str, Any]:
    present = values.dropna()
    counts = present.value_counts()
    has_order = len(present) and values.dtype != "boolean"
    return {
        "column": name,
        "nulls": int(values.isna().sum()),
        "distinct": len(counts),
        "lowest": _shown(present.min()) if has_order else "",
        "highest": _shown(present.max()) if has_order else "",
        "top": _top(counts),
    }


def _top(counts: "Series[Any]") -> str:
    if counts.empty or counts.iloc[0] == 1:
        return ""
    return " · ".join(
        f"{_shown(value)} ({count:,})" for value, count in counts.head(TOP).to_dict().items()
    )


def _shown(value: Any) -> str:
    """Dates without the midnight that pandas gives them, times in UTC to the second."""
    from pandas import Timestamp

    if isinstance(value, Timestamp):
        moment: str = value.isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
        return moment if value.tzinfo else moment.split(" ")[0]
    return str(value)
