{{ config(materialized='view') }}
select id, customer_id, amount, day
from {{ ref('orders') }}
where day <= date '{{ var("last_day") }}'
