"""What a container has and a process has not: a host name of its own."""

import os


def hostname() -> str:
    """The name of the service that this process belongs to; Airflow's hostname_callable."""
    return os.environ["ELT_TEST_HOST"]
