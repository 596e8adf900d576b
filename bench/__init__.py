"""Measurements: the product beside the limit and beside other people's tools, on the same org.

``__main__``     which measurements there are: quick, full
``measurement``  one measurement, medians, ratios; how results are kept and shown
``places``       a PostgreSQL server and a simulated org for the measurements alone
``desk``         an org of some size, and what measurements ask of it
``clients``      jobs, changes and counts, asked of the org beside what is measured
``processes``    programs as processes of their own: their time, processor and memory
``truth``        whether what arrived is what the org has
``extraction``   the product (``ours`` is its process) and the limit (``limit.sh``); whole syncs
``peers``        other tools, unchanged (``environments`` installs them, ``programs`` are ours)
``serving``      the simulated org itself: how fast it loads and serves
"""
