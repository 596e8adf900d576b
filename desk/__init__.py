"""
What stands behind `make`: everything that one person needs on one desk.

postgres, account       a PostgreSQL server of one's own, also as root
embedded                the server of this copy: its databases, its port, who still uses it
processes               programs that run beside each other and stop together
airflow                 the environment that Airflow runs in, and its metadata
org, forget             the simulated org as a process; what a new one has the warehouse forget
sync                    one run of an org's DAG, its stations shown as they pass
run                     `make run`: the main job from beginning to end
up, down, one_at_a_time `make up` and `make down`: Airflow with its UI
compose_secrets         `make secrets`: what docker-compose.yaml is given as files
sql, clean              `make sql`, `make clean`
progress, secret_files  what a person sees meanwhile; what nobody else may see
"""
