//! The files of a site, all in memory: what is asked for is looked up by its whole path, so nothing else can be had.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The most bytes that a site may have, all its files together.
const LARGEST: u64 = 256 * 1024 * 1024;

/// A file's name from the site's root, and what it holds.
type File = (&'static str, &'static [u8]);

/// The site that was built into this command: `./lab binary` writes the list.
#[cfg(feature = "site")]
const OWN: &[File] = include!(env!("LAB_SITE"));
/// This command was built without one.
#[cfg(not(feature = "site"))]
const OWN: &[File] = &[];

/// A site's files by their names from its root, with slashes between.
pub struct Site {
    files: BTreeMap<String, Cow<'static, [u8]>>,
}

impl Site {
    /// The site in this command.
    ///
    /// # Errors
    /// When it was built without one.
    pub fn own() -> Result<Self, String> {
        if OWN.is_empty() {
            return Err("this command holds no page: name a built one with --site dist".to_owned());
        }
        let files = OWN.iter().map(|(name, bytes)| ((*name).to_owned(), Cow::Borrowed(*bytes)));
        Ok(Self { files: files.collect() })
    }

    /// Reads the folder of a built site.
    ///
    /// # Errors
    /// When it cannot be read, is too large, or has no `index.html`.
    pub fn read(dir: &Path) -> Result<Self, String> {
        let mut site = Self { files: BTreeMap::new() };
        site.add(dir, "", &mut 0)?;
        if site.get("").is_none() {
            return Err(format!("{}: there is no index.html", dir.display()));
        }
        Ok(site)
    }

    fn add(&mut self, dir: &Path, prefix: &str, bytes: &mut u64) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("{}: {error}", dir.display());
        for entry in fs::read_dir(dir).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let name = format!("{prefix}{name}");
            if path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                self.add(&path, &format!("{name}/"), bytes)?;
                continue;
            }
            *bytes += fs::metadata(&path).map_err(failed)?.len();
            if *bytes > LARGEST {
                return Err(format!("{}: more than {LARGEST} bytes", path.display()));
            }
            self.files.insert(name, Cow::Owned(fs::read(&path).map_err(failed)?));
        }
        Ok(())
    }

    /// The file that a path means, without its first slash; a folder means its `index.html`.
    pub fn get(&self, path: &str) -> Option<(&str, &[u8])> {
        let name = if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
        self.files.get_key_value(&name).map(|(name, bytes)| (name.as_str(), bytes.as_ref()))
    }
}
