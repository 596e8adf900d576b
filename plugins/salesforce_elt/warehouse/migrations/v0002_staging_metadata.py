"""Every staging table has the metadata columns."""

from alembic import op

revision = "0002"
down_revision = "0001"

# No version made staging tables without them; a person may have dropped one. Tables that lack
# nothing are not locked.
COMPLETE_STAGING = """
do $$
declare
    incomplete regclass;
begin
    for incomplete in
        select c.oid from pg_class as c
        inner join pg_namespace as n on n.oid = c.relnamespace
        inner join pg_attribute as a on a.attrelid = c.oid and not a.attisdropped
        where c.relkind = 'r'
        and n.nspname in (
            select 'staging_' || org from sync.runs
            union select 'staging_' || org from sync.watermarks
        )
        and a.attname in ('_is_deleted', '_deleted_by', '_deleted_at', '_batch_id')
        group by c.oid having count(*) < 4
    loop
        execute format(
            'alter table %s'
            ' add column if not exists _is_deleted boolean not null default false,'
            ' add column if not exists _deleted_by text,'
            ' add column if not exists _deleted_at timestamptz,'
            ' add column if not exists _batch_id bigint',
            incomplete
        );
    end loop;
end
$$
"""


def upgrade() -> None:
    """Goes over the staging tables of all orgs, with those beside them."""
    op.execute(COMPLETE_STAGING)
