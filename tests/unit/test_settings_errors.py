"""What someone reads who wrote a wrong setting: where, which value, and what would be right."""

from pathlib import Path

import pytest

from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.settings import load_settings

HEAD = "sync.yaml has 1 problem; correct it (docs/settings.md explains every setting):\n"


def told(folder: Path, text: str) -> str:
    """The message about a settings file, which is refused."""
    file = folder / "sync.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsInvalid) as refused:
        load_settings(file, root=folder)
    return str(refused.value).replace(f"{folder}/", "")


def told_of(folder: Path, settings: str) -> str:
    """The one problem that a line of settings has, without its place."""
    message = told(folder, f"orgs:\n  acme:\n    connection: sf\n    {settings}\n")
    assert message.startswith(HEAD)
    place, problem = message.removeprefix(HEAD).split(": ", maxsplit=1)
    assert place.startswith("  line 4, column ")
    return problem


def test_a_wrong_value_is_told_with_its_line_its_setting_and_what_would_be_right(
    tmp_path: Path,
) -> None:
    text = """\
# The orgs of Acme.
orgs:
  acme:
    connection: salesforce_acme
    opportunity_minimums: {probability: 150}
"""
    assert told(tmp_path, text) == (
        "sync.yaml has 1 problem; correct it (docs/settings.md explains every setting):\n"
        "  line 5, column 41: orgs.acme.opportunity_minimums.probability is 150, but must be "
        "a number of percent from 0 to 100, such as 10."
    )


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """\
orgs:
  acme:
    conection: salesforce_acme
    frequency: every_5_hours
    probability: 10
    pipelines: {sales_processes: [Renewals]}
    window: {lag: 2}
    frequency: daily
  Beta:
    connection: salesforce_beta
    quota: {share: 75%}
    members: {directory: include/people.csv}
"""
    frequencies = (
        "every_hour, every_2_hours, every_3_hours, every_4_hours, every_8_hours, "
        "every_12_hours or daily"
    )
    assert told(tmp_path, text).splitlines() == [
        "sync.yaml has 9 problems; correct them (docs/settings.md explains every setting):",
        "  line 3, column 5: orgs.acme.conection is no setting. Did you mean connection?",
        "  line 4, column 16: orgs.acme.frequency is every_5_hours, but must be "
        f"{frequencies}. Did you mean every_8_hours?",
        "  line 5, column 5: orgs.acme.probability is no setting. It belongs under "
        "orgs.<org>.opportunity_minimums.",
        "  line 6, column 34: orgs.acme.pipelines.sales_processes has no effect with one "
        "pipeline: set mode: split beside it, or remove it.",
        "  line 7, column 19: orgs.acme.window.lag is 2, but must be a time from 0s to 1h, such "
        "as 2s. Say what it counts: 2s are seconds, 2m minutes.",
        "  line 8, column 5: orgs.acme.frequency is given twice, first in line 4: keep one of "
        "the two.",
        "  line 9, column 3: orgs.Beta must be an org's key: a small letter, then at most 30 "
        "small letters, digits or _.",
        "  line 11, column 20: orgs.Beta.quota.share is 75%, but must be a share more than 0 and "
        "at most 1, such as 0.75. For 75 percent write 0.75.",
        "  line 12, column 26: orgs.Beta.members.directory is include/people.csv, but must be a "
        "CSV file, its path from the project's folder, such as include/members.csv; or a table or "
        'a query of the warehouse: {table: hr.people} or {query: "select ..."}. There is no '
        "file include/people.csv.",
    ]


@pytest.mark.parametrize(
    ("setting", "value", "right"),
    [
        ("opportunity_minimums", "{probability: -1}", "from 0 to 100"),
        ("opportunity_minimums", "{probability: 100.5}", "from 0 to 100"),
        ("opportunity_minimums", "{probability: ten}", "Write digits only"),
        ("opportunity_minimums", "{probability: '10'}", "Write 10 without the quotes"),
        ("opportunity_minimums", "{probability: 010}", "Write 10: with a leading zero"),
        ("opportunity_minimums", "{probability: 10%}", "Write 10 without the % sign"),
        ("opportunity_minimums", "{probability: [10]}", "is a list, but must be a number"),
        ("opportunity_minimums", "{probability: {a: 1}}", "is a mapping, but must be a number"),
        ("opportunity_minimums", "{probability: true}", "is true, but must be a number"),
        ("opportunity_minimums", "{amount: -0.01}", "an amount of 0 or more"),
        ("opportunity_minimums", "{amount: 1_000}", "Write digits only"),
        ("opportunity_minimums", "{amount: 1e3}", "Write digits only"),
        ("opportunity_minimums", "{amount: .inf}", "Write digits only"),
        ("opportunity_minimums", "{amount: .nan}", "Write digits only"),
        ("opportunity_minimums", "{amount: 0x10}", "Write digits only"),
        ("opportunity_minimums", "{amount: 1:30}", "Write digits only"),
        ("opportunity_minimums", "{amount: '1,000'}", "Write digits only"),
        ("opportunity_minimums", "{amount: €5}", "Write digits only"),
        ("opportunity_minimums", f"{{amount: {'9' * 40}}}", "Write digits only"),
        ("quota", "{share: 0}", "more than 0 and at most 1"),
        ("quota", "{share: 75}", "For 75 percent write 0.75"),
        ("quota", "{share: 7.5 %}", "For 7.5 percent write 0.075"),
        ("quota", "{share: 500}", "1 is all of the quota"),
        ("quota", "{share: -0.5}", "more than 0 and at most 1"),
        ("quota", "{share: }", "is empty, but must be a share"),
        ("quality", "{set_aside: -1}", "a whole number of records from 0 to 100000"),
        ("quality", "{set_aside: 100001}", "a whole number of records from 0 to 100000"),
        ("quality", "{set_aside: 1.5}", "Write a whole number"),
        ("quality", "{set_aside: true}", "Write digits only"),
        ("imported_members", "{weekly_capacity_hours: 0}", "more than 0 and at most 168"),
        ("imported_members", "{weekly_capacity_hours: 169}", "more than 0 and at most 168"),
        ("imported_members", "{availability: none}", "default_capacity or no_availability"),
        ("automatically_sync", "yes", "must be true or false. Write true"),
        ("automatically_sync", "Off", "must be true or false. Write false"),
        ("automatically_sync", "'true'", "Write true without the quotes"),
        ("automatically_sync", "1", "must be true or false."),
        ("automatically_sync", "", "is empty, but must be true or false"),
        ("start_date", "2024-02-30", "The calendar has no such day"),
        ("start_date", "01.02.2024", "Write year, month and day"),
        ("start_date", "2024-1-5", "Write year, month and day"),
        ("start_date", "2024-01-01 10:00:00", "no time"),
        ("start_date", "20240101", "Write year, month and day"),
        ("window", "{lag: 2h}", "from 0s to 1h"),
        ("window", "{lag: -2s}", "Write a whole number and s, m or h behind it"),
        ("window", "{lag: 2 s}", "Write a whole number"),
        ("window", "{overlap: 15}", "15s are seconds, 15m minutes"),
        ("window", "{overlap: 0:15}", "Write a whole number"),
        ("window", "{overlap: 1d}", "Write a whole number"),
        ("window", "{overlap: 1.5h}", "Write a whole number"),
        ("window", "{overlap: 25h}", "from 0s to 24h"),
        ("frequency", "hourly", "must be every_hour, every_2_hours"),
        ("frequency", "every_hours", "Did you mean every_hour?"),
        ("frequency", "[daily]", "is a list, but must be every_hour"),
        ("reconcile", "dayly", "must be daily, weekly or never. Did you mean daily?"),
        ("pipelines", "{mode: splitt}", "must be one or split. Did you mean split?"),
        ("pipelines", "{without_record_type: default}", "Did you mean default_pipeline?"),
        ("pipelines", "{mode: split, sales_processes: []}", "is empty: name one at least"),
        ("opportunity_types", "[]", "is empty: name one at least, or remove it"),
        ("opportunity_types", "New Customer", "is New Customer, but must be a list"),
        ("opportunity_types", "{New Customer: }", "is a mapping, but must be a list"),
        ("opportunity_types", "[2024]", 'YAML takes it for a number: write "2024"'),
        ("opportunity_types", "[1.5]", 'YAML takes it for a number: write "1.5"'),
        ("opportunity_types", "[Yes]", 'YAML takes it for true or false: write "Yes"'),
        ("opportunity_types", "[2024-01-01]", "YAML takes it for a date"),
        ("opportunity_types", "[=]", "YAML takes it for a sign"),
        ("opportunity_types", "['']", "item 1 is '', but must be an opportunity type"),
        ("opportunity_types", "[A, null]", "item 2 is empty, but must be an opportunity type"),
        ("opportunity_types", '["a\\e[31m"]', "It holds a control character: remove it"),
        ("opportunity_types", '["\\ud800"]', "It holds a control character: remove it"),
        ("members", "{overrides: {a@acme.com: b}}", "is b, but must be an e-mail address"),
        ("members", "{overrides: {a: b@acme.com}}", "overrides.a must be an e-mail address"),
        ("members", "{overrides: [a@acme.com]}", "is a list, but must be a mapping"),
        ("members", "{directory: .}", "is a folder"),
        ("members", "{directory: {tabel: hr.people}}", "tabel is neither. Did you mean table?"),
        ("members", "{directory: {sql: select 1}}", "sql is neither. Known here: table, query"),
        ("members", "{directory: {}}", "is a mapping, but must be a CSV file"),
        ("members", "{directory: {table: a.b, query: select 1}}", "Write one of the two, table or"),
        ("members", "{directory: {table: people}}", "Write the table with its schema, as hr.peop"),
        ("members", "{directory: {table: a.b.c}}", "Write the table with its schema, as hr.people"),
        ("members", "{directory: {table: }}", "The value is missing or no text"),
        ("members", "{directory: {query: [a]}}", "The value is missing or no text"),
        ("members", "{directory: {query: 7}}", 'YAML takes it for a number: write "7"'),
        ("members", "{directory: [a.csv]}", "is a list, but must be a CSV file"),
        ("members", "{directory: no.csv}", "There is no file no.csv"),
        ("members", "no.csv", "is no.csv, but must hold settings: directory, overrides; {} stands"),
        ("objects", "{Invoice__c: }", "is empty, but must hold settings: exclude_fields"),
        ("objects", "{Invoice-Line: {}}", "Invoice-Line must be an object's API name"),
        ("objects", "{Invoice___c: {}}", "must be an object's API name, such as Invoice__c"),
        ("objects", "{1Invoice__c: {}}", "must be an object's API name"),
        ("objects", "{Contact: {hash_fields: Email}}", "is Email, but must be a list such as"),
        ("objects", "{Contact: {hash_fields: [E mail]}}", "must be a field's API name"),
        ("objects", '{Contact: {hash_fields: ["x\'; --"]}}', "must be a field's API name"),
        ("objects", "[Invoice__c]", "is a list, but must be a mapping"),
        ("pipelines", "", "is empty, but must hold settings: mode, sales_processes"),
    ],
)
def test_a_wrong_value_is_told_with_what_would_be_right(
    tmp_path: Path, setting: str, value: str, right: str
) -> None:
    problem = told_of(tmp_path, f"{setting}: {value}")
    assert problem.startswith(f"orgs.acme.{setting}")
    assert right in problem


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("Frequency", "Did you mean frequency?"),
        ("opportunity_minimum", "Did you mean opportunity_minimums?"),
        ("directory", "It belongs under orgs.<org>.members."),
        ("hash_fields", "It belongs under orgs.<org>.objects.<object>."),
        ("zzz", "Known here: connection, automatically_sync, frequency, start_date, "),
        ("key", "is no setting: the name above the org's settings is its key."),
        ('"\\e[31m"', "orgs.acme.\\u001b[31m is no setting."),
    ],
)
def test_an_unknown_setting_is_told_with_the_nearest_known(
    tmp_path: Path, name: str, suggestion: str
) -> None:
    assert suggestion in told_of(tmp_path, f"{name}: {{}}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("orgs:\n  acme: {}\n", "line 2, column 3: orgs.acme.connection is missing: the Airflow"),
        ("orgs:\n  acme:\n", "orgs.acme is empty, but must hold settings: connection, automat"),
        ("orgs:\n", "line 1, column 6: orgs is empty, but must be a mapping"),
        ("orgs: {}\n", "is empty: name one at least, or remove it"),
        ("orgs: [acme]\n", "orgs is a list, but must be a mapping"),
        ("org: {}\n", "line 1, column 1: org is no setting. Did you mean orgs?"),
        ("acme: {}\norgs: {a: {connection: sf}}\n", "acme is no setting. Known here: orgs"),
    ],
)
def test_what_every_file_must_hold(tmp_path: Path, text: str, problem: str) -> None:
    message = told(tmp_path, text)
    assert message.startswith(HEAD)
    assert problem in message


@pytest.mark.parametrize("key", ["Acme", "1acme", "a-b", "a" * 32, "_a", "ä", "'a b'", "'a\"b'"])
def test_an_orgs_key_fits_into_names_of_tables(tmp_path: Path, key: str) -> None:
    message = told(tmp_path, f"orgs:\n  {key}: {{connection: sf}}\n")
    assert "must be an org's key" in message


@pytest.mark.parametrize("value", ["''", "a b", "a;b", "null", "42", "[a]", "{a: b}", '"a\\nb"'])
def test_a_connection_is_named_by_its_id(tmp_path: Path, value: str) -> None:
    message = told(tmp_path, f"orgs:\n  acme: {{connection: {value}}}\n")
    assert "must be the name of an Airflow connection, such as salesforce_acme" in message


def test_an_address_with_a_password_is_never_shown(tmp_path: Path) -> None:
    message = told(tmp_path, 'orgs: {acme: {connection: "https://user:hunter2@acme.com"}}')
    assert "is (not shown: it may hold a password), but must be the name" in message
    assert "hunter2" not in message


def test_a_long_value_is_shortened(tmp_path: Path) -> None:
    assert f" is {'x' * 60}..., but" in told_of(tmp_path, f"frequency: {'x' * 5000}")


def test_a_value_of_many_lines_is_told_on_one(tmp_path: Path) -> None:
    assert ' is "a..., but must be' in told_of(tmp_path, 'frequency: "a\n      b"')


def test_no_more_than_a_hundred_problems_are_listed(tmp_path: Path) -> None:
    lines = "".join(f"unknown{number}: 1\n" for number in range(150))
    message = told(tmp_path, lines + "orgs: {acme: {connection: sf}}\n")
    assert message.startswith("sync.yaml has 150 problems")
    assert message.endswith("\n  ... and 50 more.")


@pytest.mark.parametrize(
    ("notifications", "problem"),
    [
        (
            "{about: [faild]}",
            "about, item 1 is faild, but must be failed, partial, deferred, "
            "checks or findings. Did you mean failed?",
        ),
        ("{about: [failed, failed]}", "about, item 2 names failed again: name it once."),
        ("{about: []}", "about is empty: name one at least, or remove it."),
        (
            "{notifiers: {Slack: {}}}",
            "notifiers.Slack must be a notifier's name: a small letter, "
            "then at most 30 small letters, digits or _.",
        ),
        (
            "{notifiers: {slack: {class: a.B}}}",
            "notifiers.slack.class is no setting. Did you mean class_path?",
        ),
        (
            "{notifiers: {slack: {class_path: SlackNotifier}}}",
            "notifiers.slack.class_path is "
            "SlackNotifier, but must be the path of a notifier's class, such as "
            "airflow.providers.slack.notifications.slack.SlackNotifier.",
        ),
        (
            "{notifiers: {slack: }}",
            "notifiers.slack is empty, but must hold settings: class_path, "
            "arguments; {} stands for none.",
        ),
        (
            "{notifiers: {m: {arguments: [a]}}}",
            "notifiers.m.arguments is a list, but must be the "
            "arguments of the notifier's class by name, such as {to: ops@acme.com, smtp_conn_id: "
            "smtp_default}.",
        ),
    ],
)
def test_a_wrong_notification_is_told_with_what_would_be_right(
    tmp_path: Path, notifications: str, problem: str
) -> None:
    written = told_of(tmp_path, f"notifications: {notifications}")
    assert written == f"orgs.acme.notifications.{problem}"


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (
            "{token: hunter2}",
            "token sounds like a secret: put it into an Airflow connection, and "
            "give the connection's name here.",
        ),
        ("{webhook_url: hunter2}", "webhook_url sounds like a secret"),
        ("{extra: {smtp_password: hunter2}}", "smtp_password sounds like a secret"),
        ('{host: "https://ada:hunter2@acme.com"}', "An address in it holds a secret"),
        ('{to: ["https://hooks.slack.com/services/hunter2"]}', "An address in it holds a secret"),
    ],
)
def test_a_secret_among_the_arguments_of_a_notifier_is_refused_and_not_shown(
    tmp_path: Path, arguments: str, hint: str
) -> None:
    told = told_of(tmp_path, f"notifications: {{notifiers: {{m: {{arguments: {arguments}}}}}}}")
    assert hint in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    ("argument", "hint"),
    [
        ("010", "Write 10: with a leading zero YAML reads octal"),
        ("yes", "Write true"),
        ("2024-01-31", 'YAML takes it for a date: write "2024-01-31"'),
        ('"\\e"', "It holds a control character: remove it"),
    ],
)
def test_an_argument_that_yaml_could_take_for_something_else_is_refused(
    tmp_path: Path, argument: str, hint: str
) -> None:
    line = f"notifications: {{notifiers: {{m: {{arguments: {{a: {argument}}}}}}}}}"
    assert hint in told_of(tmp_path, line)


@pytest.mark.parametrize(
    ("retention", "problem"),
    [
        (
            "{results_days: 89}",
            "results_days is 89, but must be a whole number of days from 90 to 3650, such as 400.",
        ),
        (
            "{details_days: 7}",
            "details_days is 7, but must be a whole number of days from 8 to 3650, such as 35.",
        ),
        (
            "{details_days: 8.5}",
            "details_days is 8.5, but must be a whole number of days from 8 to "
            "3650, such as 35. Write a whole number.",
        ),
    ],
)
def test_results_are_kept_for_a_sensible_number_of_days(
    tmp_path: Path, retention: str, problem: str
) -> None:
    assert told_of(tmp_path, f"retention: {retention}") == f"orgs.acme.retention.{problem}"
