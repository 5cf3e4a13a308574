//! TLS to the one server whose certificate one has: a command's way to the server on its machine.

use super::peer::{Proof, Verifier};
use super::provider;
use anyhow::Context as _;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, version};
use sha2::{Digest as _, Sha256};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

/// A connection over which the server has shown the first certificate of a PEM file, whatever name is in it.
///
/// # Errors
/// If the file has no certificate, or the address of the stream is not known. That another certificate was shown is
/// told by the first reading or writing.
pub fn only(
    certificate: &Path,
    stream: TcpStream,
) -> anyhow::Result<StreamOwned<ClientConnection, TcpStream>> {
    let name = || certificate.display().to_string();
    let expected = CertificateDer::from_pem_file(certificate)
        .map_err(|why| anyhow::anyhow!("{why}"))
        .with_context(name)?;
    let verifier = Verifier {
        proof: Proof::Pinned(Sha256::digest(&expected).into()),
        roots: Arc::new(RootCertStore::empty()),
        provider: provider(),
    };
    let config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    let place = stream.peer_addr()?.ip();
    let connection = ClientConnection::new(Arc::new(config), place.into())?;
    Ok(StreamOwned::new(connection, stream))
}
