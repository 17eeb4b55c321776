//! What every migration and every table must keep to.

use crate::support::House;
use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_migrations::MigrationHarness;
use duijie::db::MIGRATIONS;

#[derive(QueryableByName)]
struct Fact {
    #[diesel(sql_type = Text)]
    fact: String,
}

#[expect(clippy::disallowed_methods, reason = "tests look at the database from outside")]
fn connect(house: &House) -> PgConnection {
    PgConnection::establish(&house.url()).expect("connect")
}

fn facts(c: &mut PgConnection, sql: &str) -> Vec<String> {
    let rows: Vec<Fact> = diesel::sql_query(sql).load(c).expect("facts");
    rows.into_iter().map(|row| row.fact).collect()
}

/// Everything migrations can say, except the monthly partitions, which depend on the calendar.
const WHOLE: &str = "
with tables as (
    select c.oid, c.relname, c.relkind, c.relpersistence, c.reloptions
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and not c.relispartition and c.relkind in ('r', 'p', 'v', 'm', 'S')
)
select format('%s %s %s %s %s', t.relkind, t.relpersistence, t.relname, t.reloptions, obj_description(t.oid)) as fact from tables t
union all
select format('column %s.%s %s null=%s default=%s identity=%s: %s', t.relname, a.attname, format_type(a.atttypid, a.atttypmod), not a.attnotnull,
    pg_get_expr(d.adbin, d.adrelid), a.attidentity, col_description(t.oid, a.attnum))
    from tables t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum where t.relkind <> 'S'
union all
select format('constraint %s %s %s', t.relname, k.conname, pg_get_constraintdef(k.oid)) from tables t join pg_constraint k on k.conrelid = t.oid
union all
select format('index %s', pg_get_indexdef(i.indexrelid)) from tables t join pg_index i on i.indrelid = t.oid
union all
select format('trigger %s', pg_get_triggerdef(g.oid)) from tables t join pg_trigger g on g.tgrelid = t.oid where not g.tgisinternal
union all
select pg_get_functiondef(p.oid) from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public' and p.prokind in ('f', 'p')
    and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
union all
select format('type %s', t.typname) from pg_type t join pg_namespace n on n.oid = t.typnamespace where n.nspname = 'public' and t.typtype in ('e', 'd')
union all
select format('extension %s', extname) from pg_extension
union all
select format('merchant %s %s %s', id, code, kind) from merchants
order by 1";

const EMPTY: &str = "
select format('%s %s', c.relkind, c.relname) as fact from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm', 'S') and c.relname <> '__diesel_schema_migrations'
union all
select format('function %s', p.proname) from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public'
    and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
union all
select format('type %s', t.typname) from pg_type t join pg_namespace n on n.oid = t.typnamespace where n.nspname = 'public' and t.typtype in ('e', 'd')
order by 1";

#[actix_web::test]
async fn migrations_go_down_and_up_again_without_a_trace() {
    let house = House::open().await;
    tokio::task::spawn_blocking(move || {
        let mut c = connect(&house);
        let before = facts(&mut c, WHOLE);
        c.revert_all_migrations(MIGRATIONS).expect("every migration has its way back");
        assert_eq!(facts(&mut c, EMPTY), Vec::<String>::new(), "left behind by the way down");
        c.run_pending_migrations(MIGRATIONS).expect("up again");
        let after = facts(&mut c, WHOLE);
        let gone: Vec<_> = before.iter().filter(|f| !after.contains(f)).collect();
        let new: Vec<_> = after.iter().filter(|f| !before.contains(f)).collect();
        assert!(gone.is_empty() && new.is_empty(), "gone: {gone:#?}\nnew: {new:#?}");
        assert!(before.len() > 300, "looked at {} facts only", before.len());
    })
    .await
    .expect("done");
}

#[actix_web::test]
async fn each_migration_goes_down_and_up_alone() {
    let house = House::open().await;
    tokio::task::spawn_blocking(move || {
        let mut c = connect(&house);
        let count = MigrationSource::<diesel::pg::Pg>::migrations(&MIGRATIONS).expect("migrations").len();
        // The newest alone, then the two newest, and so on: what a step back in an emergency does.
        for steps in 1..=count {
            for _ in 0..steps {
                c.revert_last_migration(MIGRATIONS).expect("down");
            }
            c.run_pending_migrations(MIGRATIONS).expect("up");
        }
    })
    .await
    .expect("done");
}

// A schema newer than the program is a clear error, not a surprise later.
#[actix_web::test]
async fn a_newer_schema_is_refused() {
    let house = House::open().await;
    house.sql("insert into __diesel_schema_migrations (version) values ('20990101000000')");
    let refused =
        tokio::task::spawn_blocking(move || house.platform.db.migrate(house.now()).expect_err("refused").to_string()).await.expect("done");
    assert!(refused.contains("20990101000000") && refused.contains("newer than the program"), "{refused}");
}

/// Tables with a merchant that nothing points out of, and why.
const NO_FOREIGN_KEY: &[(&str, &str)] = &[
    ("stock_movements", "written from locked rows of stock, a thousand at a time, and never changed"),
    ("stock_marks", "written from locked rows of stock, a thousand at a time; rows of stock are never removed"),
];
/// Tables with a merchant that are not kept per merchant, and why.
const NOT_PER_MERCHANT: &[(&str, &str)] = &[
    ("users", "a login is unique on the whole platform, and so is its id"),
    ("audit_skips", "kept per auditor, who skips rows of many merchants"),
];

#[actix_web::test]
async fn every_tenant_table_starts_with_its_merchant() {
    let house = House::open().await;
    tokio::task::spawn_blocking(move || {
        let mut c = connect(&house);
        let tables = "select c.relname::text as fact from pg_class c join pg_namespace n on n.oid = c.relnamespace \
             join pg_attribute a on a.attrelid = c.oid and a.attname = 'merchant_id' \
             where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition";
        let tenant = facts(&mut c, tables);
        assert!(tenant.len() > 10, "{tenant:?}");
        let loose = format!(
            "{tables} and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'f' and a.attnum = any(k.conkey)) order by 1"
        );
        let loose: Vec<_> = facts(&mut c, &loose).into_iter().filter(|t| !NO_FOREIGN_KEY.iter().any(|(name, _)| name == t)).collect();
        assert_eq!(loose, Vec::<String>::new(), "merchant_id without a foreign key");
        let astray = format!("{tables} and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'p' and k.conkey[1] = a.attnum) order by 1");
        let astray: Vec<_> = facts(&mut c, &astray).into_iter().filter(|t| !NOT_PER_MERCHANT.iter().any(|(name, _)| name == t)).collect();
        assert_eq!(astray, Vec::<String>::new(), "the primary key does not start with merchant_id");
        let nullable = format!("{tables} and not a.attnotnull");
        assert_eq!(facts(&mut c, &nullable), Vec::<String>::new(), "merchant_id may be null");
    })
    .await
    .expect("done");
}

// Money and times keep their shape (DESIGN of the data: NUMERIC(12,2), timestamptz).
#[actix_web::test]
async fn money_and_times_have_one_type() {
    let house = House::open().await;
    tokio::task::spawn_blocking(move || {
        let mut c = connect(&house);
        let odd = "select format('%s.%s is %s', table_name, column_name, data_type) as fact from information_schema.columns \
             where table_schema = 'public' and table_name <> '__diesel_schema_migrations' and ( \
               data_type in ('real', 'double precision', 'money', 'timestamp without time zone') \
               or (column_name like '%price%' and (data_type <> 'numeric' or numeric_precision <> 12 or numeric_scale <> 2)))";
        assert_eq!(facts(&mut c, odd), Vec::<String>::new());
    })
    .await
    .expect("done");
}
