-- What people did by hand today, beside a million calls of their ERPs.
create index feeds_by_hand on feeds (merchant_id, at desc) include (total) where channel in ('page', 'sheet');
