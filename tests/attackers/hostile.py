"""Texts that attack whoever executes what should stay text, and how to see that nobody did."""

import random
import unicodedata
from collections.abc import Iterator, Mapping

# Each is aimed at one reader of it; all are short enough for a Salesforce name (80 characters).
PAYLOADS: Mapping[str, str] = {
    "sql text": "'; drop schema marts cascade; --",
    "sql name": '"; drop table staging_demo.account; --',
    "sql comment": "*/; drop role analyst; /*",
    "sql dollar": "$$; drop schema sync cascade; $$",
    "sql backslash": "\\'; drop schema sync cascade; --",
    "driver placeholders": "%s %(org)s %% {} {0} {org}",
    "copy end": "\\.",
    "copy null": "\\N",
    "soql text": "' OR Name != '",
    "soql escape": "\\' OR Id != \\'",
    "jinja value": "{{ 7 * 191 }}",
    "jinja statement": "{% for x in range(9) %}{{ x }}{% endfor %}",
    "jinja escape": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "format string": "{org.__class__.__init__.__globals__}",
    "formula": "=cmd|' /C calc'!A1",
    "formula plus": "+1+cmd|' /C calc'!A1",
    "formula minus": "-2+3+cmd|' /C calc'!A1",
    "formula at": "@SUM(1+1)*cmd|' /C calc'!A1",
    "formula in full width": "＝1+1",
    "formula link": '=HYPERLINK("http://evil.example","x")',
    "html script": "<script>alert(1)</script>",
    "html attribute": "\"><img src=x onerror=alert(1)>",
    "html single quote": "' onmouseover='alert(1)",
    "html close": "</title></style></textarea><svg onload=alert(1)>",
    "html address": "javascript:alert(1)",
    "xml": "]]></name><name>&evil;",
    "terminal colour": "\x1b[31mred\x1b[0m",
    "terminal title": "\x1b]0;owned\x07",
    "terminal one byte": "\x9b2J\x9d0;owned\x9c",
    "terminal erase": "paid\x08\x08\x08\x08free",
    "direction": "\u202egnp.exe\u2066",
    "rich markup": "[red]x[/red][link=http://evil.example]y[/link]",
    "log line": "fine\nCRITICAL root: all is lost",
    "path": "../../../../etc/passwd",
    "shell": "$(touch /tmp/owned)`id`|id;id",
    "yaml": "!!python/object/apply:os.system [id]",
}
# Of what the pieces are that generated texts are made of.
PIECES = (*PAYLOADS.values(), "'", '"', "<", ">", "&", "{{", "}}", "{%", "%}", "=", "\\", ";",
          "\x1b", "\t", "%s", "$", "é", "名", "🙂", "a", " ")
LONGEST_NAME = 80
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def compositions(count: int, seed: int) -> Iterator[str]:
    """Texts of several hostile pieces each, the same for the same seed."""
    dice = random.Random(seed)
    for _ in range(count):
        text = "".join(dice.choices(PIECES, k=dice.randint(2, 6)))
        # As Salesforce keeps a name: no space around it, and never empty.
        yield text[:LONGEST_NAME].strip() or "x"


def moves_a_terminal(text: str) -> list[str]:
    """The characters of a text that a terminal would obey or hide, but for the end of a line."""
    return [one for one in text
            if one != "\n" and unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp")]
