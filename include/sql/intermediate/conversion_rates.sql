-- One row per currency and span of days: how much of it one unit of the corporate currency is.
with currency_type as (
    select * from staging.currency_type
    where not _is_deleted
),

dated_conversion_rate as (
    select * from staging.dated_conversion_rate
    where not _is_deleted
),

-- The static rate counts until the first dated one begins, and where there is none.
rates as (
    select
        id,
        iso_code,
        conversion_rate,
        cast('-infinity' as date) as start_date
    from currency_type
    union all
    select
        id,
        iso_code,
        conversion_rate,
        start_date
    from dated_conversion_rate
    where start_date is not null
)

select
    iso_code,

    nullif(conversion_rate, 0) as conversion_rate,

    start_date,
    lead(start_date, 1, 'infinity') over (partition by iso_code order by start_date, id) as end_date
from rates
union all
-- Where there is one currency, records do not name it.
select
    '' as iso_code,

    1 as conversion_rate,

    '-infinity' as start_date,
    'infinity' as end_date
where not exists (select 1 from currency_type)
