-- depends_on: {{ ref('order_log') }}
{{ config(
    materialized='incremental', incremental_strategy='append', engine='MutableMergeTree', order_by='id', on_schema_change='fail'
) }}
select id, cast(status as String) as status, amount from {{ source('shop', 'orders') }}
{% if is_incremental() %}
where changed > (select max(changed) from {{ ref('order_log') }}) - interval 1 day
{% endif %}
