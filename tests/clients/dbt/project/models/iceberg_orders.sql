{{ config(materialized='table', table_type='iceberg', format='parquet', s3_data_naming='schema_table_unique',
          partitioned_by=['day(placed)', 'bucket(customer_id, 4)'], table_properties={'optimize_rewrite_delete_file_threshold': '2'}) }}
select id, customer_id, amount, cast(day as timestamp(6)) as placed from {{ ref('known_orders') }}
