-- One row per stay of a synced opportunity in a stage.
-- key: opportunity_id, stay_id
-- recomputed by: opportunity_id
-- affected by: opportunity_history (opportunity_id) · opportunity (id)
--   · record_type (opportunity.record_type_id) · business_process (record_type.business_process_id)
--   · opportunity_stage.api_name (opportunity_history.stage_name)
--   · opportunity_stage.master_label (opportunity_history.stage_name)
--   · currency_type (all) · dated_conversion_rate (all) · organization (all) · sync_settings (all)
-- indexes: stage_id · entered_at
with noted_states as (
    select * from intermediate.noted_states
),

-- A state is written for every change of an amount too; what begins a stay is another stage.
compared as (
    select
        opportunity_id,
        history_id,
        state_number,
        stage_id,
        stage_name,
        status,
        amount,
        currency,
        corporate_amount,
        probability,
        close_date,
        began_at,
        _stage_name,
        coalesce(stage_id, _stage_name, '') as the_stage,
        lag(coalesce(stage_id, _stage_name, ''))
            over (partition by opportunity_id order by state_number)
            as stage_before
    from noted_states
)

select
    opportunity_id,
    history_id as stay_id,
    stage_id,

    stage_name,
    status,

    amount,
    currency,
    corporate_amount,
    probability,

    close_date,
    began_at as entered_at,
    lead(began_at) over (partition by opportunity_id order by state_number) as left_at,

    _stage_name
from compared
where stage_before is null or the_stage <> stage_before
