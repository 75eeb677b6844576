//! Commands of the real kubectl that need what the lab does not have. They say so.

use crate::kubectl::command::{Call, Command, Outcome};
use crate::kubectl::failure::Failure;

macro_rules! refused {
    ($name:ident, $path:literal, $about:literal, $why:literal) => {
        pub(super) const $name: Command = Command {
            path: $path,
            aliases: &[],
            about: $about,
            usage: "",
            flags: &[],
            run: |_: &mut Call<'_, '_>| -> Outcome { Err(Failure::new(concat!("the lab has no ", $why))) },
        };
    };
}

refused!(AUTOSCALE, "autoscale", "Auto-scale a deployment", "metrics, so that nothing could be scaled by them");
refused!(CP, "cp", "Copy files to and from containers", "file systems in its containers");
refused!(ATTACH, "attach", "Attach to a running container", "programs that read what is typed");
refused!(PROXY, "proxy", "Run a proxy to the Kubernetes API server", "network outside of the page; use port-forward");
refused!(DEBUG, "debug", "Create debugging sessions for troubleshooting", "debugging containers; use logs and exec");
