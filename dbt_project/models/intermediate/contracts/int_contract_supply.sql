-- What was read for each due rule since it was billed: its counter with fewest readings decides, one that has nothing more
-- to tell counting as read. Grain: rule_id.
select
    rule_id,
    cast(min(readings_since + case when is_ended then 1 else 0 end) as bigint) as readings_since,
    min(case when readings_since > 0 or is_ended or is_estimable then 1 else 0 end) = 1 as is_estimable,
from {{ ref('int_counter_state') }}
group by rule_id
