//! An endpoint that serves a practice farm's database as SQL Server does: TDS 7.4 on loopback, plain and by TLS.
//!
//! It proves the protocol, the order of things and what happens when something goes wrong; it does not prove T-SQL.
//! Never listens anywhere but on loopback. Begin with [`Server`]; one client is `session`, its statements are `engine`.

mod call;
mod dialect;
mod engine;
pub mod fault;
mod locks;
mod login;
mod secure;
mod session;
pub mod tokens;
mod wire;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

pub use fault::{Fault, Faults, Gate};
pub use tokens::Told;

use locks::Sessions;
use secure::{Identity, Valid};

/// The name under which the database is served.
pub const DATABASE: &str = "co-store";

/// How a farm's database is served.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port; 0: one that is free.
    pub port: u16,
    /// The login.
    pub user: String,
    /// Its password.
    pub password: String,
    /// Whether TLS is there.
    pub tls: Offer,
}

/// Whether TLS is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// For clients that want it.
    Offered,
    /// All clients have to use it.
    Demanded,
    /// With a certificate that has expired.
    Expired,
    /// With a certificate that is not valid yet, as it looks to whoever's clock is behind.
    Ahead,
    /// It is not.
    Off,
}

impl Default for Options {
    fn default() -> Self {
        Self { port: 0, user: "practice".into(), password: "practice".into(), tls: Offer::Offered }
    }
}

enum Tls {
    Offered(Identity),
    Demanded(Identity),
    Off,
}

/// What all sessions share.
struct Shared {
    database: PathBuf,
    user: String,
    password: String,
    program: &'static str,
    tls: Tls,
    sessions: Sessions,
    faults: Faults,
    log: Mutex<Vec<String>>,
    clients: Mutex<Vec<TcpStream>>,
    stopping: AtomicBool,
}

/// A farm's database that is being served. Dropped, all its connections end.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    /// Serves the database of the farm whose folder (`.practice`) this is.
    ///
    /// # Errors
    /// What the system says of the port, or the certificate could not be made.
    pub fn start(folder: &Path, options: &Options) -> io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
        let address = listener.local_addr()?;
        let identity = |valid| Identity::make(&["localhost".into(), "127.0.0.1".into()], valid);
        let tls = match options.tls {
            Offer::Offered => Tls::Offered(identity(Valid::Now)?),
            Offer::Demanded => Tls::Demanded(identity(Valid::Now)?),
            Offer::Expired => Tls::Offered(identity(Valid::Before)?),
            Offer::Ahead => Tls::Offered(identity(Valid::Later)?),
            Offer::Off => Tls::Off,
        };
        let shared = Arc::new(Shared {
            database: folder.join(super::folder::DATABASE),
            user: options.user.clone(),
            password: options.password.clone(),
            program: "rolewalk practice",
            tls,
            sessions: Sessions::default(),
            faults: Faults::default(),
            log: Mutex::default(),
            clients: Mutex::default(),
            stopping: AtomicBool::new(false),
        });
        let server = Server { address, shared: Arc::clone(&shared) };
        std::thread::Builder::new().name("tds".into()).spawn(move || accept(&listener, &shared))?;
        Ok(server)
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the certificate (PEM) of the authority that a client has to trust; none without TLS.
    pub fn authority(&self) -> Option<&str> {
        match &self.shared.tls {
            Tls::Offered(identity) | Tls::Demanded(identity) => Some(&identity.authority),
            Tls::Off => None,
        }
    }

    /// Returns what is to go wrong.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Returns every statement so far, with `LOGIN`, `BEGIN`, `COMMIT` and `ROLLBACK` among them.
    pub fn log(&self) -> Vec<String> {
        self.shared.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends every connection, as a network does.
    pub fn cut_all(&self) {
        for client in self.shared.clients().drain(..) {
            // It may be gone already.
            let _ = client.shutdown(std::net::Shutdown::Both);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        self.cut_all();
        // Wakes the thread that accepts; it ends then.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn note(&self, text: &str) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).push(text.into());
    }

    fn clients(&self) -> std::sync::MutexGuard<'_, Vec<TcpStream>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        if let Ok(copy) = stream.try_clone() {
            shared.clients().push(copy);
        }
        // Small answers go out at once.
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(shared);
        // Without a thread the client sees its connection end.
        let _ = std::thread::Builder::new().name("tds client".into()).spawn(move || {
            let port = stream.peer_addr().map(|address| address.port()).map_err(drop);
            let end = stream.try_clone();
            if let Err(error) = session::serve(&shared, stream) {
                tracing::debug!("a client of the practice database: {error}");
            }
            // The copy that is kept for cutting would hold the connection open.
            let _ = end.map(|stream| stream.shutdown(std::net::Shutdown::Both));
            let gone = |one: &TcpStream| one.peer_addr().map_or(true, |address| Ok(address.port()) == port);
            shared.clients().retain(|one| !gone(one));
        });
    }
}
