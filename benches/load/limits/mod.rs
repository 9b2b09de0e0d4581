//! The limit programs: what the same work costs with the same libraries and nothing around it. No authentication, no
//! rights, no audit, no log, no grouping of commits; the durability is the service's.

mod bodies;
mod data;

pub use bodies::DeviceBody;
pub use data::fill;

use actix_web::{App, HttpResponse, HttpServer, web};
use bodies::{Listed, Written};
use clap::{Args, ValueEnum};
use data::{Store, Work};
use serde::Deserialize;
use std::net::SocketAddr;

/// Which limit program to be.
#[derive(Args)]
pub struct LimitArgs {
    #[arg(long)]
    kind: LimitKind,
    #[arg(long)]
    listen: SocketAddr,
    /// The file of SQLite, or the URL of PostgreSQL.
    #[arg(long, default_value = "")]
    database: String,
}

/// What a limit program works with.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LimitKind {
    /// Nothing: it makes up the record and serialises it.
    Bare,
    Sqlite,
    Postgres,
}

#[derive(Deserialize)]
struct PageQuery {
    offset: i64,
    limit: i64,
}

/// Serves until it is killed, with one HTTP worker per core as the service does.
///
/// # Errors
/// The port or the database cannot be used.
pub fn serve(args: &LimitArgs) -> anyhow::Result<()> {
    actix_web::rt::System::new().block_on(async {
        let server = match args.kind {
            LimitKind::Bare => HttpServer::new(|| App::new().route("/devices/{id}", web::get().to(bare)))
                .bind(args.listen)?
                .run(),
            LimitKind::Sqlite | LimitKind::Postgres => {
                let store = web::Data::new(Store::open(args.kind, &args.database)?);
                let app = move || {
                    App::new()
                        .app_data(store.clone())
                        .route("/devices", web::get().to(list))
                        .route("/devices/{id}", web::get().to(read))
                        .route("/devices/{id}/events", web::post().to(write))
                };
                HttpServer::new(app).bind(args.listen)?.run()
            }
        };
        Ok(server.await?)
    })
}

async fn bare(id: web::Path<String>) -> HttpResponse {
    HttpResponse::Ok().json(DeviceBody::example(id.into_inner()))
}

async fn read(store: web::Data<Store>, id: web::Path<String>) -> actix_web::Result<HttpResponse> {
    let found: DeviceBody = run(store, move |work| work.read(&id)).await?;
    Ok(HttpResponse::Ok().json(found))
}

async fn list(store: web::Data<Store>, page: web::Query<PageQuery>) -> actix_web::Result<HttpResponse> {
    let found: Listed = run(store, move |work| work.list(page.offset, page.limit)).await?;
    Ok(HttpResponse::Ok().json(found))
}

async fn write(store: web::Data<Store>, id: web::Path<String>) -> actix_web::Result<HttpResponse> {
    let written: Written = run(store, move |work| work.write(&id)).await?;
    Ok(HttpResponse::Ok().json(written))
}

/// Does the work on a thread that may block.
async fn run<T: Send + 'static>(
    store: web::Data<Store>,
    work: impl FnOnce(&dyn Work) -> anyhow::Result<T> + Send + 'static,
) -> actix_web::Result<T> {
    web::block(move || work(store.work()))
        .await?
        .map_err(actix_web::error::ErrorInternalServerError)
}
