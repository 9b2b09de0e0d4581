//! The outside world that we call: mail servers and identity providers. What tests and demonstrations replace is a port
//! (a trait that services call) with the implementations behind it. Async; knows no SQL, no use case and no message text.

mod http;
pub mod issuers;
pub mod mail;

/// Makes aws-lc-rs the cryptography of every TLS connection of this process. `main` calls it before anything connects;
/// calling it again changes nothing.
pub fn install_tls_provider() {
    // Err means that a provider is there already, which is what we want.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tls_provider_can_be_installed_twice() {
        super::install_tls_provider();
        super::install_tls_provider();
        assert!(rustls::crypto::CryptoProvider::get_default().is_some());
    }
}
