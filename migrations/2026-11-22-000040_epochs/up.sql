-- An ERP restored from a backup begins its tokens anew (§4.3 of the law of stock), and one that tells steps instead of numbers.

alter table stock add column epoch bigint not null default 0;
comment on column stock.epoch is 'Goes up when the ERP''s clock and tokens have begun anew: what it said in a lower one is stale, and orders nothing in a higher one.';

alter table stock_movements drop constraint stock_movements_kind_check,
    add constraint stock_movements_kind_check check (kind in ('erp_set', 'erp_step', 'manual_set', 'reserve', 'confirm', 'release', 'expire', 'restock',
        'settle', 'lot_sum', 'undo', 'hold', 'hold_change', 'hold_end', 'rule', 'lots', 'lot_expiry'));

create function epoch_of(line jsonb) returns bigint language sql immutable parallel safe as
$$ select case when line->>'epoch' ~ '^[0-9]{1,18}$' then (line->>'epoch')::bigint end $$;
comment on function epoch_of is 'The epoch a line names; a line of a method that knows none may hold anything.';

create function is_new_epoch(line jsonb, older jsonb) returns boolean language sql immutable parallel safe as
$$ select coalesce(epoch_of(line) > coalesce(epoch_of(older), 0), false) $$;
comment on function is_new_epoch is 'Whether a line was said in a later epoch of its ERP than a kept one; one that names none stands in the same.';

create function is_as_new(line jsonb, at timestamptz, kept jsonb, kept_at timestamptz) returns boolean language sql immutable parallel safe as
$$ select case when epoch_of(line) < epoch_of(kept) then false
     else is_new_epoch(line, kept) or coalesce(at >= kept_at, true) end $$;
comment on function is_as_new is 'Whether a line may be laid over a kept one: by epoch first, by the source''s time within one.';
