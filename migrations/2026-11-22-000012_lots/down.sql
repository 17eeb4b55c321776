alter table quarantines drop constraint quarantines_guard_check;
alter table quarantines add constraint quarantines_guard_check check (guard in ('zero', 'swing', 'floor'));
alter table guard_rules drop column lots_on;
alter table stock_movements drop constraint stock_movements_kind_check;
alter table stock_movements add constraint stock_movements_kind_check check (kind in ('erp_set', 'manual_set', 'reserve', 'confirm', 'release', 'expire',
    'restock', 'settle', 'lot_sum', 'undo', 'hold', 'hold_change', 'hold_end', 'rule'));
comment on table stock_marks is 'The few rows each tab of the stock page asks for, kept beside the hot table so that it needs no index on its figures.';
alter table stock_marks drop constraint stock_marks_mark_check;
alter table stock_marks add constraint stock_marks_mark_check check (mark in ('low', 'out', 'short', 'drift', 'held'));
create or replace function stock_available(s stock) returns bigint language sql stable as $$
    select coalesce(s.hold_qty - s.hold_used,
        s.erp_qty - s.frozen - s.sold_open - s.safety - coalesce((select r.stale_extra from stock_rules r where r.merchant_id = s.merchant_id), 0))
$$;
alter table stock drop column lots_qty, drop column lots_until, drop column withheld;
drop table lot_snapshots;
drop table lot_stops;
drop table lots;
drop table lot_heads;
drop table lot_rules;
