#!/usr/bin/env bash
# The limit: a Bulk job's result pages, fetched by curl and piped into psql's \copy, one after the
# other, into a typed, logged table that gets its primary key at the end. Prints the seconds that
# the org took for the job.
#
# From the environment: INSTANCE_URL, JOBS (their path), TOKEN, JOB (a file: the new job as JSON),
# TABLE, DEFINITION and COLUMNS (of the table), DATABASE_URL, PSQL.
set -euo pipefail

umask 077
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
printf 'Authorization: Bearer %s\n' "$TOKEN" > "$work/headers"

api() { curl --silent --show-error --fail -H "@$work/headers" "$@"; }
field() { grep -o "\"$1\":\"[^\"]*\"" | cut -d '"' -f 4 || true; }

job=$(api "$INSTANCE_URL$JOBS" -H 'Content-Type: application/json' -d "@$JOB" | field id)
began=$EPOCHREALTIME
state=
until [ "$state" = JobComplete ]; do
    case $state in Failed | Aborted) echo "the job is $state" >&2 && exit 1 ;; esac
    sleep 0.2
    state=$(api "$INSTANCE_URL$JOBS/$job" | field state)
done
awk "BEGIN { print $EPOCHREALTIME - $began }"

list="$JOBS/$job/resultPages" pages=
while [ -n "$list" ]; do
    answer=$(api "$INSTANCE_URL$list")
    pages+=" $(field resultUrl <<< "$answer" | tr '\n' ' ')"
    list=$(field nextRecordsUrl <<< "$answer")
done

{
    echo "begin;"
    echo "create table $TABLE ($DEFINITION);"
    for page in $pages; do
        fetch="curl --silent --show-error --fail -H @$work/headers \"$INSTANCE_URL$page\""
        echo "\\copy $TABLE from program '$fetch' with (format csv, header, force_null ($COLUMNS))"
    done
    echo "alter table $TABLE add primary key (id);"
    echo "commit;"
} > "$work/load.sql"
"$PSQL" "$DATABASE_URL" --no-psqlrc --quiet --set ON_ERROR_STOP=1 --file "$work/load.sql"
