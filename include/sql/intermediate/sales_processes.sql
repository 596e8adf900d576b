-- One row per sales process, and whether the settings select it.
with business_process as (
    select * from staging.business_process
    where not _is_deleted
),

sync_settings as (
    select * from staging.sync_settings
)

select
    business_process.id as sales_process_id,

    business_process.name as sales_process_name,

    business_process.is_active,
    -- Ids, for a process that is renamed stays selected under its old name.
    sync_settings.sales_process_ids is null
    or business_process.id = any(sync_settings.sales_process_ids) as is_selected
from business_process
cross join sync_settings
where business_process.table_enum_or_id = 'Opportunity'
