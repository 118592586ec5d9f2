{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partitioned_by=['day'], format='parquet') }}
select sum(amount) as total, count(*) as orders, day
from {{ ref('known_orders') }}
{% if is_incremental() %}
where day >= (select max(day) from {{ this }})
{% endif %}
group by day
