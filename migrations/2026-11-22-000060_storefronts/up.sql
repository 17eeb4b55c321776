-- A storefront that sells for several merchants has one credential of the platform's.
set local lock_timeout = '3s';

alter table apps
    add column merchants bigint[],
    add constraint apps_of_one_merchant check (merchants is null or merchant_id = 0),
    add constraint apps_platform_sells check (merchant_id <> 0 or scopes = array['storefront:write']);
comment on column apps.merchants is 'Of a credential of the platform: the merchants it sells for. Null: every one.';
