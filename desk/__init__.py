"""
What stands behind `make`: everything that one person needs on one desk.

postgres, account   a PostgreSQL server of one's own, also as root
embedded            the server of this copy: its databases, its port, who still uses it
processes           programs that run beside each other and stop together
org                 the simulated org as a process
airflow             the environment that Airflow runs in, and its metadata
run                 `make run`: the main job from beginning to end
up, down            `make up` and `make down`: Airflow with its UI
sql                 `make sql`: a query against the warehouse
"""
