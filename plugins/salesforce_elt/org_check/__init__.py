"""
What an administrator has to know before a sync, and what each finding will cost.

    facts      what the org answers: rights, describes, counts, quotas, its clock; about 12 calls
    access     what the integration user cannot see, and what the marts will lack
    named      what the settings and the member directory name, and the org does not have
    state      quotas, clocks, another org than before, a pause that was too long
    check      all of it, in order, kept in sync.findings
"""

from salesforce_elt.org_check.check import Checked, check_org

__all__ = ["Checked", "check_org"]
