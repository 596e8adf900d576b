-- One row per state of a synced opportunity, from one change of stage or amount to the next.
-- key: opportunity_id, history_id
-- recomputed by: opportunity_id
-- affected by: opportunity_history (opportunity_id) · opportunity (id)
--   · record_type (opportunity.record_type_id) · business_process (record_type.business_process_id)
--   · opportunity_stage.api_name (opportunity_history.stage_name)
--   · opportunity_stage.master_label (opportunity_history.stage_name)
--   · currency_type (all) · dated_conversion_rate (all) · organization (all) · sync_settings (all)
-- indexes: stage_id · began_at
with noted_states as (
    select * from intermediate.noted_states
)

select
    opportunity_id,
    history_id,
    stage_id,

    stage_name,
    status,

    amount,
    currency,
    corporate_amount,
    probability,

    close_date,
    began_at,
    ended_at,

    _stage_name
from noted_states
