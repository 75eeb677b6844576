//! `kubectl create secret tls`.

use serde_json::json;

use super::create::{COMMON, name_of, send};
use crate::api::Kind;
use crate::api::conversion::base64;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::{Flag, with_flags};

pub(super) const TLS: Command = Command {
    path: "create secret tls",
    aliases: &[],
    about: "Create a TLS secret",
    usage: "NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none]",
    flags: with_flags!(COMMON, [Flag::text("cert", None), Flag::text("key", None)]),
    run: tls,
};

/// Models k8s.io/kubectl/pkg/cmd/create CreateSecretTLSOptions. Whether the key is the certificate's is not looked at.
fn tls(call: &mut Call<'_, '_>) -> Outcome {
    let name = name_of(call)?;
    let paths = ["cert", "key"].map(|flag| call.flags.text(flag).unwrap_or_default().to_owned());
    let [cert, key] = &paths;
    if cert.is_empty() || key.is_empty() {
        return Err(Failure::new("key and cert must be specified"));
    }
    let read = |path: &String| {
        let text = call.world.files.read(path).map(str::to_owned);
        text.ok_or_else(|| Failure::Plain(format!("Cannot read file {path}, open {path}: no such file or directory")))
    };
    let (cert, key) = (read(cert)?, read(key)?);
    // Models crypto/tls X509KeyPair.
    if !cert.contains("-----BEGIN CERTIFICATE-----") {
        return Err(Failure::new(if cert.contains("-----BEGIN ") {
            "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the following \
             types: [PRIVATE KEY]"
        } else {
            "tls: failed to find any PEM data in certificate input"
        }));
    }
    if !key.contains("PRIVATE KEY-----") {
        return Err(Failure::new(if key.contains("-----BEGIN CERTIFICATE") {
            "tls: found a certificate rather than a key in the PEM for the private key"
        } else {
            "tls: failed to find any PEM data in key input"
        }));
    }
    let dry_run = call.flags.dry_run()?;
    let namespace = call.namespace();
    let value = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name},
        "data": {"tls.crt": base64(&cert), "tls.key": base64(&key)}, "type": "kubernetes.io/tls",
    });
    send(call, Kind::Secret, &namespace, value, None, dry_run).map_err(|failure| match failure {
        Failure::Refused(refusal) => Failure::Plain(format!("failed to create secret {}", refusal.status.message)),
        other => other,
    })?;
    Ok(Next::Done)
}
