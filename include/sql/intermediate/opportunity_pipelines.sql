-- One row per opportunity that exists: its sales process, and the pipeline that it belongs to.
with opportunity as (
    select * from staging.opportunity
    where not _is_deleted
),

record_type as (
    select * from staging.record_type
    where not _is_deleted
),

organization as (
    select * from staging.organization
    where not _is_deleted
),

sales_processes as (
    select * from intermediate.sales_processes
),

sync_settings as (
    select * from staging.sync_settings
),

-- People see dates in the time zone of their org.
org_time_zone as (
    select coalesce(max(time_zone_sid_key), 'UTC') as time_zone
    from organization
)

select
    opportunity.id as opportunity_id,
    sales_processes.sales_process_id,
    case
        when sync_settings.pipeline_mode = 'one' then 'default'
        when sales_processes.is_selected then sales_processes.sales_process_id
        when sales_processes.sales_process_id is not null then null
        when sync_settings.without_record_type = 'default_pipeline' then 'default'
    end as pipeline_id,

    opportunity.name as opportunity_name,
    opportunity.type as opportunity_type,
    sales_processes.sales_process_name,

    opportunity.amount,
    opportunity.probability,

    cast(opportunity.created_date at time zone org_time_zone.time_zone as date) as created_on
from opportunity
cross join sync_settings
cross join org_time_zone
left join record_type on opportunity.record_type_id = record_type.id
left join sales_processes on record_type.business_process_id = sales_processes.sales_process_id
