//! A wire to a server that can be cut: what is sent is then kept back on both sides, and nobody is told, as when a network
//! is parted. Spliced again, it passes on everything.

use handback::db::DatabaseUrl;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

/// The wire. It is gone when it is dropped.
pub struct Wire {
    address: SocketAddr,
    is_whole: watch::Sender<bool>,
    _tasks: JoinSet<()>,
}

impl Wire {
    /// A wire to the PostgreSQL server of a database, and where the database is at its near end.
    pub async fn to_database(database: &DatabaseUrl) -> (Self, DatabaseUrl) {
        let DatabaseUrl::Postgres(url) = database else {
            panic!("SQLite is no server");
        };
        let mut url = Url::parse(url).unwrap();
        let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5_432));
        let wire = Self::to(server).await;
        url.set_host(Some(&wire.address.ip().to_string())).unwrap();
        url.set_port(Some(wire.address.port())).unwrap();
        (wire, DatabaseUrl::Postgres(url.to_string()))
    }

    async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (is_whole, whole) = watch::channel(true);
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, server, whole));
        Self {
            address,
            is_whole,
            _tasks: tasks,
        }
    }

    /// Nothing passes any more.
    pub fn cut(&self) {
        self.is_whole.send_replace(false);
    }

    /// Everything passes again.
    pub fn splice(&self) {
        self.is_whole.send_replace(true);
    }
}

async fn accept(listener: TcpListener, server: String, whole: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    while let Ok((near, _)) = listener.accept().await {
        let (server, mut whole) = (server.clone(), whole.clone());
        connections.spawn(async move {
            whole.wait_for(|whole| *whole).await.ok()?;
            let far = TcpStream::connect(server).await.ok()?;
            let (near, far) = (near.into_split(), far.into_split());
            tokio::join!(pass(near.0, far.1, whole.clone()), pass(far.0, near.1, whole));
            Some(())
        });
    }
}

/// Passes on in one direction until the end.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut whole: watch::Receiver<bool>) {
    let mut buffer = vec![0; 16 * 1_024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if whole.wait_for(|whole| *whole).await.is_err() || to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
