"""docs/marts.md says what the marts are, in the words that the database shows as comments."""

import re
from pathlib import Path

import pytest

from salesforce_elt.mart_views import load_views
from salesforce_elt.mart_words import load_words
from salesforce_elt.marts_page import reference, with_reference
from salesforce_elt.models import load_models

PROJECT = Path(__file__).resolve().parents[2]
MODELS = load_models(PROJECT / "include")
WORDS = load_words(MODELS)
PAGE = (PROJECT / "docs/marts.md").read_text(encoding="utf-8")


def test_every_mart_and_view_has_words() -> None:
    assert set(WORDS) == {*MODELS.marts, *load_views(MODELS)}


def test_the_page_says_what_the_words_say() -> None:
    """When this fails: python -m salesforce_elt.marts_page (with PYTHONPATH=plugins)."""
    assert with_reference(PAGE, MODELS) == PAGE


def test_a_section_says_grain_key_and_columns() -> None:
    section = re.search(r"^### `opportunity_exclusions`\n.*?(?=^###)", PAGE, re.M | re.S)
    assert section
    assert "One row per reason for which an opportunity was left out. Key: `org`," in section[0]
    assert "| `value` | What it has; empty when it has nothing there. |" in section[0]


def test_what_people_wrote_above_the_marts_is_kept() -> None:
    assert with_reference("# Mine\n\n## The marts\nold\n", MODELS) == (
        f"# Mine\n\n{reference(MODELS)}")


@pytest.mark.parametrize("name", WORDS)
def test_words_are_sentences(name: str) -> None:
    texts = [WORDS[name].comment, *WORDS[name].columns.values()]
    assert [text for text in texts if not re.fullmatch(r"\S.*\.", text)] == []


def test_the_readme_leads_to_the_page() -> None:
    assert "(docs/marts.md)" in (PROJECT / "README.md").read_text(encoding="utf-8")
