{{ config(
    materialized='incremental', incremental_strategy='insert_overwrite', partition_by='day', order_by='day'
) }}
select toDate(assumeNotNull(placed)) as day, count() as orders, sum(amount) as total from {{ source('shop', 'orders') }}
{% if is_incremental() %}
where toDate(placed) >= (select max(day) from {{ this }})
{% endif %}
group by day
