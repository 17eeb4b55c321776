-- What waits under the exceptions and locks of one product is found by the product.
create index held_lines_item on held_lines (merchant_id, product_id) where why = 'item';
