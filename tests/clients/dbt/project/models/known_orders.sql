{{ config(materialized='view') }}
select id, customer_id, amount, day
from {{ ref('orders') }}
where day <= date '{{ env_var("DBT_LAST_DAY") }}'
