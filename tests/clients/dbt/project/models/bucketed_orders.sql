{{ config(materialized='table', bucketed_by=['customer_id'], bucket_count=2) }}
select * from {{ ref('orders') }}
