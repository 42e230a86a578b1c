{{ config(materialized='materialized_view', order_by='id', enabled=var('refused', false)) }}
select id, amount from {{ source('shop', 'orders') }}
