"""Faults on demand: what goes wrong between a client and Salesforce, when a test wants it to.

``armed``      which requests are hit, how often, and what was hit
``kinds``      the table of all kinds of fault, with what each takes
``work``       what a fault works on
``refusals``   answers in place of the org's own
``pages``      results that are not what the org found
``jobs``       query jobs that end badly or vanish
``wire``       connections that break or drip
``resources``  the HTTP resources that arm, list and clear
"""
