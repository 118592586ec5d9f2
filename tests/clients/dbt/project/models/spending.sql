{{ config(materialized='table', format='parquet', write_compression='zstd', partitioned_by=['country']) }}
select c.id, c.name, sum(o.amount) as spent, count(*) as orders, c.country
from {{ ref('customers') }} c
join {{ ref('known_orders') }} o on o.customer_id = c.id
group by c.id, c.name, c.country
