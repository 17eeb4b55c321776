//! A disk that runs full (G19): refused and never half written; and when there is room again, it serves again by itself.

use super::{Server, UNHURRIED, call, connect, number, proven};
use crate::stock::goods_sql;
use crate::support::Cast;
use crate::support::house::start_of_time;
use diesel::connection::SimpleConnection;
use duijie::Db;
use duijie::db::Plans;
use duijie::db::embedded::{Cluster, Options};
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A file system of its own, small enough to be filled, and gone when the test is.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where nobody may mount one.
    fn mount() -> Option<Self> {
        let path = std::env::temp_dir().join(format!("duijie-full-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=200m,mode=755", "tmpfs"]).arg(&path).stdout(Stdio::null()).stderr(Stdio::null());
        if mount.status().is_ok_and(|status| status.success()) {
            return Some(Self(path));
        }
        std::fs::remove_dir(&path).expect("the folder is empty");
        None
    }
    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
    /// To the last page.
    fn fill(&self) {
        let mut file = File::create(self.ballast()).expect("a file");
        for block in [vec![0_u8; 1 << 20], vec![0_u8; 4096]] {
            while file.write_all(&block).is_ok() {}
        }
    }
    fn make_room(&self) {
        std::fs::remove_file(self.ballast()).expect("the ballast");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let gone = Command::new("umount").arg("-l").arg(&self.0).status().is_ok_and(|status| status.success());
        if !gone || std::fs::remove_dir(&self.0).is_err() {
            eprintln!("{} is left behind", self.0.display());
        }
    }
}

const ROWS: i64 = 200;

/// One number for every row.
fn push(n: i64) -> Value {
    (1..=ROWS).map(|i| json!({ "skuId": format!("S{i}"), "shopId": "1", "inventory": n })).collect()
}

#[actix_web::test]
async fn a_full_disk_loses_nothing_and_is_survived() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("skipped: nobody may mount a file system here, so no disk can be filled");
        return;
    };
    let path = disk.0.join("data");
    let opened = path.clone();
    let (cluster, db) = tokio::task::spawn_blocking(move || {
        let cluster = Cluster::open(&opened, &Options { durable: true, max_connections: 40 }).expect("a private PostgreSQL");
        let db = Db::connect(&cluster.url("postgres"), 4, Plans::Kept).expect("connect");
        db.migrate(start_of_time()).expect("migrate");
        (cluster, db)
    })
    .await
    .expect("open");
    let cast = Cast::enter_at(&db, start_of_time()).await;
    tokio::task::spawn_blocking(move || {
        let url = cluster.url("postgres");
        connect(&url).batch_execute(&format!("{}; {UNHURRIED}", goods_sql(cast.a, ROWS))).expect("goods");
        let server = Server::start(Err(&path));
        let say = |method: &str, body: &Value| call(server.address, &cast.erp, method, body);
        let mut acked = 0;
        for n in 1..=3 {
            assert_eq!(say("sku.inventory.update", &push(n)).expect("an answer").0, 200);
            acked = n;
        }
        disk.fill();
        // Until the room inside the files is used up.
        let refused = (4..500).find(|n| match say("sku.inventory.update", &push(*n)) {
            Some((200, _)) => {
                acked = *n;
                false
            }
            Some((503, _)) => true,
            other => panic!("{other:?}"),
        });
        let refused = refused.expect("the disk is full");
        // Nobody meets anything worse than "come back in a moment".
        let freeze = json!({ "reservationId": "FULL", "skuId": "S1", "shopId": "1", "quantity": 1 });
        let frozen = say("sku.inventory.freeze", &freeze).expect("an answer").0;
        let read = say("sku.inventory.get", &json!({ "skuId": "S1" })).expect("an answer").0;
        assert!(matches!((frozen, read), (200 | 503, 200 | 503)), "{frozen} {read}");
        disk.make_room();
        let began = Instant::now();
        while say("sku.inventory.get", &json!({ "skuId": "S1" })).is_none_or(|(status, _)| status != 200) {
            assert!(began.elapsed() < Duration::from_secs(30), "the service does not come back");
            std::thread::sleep(Duration::from_millis(50));
        }
        let mut c = connect(&url);
        let rows = |of: &str| format!("select {of} from stock where merchant_id = {}", cast.a);
        assert_eq!(number(&mut c, &rows("count(distinct erp_qty)")), 1, "torn");
        assert_eq!(number(&mut c, &rows("min(erp_qty)")), acked, "what was acknowledged is there, what was refused is not");
        assert_eq!(number(&mut c, &format!("select count(*) from stock_movements where after = {refused}")), 0);
        assert_eq!(number(&mut c, "select count(*) from reservations where no = 'FULL'"), i64::from(frozen == 200));
        assert_eq!(say("sku.inventory.update", &push(1000)).expect("an answer").0, 200);
        proven(&mut c, cast.a);
        drop((server, db, c));
        cluster.stop().map(drop).expect("stop");
        drop(disk);
    })
    .await
    .expect("survived");
}
