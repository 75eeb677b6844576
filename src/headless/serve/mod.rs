//! `serve`: shows the page from this machine, so that the command is the whole product.

mod http;
mod site;

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;

use site::Site;

/// Connections that are answered at the same time: a browser opens six, and keeps some that it does not use.
const WORKERS: usize = 16;

/// What to serve, and where.
#[derive(Default)]
pub struct ServeOptions {
    /// The port; 0 takes a free one.
    pub port: u16,
    /// A built site, in the place of the one in this command.
    pub site: Option<PathBuf>,
}

/// Serves the site until the command is ended.
///
/// # Errors
/// When there is no site, or the port is taken.
pub fn run(options: &ServeOptions) -> Result<(), String> {
    let site = match &options.site {
        Some(dir) => Site::read(dir)?,
        None => Site::own()?,
    };
    // This machine alone can reach it.
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    let failed = |error: std::io::Error| format!("{address}: {error}");
    let listener = TcpListener::bind(address).map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    println!("the lab is at http://127.0.0.1:{port}/ (Ctrl-C ends it)");
    std::io::stdout().flush().map_err(|error| error.to_string())?;
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                for connection in listener.incoming().flatten() {
                    // A browser that goes away in the middle is no fault.
                    let _ = http::answer(connection, port, &site);
                }
            });
        }
    });
    Ok(())
}
