select o.id from {{ source('shop', 'orders') }} as o
left anti join {{ source('shop', 'customers') }} as c on c.id = o.customer
