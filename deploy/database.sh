#!/bin/sh
# Makes the database DATABASE and its owner OWNER on a new PostgreSQL server; the image of PostgreSQL
# runs it once, before it listens to anyone else. The password was that of the superuser until now,
# who is left without one: nobody is superuser but through the server's own socket.
set -eu

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres \
    --set=owner="$OWNER" --set=database="$DATABASE" --set=superuser="$POSTGRES_USER" <<'SQL'
\getenv password POSTGRES_PASSWORD
create role :"owner" login createrole password :'password';
create database :"database" owner :"owner";
alter role :"superuser" password null;
SQL
