-- One row per stage that a pipeline offers, whether an opportunity is in it or not.
with opportunity_stage as (
    select * from staging.opportunity_stage
    where not _is_deleted
),

record_type as (
    select * from staging.record_type
    where not _is_deleted
),

record_type_stage as (
    select * from staging.record_type_stage
    where not _is_deleted
),

stage_names as (
    select * from intermediate.stage_names
)

-- Which stages a sales process offers is known per record type only.
select
    record_type.business_process_id as pipeline_id,
    stage_names.stage_id
from record_type_stage
inner join record_type on record_type_stage.record_type_id = record_type.id
inner join stage_names on record_type_stage.stage_name = stage_names.name_in_use
union
select
    'default' as pipeline_id,
    id as stage_id
from opportunity_stage
where is_active
