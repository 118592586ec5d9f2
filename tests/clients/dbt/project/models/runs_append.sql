{{ config(materialized='incremental', incremental_strategy='append') }}
select '{{ var("last_day") }}' as run, count(*) as orders from {{ ref('known_orders') }}
