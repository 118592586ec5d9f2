{{ config(materialized='incremental', table_type='iceberg', incremental_strategy='merge', unique_key='customer_id') }}
select customer_id, max(day) as last_day, cast(count(*) as integer) as orders
from {{ ref('known_orders') }}
group by customer_id
