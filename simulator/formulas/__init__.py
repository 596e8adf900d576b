"""Formula fields: a small language over own fields, parents and today, computed when it is read.

``typed``        pieces of SQL that know their kind: number, text, date, datetime, boolean
``operators``    + - * / ^ & = <> < > and their kin
``functions``    IF, CASE, TODAY, DATEVALUE and the other functions, in one table
``compiling``    text to tree by ``grammar.lark``, tree to SQL; the asker knows the names

Nothing is stored: a formula over TODAY() or a parent drifts without a stamp (api.md 5.1).
"""
