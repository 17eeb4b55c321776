//! The private PostgreSQL, broken on purpose.
use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio, id},
    sync::atomic::{AtomicU32, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

use duijie::db::embedded::{Cluster, Options, PgError, Server, servers, usual_folders};

const OPTIONS: Options = Options { durable: false, max_connections: 10 };
/// Tells `second_program` which folder to open.
const FOLDER: &str = "DUIJIE_TEST_GROUND";

/// A folder of one test's own, gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let ram = Path::new("/dev/shm");
        let base = if ram.is_dir() { ram.to_path_buf() } else { env::temp_dir() };
        let path = base.join(format!("ground-{}-{}{name}", id(), NEXT.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// The server's process number, from its pid file; empty while there is none.
    fn pid(&self) -> String {
        let text = fs::read_to_string(self.0.join("pg/postmaster.pid")).unwrap_or_default();
        text.lines().next().unwrap_or_default().to_owned()
    }

    /// Waits until the server has gone.
    fn quiet_within(&self, seconds: u64) -> bool {
        within(seconds, || !self.0.join("pg/postmaster.pid").exists())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("{} stays behind: {error}", self.0.display());
        }
    }
}

fn within(seconds: u64, mut done: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    while !done() {
        if began.elapsed() > Duration::from_secs(seconds) {
            return false;
        }
        sleep(Duration::from_millis(20));
    }
    true
}

fn kill(pid: &str) {
    assert!(Command::new("/bin/sh").arg("-c").arg(format!("kill -9 {pid}")).status().unwrap().success());
}

/// Asks through the address the program itself would use.
fn psql(cluster: &Cluster, text: &str) -> Command {
    let newest = servers(usual_folders()).remove(0);
    let mut psql = Command::new(newest.bin.join("psql"));
    psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", text]).arg(cluster.url("postgres"));
    psql
}

fn sql(cluster: &Cluster, text: &str) -> String {
    let out = psql(cluster, text).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

/// Another program that uses the same folder: this test binary again, running `second_program`.
struct Second {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Second {
    fn open(folder: &Path) -> Self {
        let (_, module) = module_path!().split_once("::").unwrap_or_default();
        let test = if module.is_empty() { "second_program".into() } else { format!("{module}::second_program") };
        let mut child = Command::new(env::current_exe().unwrap())
            .args([&test, "--exact", "--ignored", "--nocapture", "--test-threads=1"])
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output }
    }

    fn ready(mut self) -> Self {
        let ready = self.output.by_ref().lines().any(|line| line.unwrap() == "ready");
        assert!(ready, "the second program did not open the folder");
        self
    }

    /// It leaves in good order.
    fn leave(mut self) {
        drop(self.input);
        let said: Vec<String> = self.output.lines().map_while(Result::ok).collect();
        assert!(self.child.wait().unwrap().success(), "{said:?}");
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
#[ignore = "not a test: the other tests start it as their second program"]
#[expect(clippy::disallowed_methods, reason = "the one message from the test that started us")]
fn second_program() {
    let Some(folder) = env::var_os(FOLDER) else {
        return;
    };
    let cluster = Cluster::open(Path::new(&folder), &OPTIONS).unwrap();
    println!("\nready");
    std::io::stdout().flush().unwrap();
    // Until the first program closes our input, or kills us.
    std::io::stdin().lines().for_each(|line| drop(line.unwrap()));
    drop(cluster);
}

#[test]
fn two_starts_at_once_share_one_server_and_the_last_to_leave_stops_it() {
    let folder = Folder::new(r#" it's "quoted" $(touch x) \n `y`"#);
    // An initdb was interrupted here once.
    fs::create_dir_all(folder.0.join("pg.unfinished/base")).unwrap();
    let (one, two) = (Second::open(&folder.0), Second::open(&folder.0));
    let (one, two) = (one.ready(), two.ready());
    let server = folder.pid();

    one.leave();
    assert_eq!(folder.pid(), server);
    let three = Cluster::open(&folder.0, &OPTIONS).unwrap();
    assert_eq!(folder.pid(), server);
    two.leave();
    assert_eq!(sql(&three, "select current_setting('port')"), "5432");
    assert_eq!(sql(&three, "show listen_addresses"), "");

    assert!(three.stop().unwrap(), "we were the last");
    assert!(folder.quiet_within(0));
    assert!(!three.alive());
    assert!(matches!(three.ensure(), Err(PgError::Left)));
    assert!(!three.stop().unwrap(), "once is enough");
}

#[test]
fn a_killed_server_comes_back_by_itself() {
    // The name is too long for a socket, and has the comma libpq would split it at.
    let folder = Folder::new(&format!(", {}", "long ".repeat(20)));
    let cluster = Cluster::open(&folder.0, &Options { durable: true, ..OPTIONS }).unwrap();
    sql(&cluster, "create table kept as select 42 as n");

    let first = folder.pid();
    kill(&first);
    let asked = || {
        cluster.ensure().unwrap();
        folder.pid() != first
    };
    assert!(within(5, asked));
    assert_eq!(sql(&cluster, "select n from kept"), "42");

    // One of its children is too busy to notice its death.
    let mut busy = psql(&cluster, "do $$ begin loop end loop; end $$").stderr(Stdio::null()).spawn().unwrap();
    assert!(within(5, || sql(&cluster, "select count(*) from pg_stat_activity where query like 'do%'") == "1"));
    let second = folder.pid();
    kill(&second);
    let by_itself = || cluster.alive() && folder.pid() != second;
    assert!(within(10, by_itself));
    assert_eq!(sql(&cluster, "select n from kept"), "42");
    assert!(!busy.wait().unwrap().success());

    // Its socket disappears while it runs.
    let host = cluster.url("x").split("%2F").last().unwrap().replace("&port=", "/.s.PGSQL.");
    fs::remove_file(Path::new("/tmp").join(host)).unwrap();
    cluster.ensure().unwrap();
    assert_eq!(sql(&cluster, "select n from kept"), "42");
    drop(cluster);
    assert!(folder.quiet_within(0));
}

#[test]
fn a_killed_program_leaves_nothing_that_stops_the_next_one() {
    let above = Folder::new("");
    // Only we may enter; as root that keeps out the user the server runs as.
    fs::set_permissions(&above.0, fs::Permissions::from_mode(0o700)).unwrap();
    let folder = Folder(above.0.join("data"));
    Second::open(&folder.0).ready().kill();
    // The next one finds the server still there and joins it.
    let server = folder.pid();
    let second = Second::open(&folder.0).ready();
    assert_eq!(folder.pid(), server);
    // Killed too, and nobody comes: the server does not run for ever.
    second.kill();
    assert!(folder.quiet_within(10));
    let stopped = fs::File::open(folder.0.join("setup.lock")).unwrap();
    stopped.lock().unwrap();

    // A machine lost its power: a pid file remains, and the number is somebody else's now.
    let stale = format!("{}\n{1}/pg\n1700000000\n5432\n{1}/run\n\n  1 1\nready   \n", id(), folder.0.display());
    fs::write(folder.0.join("pg/postmaster.pid"), &stale).unwrap();
    fs::write(folder.0.join("run/.s.PGSQL.5432.lock"), &stale).unwrap();
    drop(stopped);
    let cluster = Cluster::open(&folder.0, &OPTIONS).unwrap();
    assert_ne!(folder.pid(), id().to_string());
    assert_eq!(sql(&cluster, "select 1"), "1");
}

#[test]
fn data_of_another_version_stays_untouched() {
    let folder = Folder::new("");
    let newest = servers(usual_folders()).remove(0);
    fs::create_dir(folder.0.join("pg")).unwrap();
    fs::write(folder.0.join("pg/PG_VERSION"), "14\n").unwrap();
    let message = Cluster::open(&folder.0, &OPTIONS).unwrap_err().to_string();
    assert!(message.contains("written by PostgreSQL 14"), "{message}");
    assert!(message.contains(&format!("PostgreSQL {}", newest.major)), "{message}");
    assert!(message.contains("pg_dumpall") && message.contains("--data"), "{message}");
    assert_eq!(fs::read_dir(folder.0.join("pg")).unwrap().count(), 1);

    // Of several installations the one that wrote the data is taken, not the newest.
    fs::write(folder.0.join("pg/PG_VERSION"), "16\n").unwrap();
    let installed = |major| Server { bin: format!("/nowhere/{major}").into(), major };
    let error = Cluster::open_with(&folder.0, &OPTIONS, &[installed(17), installed(15)]).unwrap_err();
    assert!(error.to_string().contains("only PostgreSQL 17 (/nowhere/17) and PostgreSQL 15 (/nowhere/15)"), "{error}");
}

#[test]
fn a_missing_server_is_named_with_its_remedy() {
    let folder = Folder::new("");
    let tools = |version: &str, names: &[&str]| {
        let bin = folder.0.join(format!("{version}-{}", names.len()));
        fs::create_dir(&bin).unwrap();
        for name in names {
            let path = bin.join(name);
            fs::write(&path, format!("#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        bin
    };
    let all = ["postgres", "initdb", "pg_ctl"];
    let open = |bins: Vec<PathBuf>| {
        let data = folder.0.join("data");
        let error = Cluster::open_with(&data, &OPTIONS, &servers(bins)).unwrap_err().to_string();
        assert!(!data.join("pg").exists());
        error
    };

    let message = open(vec![folder.0.clone(), tools("17.2", &["postgres", "pg_ctl"])]);
    assert!(message.contains("sudo apt-get install -y postgresql"), "{message}");
    let message = open(vec![tools("13.9 (Debian 13.9-0+deb11u1)", &all)]);
    assert!(message.contains("only PostgreSQL 13"), "{message}");

    // Links are followed to where the other tools are, and the newest comes first.
    let (new, old) = (tools("18beta1", &all), tools("15.20", &all));
    let links = folder.0.join("links");
    fs::create_dir(&links).unwrap();
    std::os::unix::fs::symlink(new.join("postgres"), links.join("postgres")).unwrap();
    let new = new.canonicalize().unwrap();
    let found = servers([old.clone(), links, old.clone()]);
    assert_eq!(found, [Server { bin: new, major: 18 }, Server { bin: old.canonicalize().unwrap(), major: 15 }]);
}
