//! TLS as current clients speak it (1.2 and 1.3), except that a connection continues after a bad certificate and keeps
//! the verdict: finding out why something does not work takes the rest of the answer too. Every handshake is verified;
//! a bad verdict is always passed on to the caller.

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, ProtocolVersion, RootCertStore,
    SignatureScheme,
};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The trusted authorities.
#[derive(Clone, Debug)]
pub struct TlsTrust {
    provider: Arc<CryptoProvider>,
    verifier: Arc<WebPkiServerVerifier>,
}

/// A connection, and the certificates shown for it.
#[derive(Debug)]
pub struct TlsConnection {
    /// The connection.
    pub stream: TlsStream<TcpStream>,
    /// The server's certificates as DER, its own one first.
    pub chain: Vec<Vec<u8>>,
    /// Why a client would refuse them.
    pub verdict: Result<(), CertificateRefusal>,
    /// Whether it is TLS 1.3.
    pub newest: bool,
}

/// Why a client would refuse a certificate: the first reason found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateRefusal {
    /// It is not valid today.
    Dates,
    /// It is for other names.
    Name,
    /// Its issuer is unknown.
    Issuer,
    /// Another reason, in words.
    Other(String),
}

impl From<Error> for CertificateRefusal {
    fn from(error: Error) -> CertificateRefusal {
        use CertificateError::{
            Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
            NotValidYetContext, UnknownIssuer,
        };
        match error {
            Error::InvalidCertificate(
                Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. },
            ) => CertificateRefusal::Dates,
            Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
                CertificateRefusal::Name
            }
            Error::InvalidCertificate(UnknownIssuer) => CertificateRefusal::Issuer,
            other => CertificateRefusal::Other(other.to_string()),
        }
    }
}

impl std::fmt::Display for CertificateRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            CertificateRefusal::Dates => "it is not valid today",
            CertificateRefusal::Name => "it is for other names",
            CertificateRefusal::Issuer => "its issuer is not trusted here",
            CertificateRefusal::Other(why) => why,
        })
    }
}

impl TlsTrust {
    /// Returns the authorities of this machine.
    ///
    /// # Errors
    ///
    /// This machine trusts no certificate authority.
    pub fn platform() -> Result<TlsTrust, String> {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found.certs);
        TlsTrust::of(roots).ok_or_else(|| {
            let first = found.errors.first().map(|error| format!(": {error}"));
            format!("this machine trusts no certificate authority{}", first.unwrap_or_default())
        })
    }

    /// Returns the authorities of a PEM file.
    ///
    /// # Errors
    ///
    /// The text contains no certificate, or one that cannot be read.
    pub fn pem(text: &[u8]) -> Result<TlsTrust, String> {
        let mut roots = RootCertStore::empty();
        for one in CertificateDer::pem_slice_iter(text) {
            let one = one.map_err(|error| error.to_string())?;
            roots.add(one).map_err(|error| error.to_string())?;
        }
        TlsTrust::of(roots).ok_or_else(|| "it contains no certificate".to_owned())
    }

    fn of(roots: RootCertStore) -> Option<TlsTrust> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        Some(TlsTrust { verifier: builder.build().ok()?, provider })
    }

    /// Makes a handshake for a name.
    ///
    /// # Errors
    ///
    /// The reason in words: `name` is not valid, or the server does not complete the handshake. A certificate that is
    /// not trusted is not an error, but the verdict of the result.
    pub async fn handshake(&self, stream: TcpStream, name: &str) -> Result<TlsConnection, String> {
        let named = ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?;
        let witness = Arc::new(RecordingVerifier {
            inner: Arc::clone(&self.verifier),
            seen: Mutex::default(),
        });
        let config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::<RecordingVerifier>::clone(&witness))
            .with_no_client_auth();
        let stream = TlsConnector::from(Arc::new(config)).connect(named, stream).await;
        let stream = stream.map_err(|error| error.to_string())?;
        let seen = witness.seen.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (chain, verdict) = seen.ok_or("no certificate was shown")?;
        let newest = stream.get_ref().1.protocol_version() == Some(ProtocolVersion::TLSv1_3);
        Ok(TlsConnection { stream, chain, verdict, newest })
    }
}

/// Verifies as usual, and records the result.
#[derive(Debug)]
struct RecordingVerifier {
    inner: Arc<WebPkiServerVerifier>,
    seen: Mutex<Option<Verification>>,
}

/// The certificates that the server showed, and the result of their verification.
type Verification = (Vec<Vec<u8>>, Result<(), CertificateRefusal>);

impl ServerCertVerifier for RecordingVerifier {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.inner.verify_server_cert(own, others, name, ocsp, now);
        let verdict = verdict.map(drop).map_err(CertificateRefusal::from);
        let chain = std::iter::once(own).chain(others).map(|one| one.to_vec()).collect();
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some((chain, verdict));
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
