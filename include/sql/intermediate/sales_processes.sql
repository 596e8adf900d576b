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
    sync_settings.sales_processes is null
    or exists (
        select 1
        from unnest(sync_settings.sales_processes) as selected (selected_name)
        where lower(selected.selected_name) = lower(business_process.name)
    ) as is_selected
from business_process
cross join sync_settings
where business_process.table_enum_or_id = 'Opportunity'
