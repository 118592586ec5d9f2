{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='append_new_columns') }}
select id, amount {% if is_incremental() %}, customer_id {% endif %}
from {{ ref('known_orders') }}
{% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}
