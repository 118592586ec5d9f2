{% snapshot order_counts %}
{{ config(table_type='iceberg', unique_key='customer_id', strategy='check', check_cols=['orders']) }}
select customer_id, orders from {{ ref('last_order_merge') }}
{% endsnapshot %}
