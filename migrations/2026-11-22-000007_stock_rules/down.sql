comment on column stock.erp_qty is null;
alter table stock add constraint stock_erp_qty_check check (erp_qty >= 0);
drop function stock_available(stock);
drop table stock_checks;
alter table stock_movements
    drop column reservation, drop column held, drop column d_sold, drop column d_open, drop column d_frozen,
    drop constraint stock_movements_kind_check;
alter table stock_movements add constraint stock_movements_kind_check
    check (kind in ('erp_set', 'manual_set', 'reserve', 'confirm', 'release', 'restock', 'lot_sum', 'undo'));
alter table stock_marks drop constraint stock_marks_mark_check;
alter table stock_marks add constraint stock_marks_mark_check check (mark in ('low', 'out', 'short', 'drift'));
drop table holds;
drop table reservation_lines;
drop table reservations;
alter table stock
    drop constraint stock_hold_whole,
    drop column hold_keeps, drop column hold_until, drop column hold_used, drop column hold_qty, drop column hold_id, drop column oversell,
    drop column sold_offset, drop column received_at, drop column as_of, drop column ack_seq, drop column reported_qty;
drop table stock_rules;
alter table merchants drop column order_seq;
