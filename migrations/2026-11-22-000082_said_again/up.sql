-- A price or a listing that is said once more without changing is somebody's newer word: taking an older batch back leaves it (I-9).
-- Written at most once between two changes, so that a push that changes nothing goes on writing nothing.

alter table skus add column said_again_at timestamptz, add column said_again_version integer;
comment on column skus.said_again_at is 'When a price was last said once more without changing, since prices changed last; older than that: not since.';
comment on column skus.said_again_version is 'The quote_version at which that was.';
alter table products add column listing_said_again_at timestamptz;
comment on column products.listing_said_again_at is 'When the listing was first said once more without changing; none: not since it changed last.';
