alter table apps
    drop constraint apps_platform_sells,
    drop constraint apps_of_one_merchant,
    drop column merchants;
