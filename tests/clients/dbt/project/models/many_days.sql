{{ config(materialized='table', partitioned_by=['day'], force_batch=true) }}
select n, date_add('day', n, date '2024-01-01') as day from unnest(sequence(1, 150)) as t(n)
