"""Airflow connections become clients; nothing else here."""
