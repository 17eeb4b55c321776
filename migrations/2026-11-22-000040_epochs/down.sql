drop function is_as_new(jsonb, timestamptz, jsonb, timestamptz);
drop function is_new_epoch(jsonb, jsonb);
drop function epoch_of(jsonb);
alter table stock_movements drop constraint stock_movements_kind_check,
    add constraint stock_movements_kind_check check (kind in ('erp_set', 'manual_set', 'reserve', 'confirm', 'release', 'expire', 'restock',
        'settle', 'lot_sum', 'undo', 'hold', 'hold_change', 'hold_end', 'rule', 'lots', 'lot_expiry'));
alter table stock drop column epoch;
