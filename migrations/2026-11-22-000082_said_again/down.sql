alter table products drop column listing_said_again_at;
alter table skus drop column said_again_version, drop column said_again_at;
