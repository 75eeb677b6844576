//! Commands of the real kubectl that need what the lab does not have. They say so, whatever stands behind them.

use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::ANY;
use crate::kubectl::help;

macro_rules! refused {
    ($name:ident, $path:literal, $about:literal, $why:literal) => {
        pub(super) const $name: Command = Command {
            path: $path,
            aliases: &[],
            about: $about,
            usage: "",
            flags: &ANY,
            run: |_: &mut Call<'_, '_>| -> Outcome { Err(Failure::new(concat!("the lab has no ", $why))) },
        };
    };
}

refused!(CERTIFICATE, "certificate", "Modify certificate resources", "certificates that could be asked for");
refused!(PLUGIN, "plugin", "Provides utilities for interacting with plugins", "plugins");
refused!(ALPHA, "alpha", "Commands for features in alpha", "features in alpha");
refused!(ATTACH, "attach", "Attach to a running container", "programs that read what is typed");
refused!(PROXY, "proxy", "Run a proxy to the Kubernetes API server", "network outside of the page; use port-forward");
refused!(CREATE_TOKEN, "create token", "Request a service account token", "tokens");

/// `kubectl options`
pub(super) const OPTIONS: Command = Command {
    path: "options",
    aliases: &[],
    about: "Print the list of flags inherited by all commands",
    usage: "",
    flags: &[],
    run: |call| {
        call.io.out(help::global_options());
        Ok(Next::Done)
    },
};
