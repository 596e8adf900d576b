"""
What the services of docker-compose.yaml run besides the products that they are made of.

database.sh        makes a PostgreSQL server's one database and the role that owns it
entrypoint.sh      what the Helm chart's probes call
demo_connection    Airflow's connection to the simulated org (profile demo)
"""
