"""Texts of others, made safe for whoever reads them in a terminal or a log."""


def printable(text: str) -> str:
    """The text with whatever moves a cursor, colours or hides something made visible (`\\x1b`).

    Names and messages come from the org; a terminal, and whoever reads it, must not obey them.
    """
    return "".join(
        one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode()
        for one in text
    )


def one_line(text: str) -> str:
    """The same, and the ends of lines too: no part of a message looks like another one."""
    return printable(text).replace("\n", "\\n")
