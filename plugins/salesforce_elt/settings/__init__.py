"""
The settings, from the file to the objects that every station reads.

    text.py        the file: missing, unreadable, not UTF-8, not YAML
    tree.py        its values as they were written, each with its line
    reading.py     what a text means to the setting that it is given to, exactly
    values.py      the types of single settings and their bounds
    arguments.py   what a notifier is given
    directory.py   where the member directory is: a file, a table, a query
    models.py      all settings with their defaults: `Settings`, `OrgSettings`
    rules.py       what concerns several settings at once
    complaints.py  what is wrong, in words
    load.py        `load_settings`: all of the above in order
    choice.py      `chosen`: the values of a trigger form
    schema.py      the JSON schema that editors complete from
"""

from salesforce_elt.settings.choice import Choice, chosen
from salesforce_elt.settings.frequency import Frequency
from salesforce_elt.settings.load import load_settings, stored_settings
from salesforce_elt.settings.models import (
    ImportedMembers,
    Members,
    Minimums,
    Notifications,
    Notifier,
    ObjectSettings,
    OrgSettings,
    Pipelines,
    Quality,
    Quota,
    Retention,
    Settings,
    WindowSettings,
)

__all__ = [
    "Choice",
    "Frequency",
    "ImportedMembers",
    "Members",
    "Minimums",
    "Notifications",
    "Notifier",
    "ObjectSettings",
    "OrgSettings",
    "Pipelines",
    "Quality",
    "Quota",
    "Retention",
    "Settings",
    "WindowSettings",
    "chosen",
    "load_settings",
    "stored_settings",
]
