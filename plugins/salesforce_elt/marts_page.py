"""
The part of docs/marts.md that is made from the words of the marts: everything below "The marts".

`python -m salesforce_elt.marts_page` (with `PYTHONPATH=plugins`) writes it anew; a test holds the
page to the words.
"""

from collections.abc import Mapping

from salesforce_elt.environment import PROJECT
from salesforce_elt.mart_views import load_views
from salesforce_elt.mart_words import Words, load_words
from salesforce_elt.models import Models, load_models

PAGE = PROJECT / "docs/marts.md"
MARTS, VIEWS = "## The marts", "## Views and functions"


def reference(models: Models) -> str:
    """A section for each mart and each view: its grain, its key and what its columns are."""
    words, views = load_words(models), load_views(models)
    marts = {name: one for name, one in words.items() if name not in views}
    keys = {name: ("org", *models.marts[name].key) for name in marts}
    of_marts = [_section(name, one, keys) for name, one in marts.items()]
    of_views = [_section(name, one, keys) for name, one in words.items() if name in views]
    return "\n\n".join([MARTS, *of_marts, VIEWS, *of_views]) + "\n"


def with_reference(page: str, models: Models) -> str:
    """The page with what people wrote above, and what the words say below."""
    return page.split(f"{MARTS}\n", 1)[0] + reference(models)


def _section(name: str, words: Words, keys: Mapping[str, tuple[str, ...]]) -> str:
    key = f" Key: {', '.join(f'`{one}`' for one in keys[name])}." if name in keys else ""
    rows = [f"| `{column}` | {text} |" for column, text in words.columns.items()]
    table = "\n".join(["| column | is |", "|---|---|", *rows])
    return f"### `{name}`\n\n{words.comment}{key}\n\n{table}"


if __name__ == "__main__":
    PAGE.write_text(
        with_reference(PAGE.read_text("utf-8"), load_models(PROJECT / "include")), "utf-8"
    )
