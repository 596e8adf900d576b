-- One row per pipeline of the org: one for all, or one per selected sales process.
with sales_processes as (
    select * from intermediate.sales_processes
),

opportunities as (
    select * from upcoming.opportunities
),

sync_settings as (
    select * from staging.sync_settings
)

select
    'default' as pipeline_id,
    'One Pipeline' as pipeline_name,
    true as is_active
from sync_settings
where sync_settings.pipeline_mode = 'one'
union all
select
    sales_processes.sales_process_id as pipeline_id,
    sales_processes.sales_process_name as pipeline_name,
    sales_processes.is_active
from sales_processes
cross join sync_settings
where sync_settings.pipeline_mode = 'split' and sales_processes.is_selected
union all
select
    'default' as pipeline_id,
    'Default' as pipeline_name,
    true as is_active
from sync_settings
where
    sync_settings.pipeline_mode = 'split'
    and exists (
        select 1 from opportunities
        where opportunities.pipeline_id = 'default'
    )
