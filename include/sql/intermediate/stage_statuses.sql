-- One row per pair of Salesforce's flags "closed" and "won", and what it is called.
select
    is_closed,
    is_won,
    status
from
    (
        values
        (false, false, 'open'),
        (true, false, 'lost'),
        (true, true, 'won'),
        (false, true, 'won')
    ) as stage_statuses (is_closed, is_won, status)
