//! A connection, plain or by TLS. The certificate is made at start, by an authority that is made for it alone.
//!
//! # Source
//! Microsoft Open Specification [MS-TDS], section 3.3.5.2: the handshake travels in packets, what follows does not.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::wire::{kind, malformed, read_message, read_packet, write_message};

/// A certificate with its key, and the authority that vouches for it.
#[derive(Clone)]
pub struct Identity {
    config: Arc<ServerConfig>,
    /// The authority's certificate (PEM): what a client has to trust.
    pub authority: String,
}

/// A connection to a client.
pub enum Channel {
    /// Not encrypted.
    Plain(TcpStream),
    /// Encrypted.
    Secure(Box<StreamOwned<ServerConnection, TcpStream>>),
}

/// When a certificate is valid.
#[derive(Debug, Clone, Copy)]
pub enum Valid {
    /// It has expired.
    Before,
    /// It is.
    Now,
    /// It is not yet.
    Later,
}

impl Identity {
    /// Makes a certificate for these names.
    pub fn make(names: &[String], valid: Valid) -> io::Result<Identity> {
        let mut authority = CertificateParams::new(Vec::new()).map_err(io::Error::other)?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().map_err(io::Error::other)?)
            .map_err(io::Error::other)?;
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
        let (day, now) = (Duration::from_secs(24 * 3600), SystemTime::now());
        let (from, until) = match valid {
            Valid::Before => (now - 3 * day, now - day),
            Valid::Now => (now - day, now + 365 * day),
            Valid::Later => (now + day, now + 365 * day),
        };
        (params.not_before, params.not_after) = (from.into(), until.into());
        let certificate = params.signed_by(&key, &authority).map_err(io::Error::other)?;
        let private = PrivateKeyDer::try_from(key.serialize_der()).map_err(io::Error::other)?;
        let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        // 1.2: what a server of TDS 7.4 speaks.
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS12])
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
            .map_err(io::Error::other)?;
        Ok(Identity { config: Arc::new(config), authority: authority.pem() })
    }

    /// Shakes hands with a client.
    pub fn secure(&self, mut stream: TcpStream) -> io::Result<Channel> {
        let mut connection = ServerConnection::new(Arc::clone(&self.config)).map_err(io::Error::other)?;
        loop {
            let mut out = Vec::new();
            while connection.wants_write() {
                connection.write_tls(&mut out)?;
            }
            if !out.is_empty() {
                write_message(&mut stream, kind::PRELOGIN, &out)?;
            }
            if !connection.is_handshaking() {
                return Ok(Channel::Secure(Box::new(StreamOwned::new(connection, stream))));
            }
            let (what, _, body) = read_packet(&mut stream)?;
            if what != kind::PRELOGIN {
                return Err(malformed("the handshake is broken off"));
            }
            let mut rest = body.as_slice();
            while !rest.is_empty() {
                connection.read_tls(&mut rest)?;
                connection.process_new_packets().map_err(io::Error::other)?;
            }
        }
    }
}

impl Channel {
    fn stream(&self) -> &TcpStream {
        match self {
            Channel::Plain(stream) => stream,
            Channel::Secure(stream) => &stream.sock,
        }
    }

    /// Ends the connection at once.
    pub fn cut(&self) {
        // It may be gone already.
        let _ = self.stream().shutdown(std::net::Shutdown::Both);
    }

    /// Reads a message if one begins within a time.
    pub fn read_within(&mut self, time: Duration) -> io::Result<Option<(u8, Vec<u8>)>> {
        self.stream().set_read_timeout(Some(time))?;
        let read = match read_message(self) {
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => Ok(None),
            read => read.map(Some),
        };
        self.stream().set_read_timeout(None)?;
        read
    }
}

impl Read for Channel {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Channel::Plain(stream) => stream.read(buffer),
            Channel::Secure(stream) => stream.read(buffer),
        }
    }
}

impl Write for Channel {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Channel::Plain(stream) => stream.write(bytes),
            Channel::Secure(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Channel::Plain(stream) => stream.flush(),
            Channel::Secure(stream) => stream.flush(),
        }
    }
}
