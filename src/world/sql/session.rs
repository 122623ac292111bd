//! One connection to a database: connect, read, change, lock. Every wait has a limit.
//!
//! Where the limit passes, the statement is cancelled; a session that does not confirm that is given up.

use std::future::Future;
use std::io;
use std::time::Duration;

use futures_util::TryStreamExt;
use socket2::{SockRef, TcpKeepalive};
use tiberius::{AuthMethod, Client, Command, Config, EncryptionLevel, IsolationLevel, Query, SqlBrowser};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

use super::meter::{Allowance, Metered};
use super::trouble::Trouble;
use super::{Encryption, LARGEST_ANSWER, Login, Settings, value};
use crate::model::request::Statement;

/// How long to wait until a cancelled statement is confirmed to be cancelled.
const CANCEL_LIMIT: Duration = Duration::from_secs(2);

/// After how much silence a connection shows that it is still there, and how often then. A session holds its locks while a
/// person works for hours: a firewall between forgets connections that are silent for long, often for half an hour.
const KEEP_ALIVE: TcpKeepalive =
    TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(15));

/// Rows with their columns in order; none for NULL.
pub type Rows = Vec<Vec<Option<String>>>;

/// One connection.
pub struct Session {
    client: Client<Compat<Metered<TcpStream>>>,
    allowance: Allowance,
    limit: Duration,
    usable: bool,
}

impl Session {
    /// Connects, logs in, and tells the session what it has to know.
    pub async fn open(settings: &Settings) -> Result<Session, Trouble> {
        match timeout(settings.connect_limit, Self::connect(settings)).await {
            Ok(opened) => opened,
            Err(_) => {
                let why = format!("no connection within {} s", settings.connect_limit.as_secs_f32());
                Err(Trouble::Unreachable { address: settings.address(), why })
            }
        }
    }

    async fn connect(settings: &Settings) -> Result<Session, Trouble> {
        let fault = |error| Trouble::of_connecting(error, &settings.address());
        let config = config(settings);
        let stream = match settings.instance {
            Some(_) => TcpStream::connect_named(&config).await,
            None => TcpStream::connect(config.get_addr()).await.map_err(Into::into),
        };
        let stream = stream.map_err(fault)?;
        set(&stream).map_err(|error| fault(error.into()))?;
        let allowance = Allowance::default();
        allowance.set(LARGEST_ANSWER.0);
        let stream = Metered::new(stream, allowance.clone()).compat();
        let client = Client::connect(config, stream).await.map_err(fault)?;
        let mut session = Session { client, allowance, limit: settings.query_limit, usable: true };
        for statement in &settings.session {
            session.tell(statement).await?;
        }
        Ok(session)
    }

    /// Returns whether it can still be used.
    pub fn is_usable(&self) -> bool {
        self.usable
    }

    async fn tell(&mut self, statement: &str) -> Result<(), Trouble> {
        let told = limited(self.limit, &self.allowance, async {
            self.client.simple_query(statement).await?.into_results().await.map(drop)
        });
        let told = told.await;
        self.settled(told).await
    }

    /// Reads the rows of one statement.
    pub async fn read(&mut self, statement: &Statement) -> Result<Rows, Trouble> {
        let client = &mut self.client;
        let read = limited(self.limit, &self.allowance, async {
            let mut stream = bound(statement).query(client).await?;
            let mut rows = Vec::new();
            while let Some(item) = stream.try_next().await? {
                let Some(row) = item.as_row() else { continue };
                if rows.len() >= LARGEST_ANSWER.1 {
                    return Ok(Err(Trouble::TooLarge));
                }
                match value::texts(row) {
                    Ok(row) => rows.push(row),
                    Err(trouble) => return Ok(Err(trouble)),
                }
            }
            Ok(Ok(rows))
        });
        let read = read.await;
        // An answer that was left half read is read to its end before the next statement: give the session up instead.
        self.usable &= !matches!(read, Ok(Err(_)));
        self.settled(read).await?
    }

    /// Performs one changing statement and returns how many rows changed.
    pub async fn change(&mut self, statement: &Statement) -> Result<u64, Trouble> {
        let client = &mut self.client;
        let changed = limited(self.limit, &self.allowance, async {
            Ok(bound(statement).execute(client).await?.rows_affected().iter().sum())
        });
        let changed = changed.await;
        self.settled(changed).await
    }

    /// Begins a transaction in which what was read stays as it is until the end.
    pub async fn begin(&mut self) -> Result<(), Trouble> {
        let client = &mut self.client;
        let done =
            limited(self.limit, &self.allowance, client.begin_transaction_with_isolation(IsolationLevel::Serializable));
        let done = done.await;
        self.settled(done).await
    }

    /// Makes what the transaction changed last.
    pub async fn commit(&mut self) -> Result<(), Trouble> {
        let done = limited(self.limit, &self.allowance, self.client.commit_transaction()).await;
        self.settled(done).await
    }

    /// Undoes the transaction; where the server has undone it already, that is fine.
    pub async fn roll_back(&mut self) -> Result<(), Trouble> {
        let done = limited(self.limit, &self.allowance, self.client.rollback_transaction()).await;
        match self.settled(done).await {
            // 3903: there is no transaction any more.
            Err(Trouble::Refused { number: 3903, .. }) => Ok(()),
            done => done,
        }
    }

    /// Asks for an application lock that this session owns, without waiting; returns the server's code: 0 or more where
    /// it is held now, less where not.
    pub async fn lock(&mut self, resource: &str) -> Result<i32, Trouble> {
        let mut command = Command::new("sp_getapplock");
        command.bind_param("@Resource", resource);
        command.bind_param("@LockMode", "Exclusive");
        command.bind_param("@LockOwner", "Session");
        command.bind_param("@LockTimeout", 0i32);
        let client = &mut self.client;
        let done = limited(self.limit, &self.allowance, async {
            // The code is signed, and the library hands out its bits.
            Ok(command.exec(client).await?.into_command_result().await?.return_code().cast_signed())
        });
        let done = done.await;
        self.settled(done).await
    }

    /// Settles how a statement ended: cancels it where it was late, and gives the session up where it is of no more use.
    async fn settled<T>(&mut self, ended: Result<T, Trouble>) -> Result<T, Trouble> {
        match &ended {
            Ok(_) => {}
            Err(Trouble::Late { .. }) => {
                self.allowance.set(LARGEST_ANSWER.0);
                self.usable &= matches!(timeout(CANCEL_LIMIT, self.client.cancel_query()).await, Ok(Ok(())));
            }
            Err(trouble) => self.usable &= trouble.is_said_by_server(),
        }
        ended
    }
}

/// Waits for something, as long and as much as an answer may be.
async fn limited<T>(
    limit: Duration,
    allowance: &Allowance,
    wait: impl Future<Output = Result<T, tiberius::error::Error>>,
) -> Result<T, Trouble> {
    allowance.set(LARGEST_ANSWER.0);
    match timeout(limit, wait).await {
        Ok(ended) => ended.map_err(Trouble::of_statement),
        Err(_) => Err(Trouble::Late { within: limit }),
    }
}

fn bound(statement: &Statement) -> Query<'_> {
    let mut query = Query::new(statement.text.as_str());
    statement.parameters.iter().for_each(|one| query.bind(one.as_str()));
    query
}

#[cfg(any(all(unix, feature = "kerberos"), all(windows, feature = "windows-auth")))]
fn integrated() -> AuthMethod {
    AuthMethod::Integrated
}

/// Nobody: whoever wants it is told so before anything is connected.
#[cfg(not(any(all(unix, feature = "kerberos"), all(windows, feature = "windows-auth"))))]
fn integrated() -> AuthMethod {
    AuthMethod::None
}

fn set(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    SockRef::from(stream).set_tcp_keepalive(&KEEP_ALIVE)
}

fn config(settings: &Settings) -> Config {
    let mut config = Config::new();
    config.host(&settings.host);
    if let Some(port) = settings.port {
        config.port(port);
    }
    if let Some(instance) = &settings.instance {
        config.instance_name(instance);
    }
    config.database(&settings.database);
    config.authentication(match &settings.login {
        Login::SqlServer { user, password } => AuthMethod::sql_server(user, &password.0),
        Login::Integrated => integrated(),
    });
    config.application_name(&settings.client_program);
    config.client_name(&settings.client_host);
    match &settings.encryption {
        Encryption::Checked(file) => {
            config.encryption(EncryptionLevel::Required);
            if let Some(file) = file {
                config.trust_cert_ca(file.display());
            }
        }
        Encryption::AnyCertificate => {
            config.encryption(EncryptionLevel::Required);
            config.trust_cert();
        }
        Encryption::Off => config.encryption(EncryptionLevel::NotSupported),
    }
    // The limits are ours: a statement that is late is cancelled, and its session can be used on.
    config.handshake_timeout(None);
    config.command_timeout(None);
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_that_is_silent_for_long_shows_that_it_is_there() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        assert!(!SockRef::from(&stream).keepalive().unwrap());
        set(&stream).unwrap();
        assert!(SockRef::from(&stream).keepalive().unwrap() && stream.nodelay().unwrap());
    }
}
