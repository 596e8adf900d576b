"""
The end of docs/connecting-salesforce.md: every refused login, what it means and where it is cured.

`python -m salesforce_elt.refusals_page` (with `PYTHONPATH=plugins`) writes it anew from the table
that the code looks answers up in; a test holds the page to it.
"""

from collections.abc import Iterable

from salesforce_elt.environment import PROJECT
from salesforce_elt.salesforce.login_refusals import LOGIN_REFUSALS
from salesforce_elt.salesforce.refusal_rows import LoginRefusal

PAGE = PROJECT / "docs/connecting-salesforce.md"
MARK = "<!-- made by `python -m salesforce_elt.refusals_page` -->\n"


def refusals_table(refusals: Iterable[LoginRefusal] = LOGIN_REFUSALS) -> str:
    """A row for each refusal, in the order in which they are looked up."""
    rows = (f"| {_answer(one)} | {_cell(one.cause)} | {_cell(one.cure)} |" for one in refusals)
    return "\n".join(["| Salesforce answers | it means | do this |", "|---|---|---|", *rows]) + "\n"


def with_table(page: str) -> str:
    """The page with what people wrote above the mark, and the table below it."""
    return page.split(MARK, 1)[0] + MARK + "\n" + refusals_table()


def _answer(one: LoginRefusal) -> str:
    words = f": {_cell(one.words)}" if one.words else ""
    methods = f" ({', '.join(sorted(one.methods))})" if one.methods else ""
    return f"`{one.code}`{words}{methods}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text("utf-8")), "utf-8")
