{{ config(materialized='table', ha=true, s3_data_naming='schema_table_unique', versions_to_keep=1, contract={'enforced': true}) }}
select id, cast(amount * 2 as decimal(12,2)) as doubled, '{{ env_var("DBT_LAST_DAY") }}' as run from {{ ref('orders') }}
