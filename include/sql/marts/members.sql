-- One row per person of the member directory, or imported because something in the marts is theirs.
-- key: member_id
-- recomputed by: member_id
-- affected by: user (id) · group (id) · companies (_owner_id) · contacts (_owner_id)
--   · opportunities (_owner_id) · member_directory (all) · member_overrides (all)
--   · sync_settings (all)
with member_directory as (
    select * from staging.member_directory
),

owner_members as (
    select * from intermediate.owner_members
),

companies as (
    select * from upcoming.companies
),

contacts as (
    select * from upcoming.contacts
),

opportunities as (
    select * from upcoming.opportunities
),

sync_settings as (
    select * from staging.sync_settings
)

select
    member_id,

    member_name,
    email,

    weekly_capacity_hours,

    is_active,
    false as is_imported
from member_directory
union all
select
    owner_members.member_id,

    owner_members.owner_name as member_name,
    owner_members.email,

    sync_settings.imported_weekly_capacity_hours as weekly_capacity_hours,

    false as is_active,
    true as is_imported
from owner_members
cross join sync_settings
where
    owner_members.is_imported
    and (
        exists (
            select 1 from companies
            where companies._owner_id = owner_members.owner_id
        )
        or exists (
            select 1 from contacts
            where contacts._owner_id = owner_members.owner_id
        )
        or exists (
            select 1 from opportunities
            where opportunities._owner_id = owner_members.owner_id
        )
    )
