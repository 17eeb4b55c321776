//! The program: one binary that serves, works, migrates and loads the demo.

use actix_web::web::Data;
use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use duijie::clock::Clock;
use duijie::config::Config;
use duijie::start::{self, Started};
use duijie::web::health;
use duijie::{demo, routes, server, sync};

/// A call of a thousand lines makes and drops a few large arrays; the system's allocator gives each back to the kernel and
/// has it cleared anew.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Connects merchants' ERPs with a B2B or micro-shop selling platform
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    config: Config,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the back office and the open platform
    Serve {
        /// Load the demo platform first, unless it is there already
        #[arg(long)]
        demo: bool,
    },
    /// Bring the schema up to date and stop
    Migrate,
    /// Load the demo platform and print addresses, logins and a signed example
    Demo,
    /// Check settings, database and schema, and stop
    CheckConfig,
    /// Hold every stock counter against ledger and reservations; exits 1 when one differs
    Verify {
        /// Only this merchant, by its code
        #[arg(long)]
        merchant: Option<String>,
    },
    /// Print the OpenAPI 3.1 description of the open platform
    Openapi,
}

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    let Cli { command, config } = Cli::parse();
    if matches!(command, Command::Openapi) {
        println!("{}", routes::openapi());
        return Ok(());
    }
    start::logging(&config);
    let problems = config.problems();
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    let Started { platform, cluster: _cluster } = start::platform(&config, Clock::System).context("cannot start")?;
    match command {
        Command::Migrate => println!("the schema is up to date"),
        Command::CheckConfig => println!("settings, database and schema are fine"),
        Command::Demo => println!("{}", demo::load(&platform, &config.data, config.listen).await?),
        Command::Serve { demo } => {
            health::collect_metrics()?;
            if demo {
                println!("{}", demo::load(&platform, &config.data, config.listen).await?);
            }
            let platform = Data::new(platform);
            let worker = sync::start(&platform, config.keep_calls_months);
            server::serve(platform, config.listen, config.threads.into())
                .await
                .with_context(|| format!("cannot listen on {}", config.listen))?;
            worker.stop().await;
        }
        Command::Verify { merchant } => {
            let report = sync::verify(&platform.db, merchant, platform.clock.now()).await.context("cannot verify")?;
            println!("{report}");
            if report.differences() > 0 {
                bail!("{} stock counters differ from what they count", report.differences());
            }
        }
        Command::Openapi => {}
    }
    Ok(())
}
