{{ config(materialized='table', order_by='country') }}
with orders as (select * from {{ ref('order_view') }})
select n.name as country, count() as orders, sum(o.amount) as total
from orders as o
join {{ source('shop', 'customers') }} as c on c.id = o.customer
join {{ ref('countries') }} as n on n.code = c.country
group by n.name
