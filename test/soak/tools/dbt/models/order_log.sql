{{ config(materialized='incremental', incremental_strategy='append', order_by='id') }}
select id, status, amount, changed from {{ source('shop', 'orders') }}
{% if is_incremental() %}
where changed > (select max(changed) from {{ this }})
{% endif %}
