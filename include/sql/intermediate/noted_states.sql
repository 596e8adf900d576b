-- One row per state of a synced opportunity: from one change to the next, the last without an end.
with opportunity_history as (
    select * from staging.opportunity_history
    where not _is_deleted
),

synced_opportunities as (
    select * from intermediate.synced_opportunities
),

stage_names as (
    select * from intermediate.stage_names
),

stage_statuses as (
    select * from intermediate.stage_statuses
),

conversion_rates as (
    select * from intermediate.conversion_rates
),

-- Salesforce's times are whole seconds; the Ids tell which of two changes came first.
states as (
    select
        history.id,
        history.opportunity_id,
        history.stage_name,
        history.amount,
        coalesce(history.currency_iso_code, synced_opportunities.currency_iso_code) as currency,
        history.probability,
        history.close_date,
        row_number() over in_order as state_number,
        history.created_date as began_at,
        lead(history.created_date) over in_order as ended_at
    from opportunity_history as history
    inner join synced_opportunities on history.opportunity_id = synced_opportunities.id
    window in_order as (
        partition by history.opportunity_id
        order by history.created_date, history.id collate "C"
    )
)

select
    states.id as history_id,
    states.opportunity_id,
    states.state_number,
    stage_names.stage_id,

    coalesce(stage_names.stage_name, states.stage_name) as stage_name,
    stage_statuses.status,

    states.amount,
    states.currency,
    trim_scale(states.amount / conversion_rates.conversion_rate) as corporate_amount,
    states.probability,

    states.close_date,
    states.began_at,
    states.ended_at,

    states.stage_name as _stage_name
from states
left join stage_names on states.stage_name = stage_names.name_in_use
left join stage_statuses
    on
        stage_names.is_closed = stage_statuses.is_closed
        and stage_names.is_won = stage_statuses.is_won
left join conversion_rates
    on
        coalesce(states.currency, '') = conversion_rates.iso_code
        and coalesce(states.close_date, '-infinity') >= conversion_rates.start_date
        and coalesce(states.close_date, '-infinity') < conversion_rates.end_date
