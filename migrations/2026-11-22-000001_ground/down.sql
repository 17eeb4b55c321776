drop table replies, buckets, nonces, app_secrets, apps, sessions, users, shops, merchants;
