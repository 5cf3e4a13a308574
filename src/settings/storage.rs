//! Where finished recordings are sent (R101–R103).

use super::{Composition, Secret};

/// A storage of recordings, reached over the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storage {
    /// Whether anything is sent; what waits goes on waiting while not.
    pub enabled: bool,
    /// What it is.
    pub kind: StorageKind,
    /// The folder in which recordings are put, or the beginning of their names; empty: none.
    pub path: String,
    /// Who we are there: the user of SFTP, the access key of S3.
    pub user: String,
    /// The password of SFTP, the secret key of S3.
    pub password: Option<Secret>,
    /// Which files are sent, of those that are kept here.
    pub composition: Composition,
    /// Whether the file stays here, too, when it is there.
    pub keep_local: bool,
}

/// What a storage is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageKind {
    /// A server of SFTP, over SSH.
    Sftp {
        /// Its name or address.
        host: String,
        /// Its port: 22.
        port: u16,
        /// The fingerprint of its key, which it must have: `SHA256:…`, as `ssh-keygen -lf` tells it.
        host_key: String,
        /// The file of our private key, in OpenSSH's format; `None`: the password is used.
        key_file: Option<String>,
    },
    /// An object store that speaks Amazon's S3.
    S3 {
        /// Its URL: `https://s3.eu-central-1.amazonaws.com`, or `http://…` in a network of our own.
        endpoint: String,
        /// The region of its signatures, which of Amazon's is where the data are (R103).
        region: String,
        /// The bucket.
        bucket: String,
    },
}

impl StorageKind {
    /// Where Amazon has the storage of a data centre (R103): the place, and the region.
    pub const REGIONS: [(&'static str, &'static str); 4] = [
        ("Frankfurt", "eu-central-1"),
        ("New York", "us-east-1"),
        ("São Paulo", "sa-east-1"),
        ("Mumbai", "ap-south-1"),
    ];
}
