{{ config(
    materialized='incremental', incremental_strategy='delete_insert', unique_key='id', order_by='id',
    indexes=[{'name': 'by_status', 'definition': 'status TYPE set(10) GRANULARITY 1'}]
) }}
select id, status, amount, changed from {{ source('shop', 'orders') }}
{% if is_incremental() %}
where changed > (select max(changed) from {{ this }})
{% endif %}
