-- One row per person of the member directory, or imported because something in the marts is theirs.
-- key: member_id
-- recomputed by: member_id
-- affected by: member_directory (all) · member_overrides (all) · sync_settings (all)
--   · user (id) · group (id) · account (owner_id) · contact (owner_id) · opportunity (owner_id)
--   · record_type (opportunity.record_type_id)
--   · business_process (record_type.business_process_id) · organization (all)
with member_directory as (
    select * from staging.member_directory
),

existing_members as (
    select * from intermediate.existing_members
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
    existing_members.member_id,

    existing_members.owner_name as member_name,
    existing_members.email,

    sync_settings.imported_weekly_capacity_hours as weekly_capacity_hours,

    false as is_active,
    true as is_imported
from existing_members
cross join sync_settings
where existing_members.is_imported
