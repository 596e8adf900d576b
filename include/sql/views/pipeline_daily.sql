-- One row per day, pipeline, stage and currency of an org: the opportunities at the end of the day.
create function marts.pipeline_daily(from_day date, to_day date)
returns table (
    org text,
    day date,
    pipeline_id text,
    stage_id text,
    stage_name text,
    status text,
    currency text,
    opportunity_count bigint,
    amount numeric,
    corporate_amount numeric
)
language sql
stable
as $$
with days as (
    select cast(generated.day as date) as day
    from
        generate_series(
            from_day,
            -- A day that has not begun would only repeat the last one.
            least(to_day - 1, cast(now() at time zone 'UTC' as date)),
            interval '1 day'
        ) as generated (day)
),

-- A state counts from its first day to the day before the one on which it ended.
states as (
    select
        opportunities.org,
        opportunities.pipeline_id,
        history.stage_id,
        history.stage_name,
        history.status,
        history.currency,
        coalesce(history.amount, 0) as amount,
        coalesce(history.corporate_amount, 0) as corporate_amount,
        greatest(cast(history.began_at at time zone 'UTC' as date), from_day) as began_on,
        cast(history.ended_at at time zone 'UTC' as date) as ended_on
    from marts.opportunity_states as history
    inner join marts.opportunities as opportunities
        on
            history.org = opportunities.org
            and history.opportunity_id = opportunities.opportunity_id
),

changes as (
    select org, pipeline_id, stage_id, stage_name, status, currency,
        began_on as day, 1 as opportunity_count, amount, corporate_amount
    from states
    where coalesce(ended_on > began_on, true)
    union all
    select org, pipeline_id, stage_id, stage_name, status, currency,
        ended_on, -1, -amount, -corporate_amount
    from states
    where ended_on > began_on
    union all
    select groups.*, days.day, 0, 0, 0
    from (
        select distinct org, pipeline_id, stage_id, stage_name, status, currency from states
    ) as groups
    cross join days
),

totals as (
    select org, day, pipeline_id, stage_id, stage_name, status, currency,
        sum(sum(opportunity_count)) over up_to_the_day as opportunity_count,
        sum(sum(amount)) over up_to_the_day as amount,
        sum(sum(corporate_amount)) over up_to_the_day as corporate_amount
    from changes
    group by org, day, pipeline_id, stage_id, stage_name, status, currency
    window up_to_the_day as (
        partition by org, pipeline_id, stage_id, stage_name, status, currency order by day
    )
)

select org, day, pipeline_id, stage_id, stage_name, status, currency,
    cast(opportunity_count as bigint), amount, corporate_amount
from totals
where opportunity_count > 0 and day in (select days.day from days)
order by org, day, pipeline_id, stage_name, currency
$$
