{{ config(materialized='view') }}
select o.id, o.customer, c.name, o.status, o.amount, o.placed, o.changed
from {{ source('shop', 'orders') }} as o
join {{ source('shop', 'customers') }} as c on c.id = o.customer
