"""SOQL, from text to rows.

``parser``      the text becomes a statement of ``syntax``, by the grammar in ``grammar.lark``
``scope``       names become columns: fields, parents, and the joins that reach them
``literals``    what is written in a WHERE clause, typed by its field
``dates``       TODAY, LAST_N_DAYS:30 and their kind, as half-open spans
``conditions``  WHERE and HAVING become SQL with bound parameters
``computed``    formula fields, with the joins that reach what they read
``display``     toLabel, format, convertCurrency
``selection``   the field list becomes columns of the answer
``grouping``    aggregates and GROUP BY
``plan``        all of it together: one SQL statement, and how its rows are shown
``rows``        rows of the database become records of the answer
``timeouts``    what takes too long
"""
