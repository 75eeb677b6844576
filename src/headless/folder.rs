//! `--dir`: a folder of the user's becomes the lab's files.

use std::fs;
use std::path::Path;

use hellok8s_lab::manifest::MAX_BYTES;
use hellok8s_lab::process::Files;

/// The longest file that is read, in bytes: as long as a manifest may be.
const LONGEST_FILE: u64 = MAX_BYTES as u64;
/// More files than a lab's folder has.
const MOST_FILES: usize = 1000;
/// How deep folders are looked into.
const DEEPEST: usize = 16;

/// What a folder holds.
#[derive(Debug, Default)]
pub struct Folder {
    /// Its text files, also those in its folders, by their path from here.
    pub files: Files,
    /// What is not among them and why, a line each.
    pub left_out: Vec<String>,
    count: usize,
}

/// Reads the text files of a folder and of the folders in it. Hidden folders, such as `.git`, are not looked into.
///
/// # Errors
/// When the folder itself cannot be read, or holds more files than a lab can have.
pub fn read(dir: &Path) -> Result<Folder, String> {
    let mut folder = Folder::default();
    folder.add(dir, "", 0)?;
    Ok(folder)
}

impl Folder {
    fn add(&mut self, dir: &Path, prefix: &str, depth: usize) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("{}: {error}", dir.display());
        let entries = fs::read_dir(dir).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        let mut paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                self.leave_out(&path, "its name is not UTF-8");
                continue;
            };
            let inner = format!("{prefix}{name}");
            let is_link = path.is_symlink();
            if !path.is_dir() {
                self.add_file(&path, &inner)?;
            } else if is_link {
                self.leave_out(&path, "a link to a folder");
            } else if depth == DEEPEST {
                self.leave_out(&path, "too many folders in each other");
            } else if !name.starts_with('.')
                && let Err(error) = self.add(&path, &format!("{inner}/"), depth + 1)
            {
                if self.count > MOST_FILES {
                    return Err(error);
                }
                self.left_out.push(error);
            }
        }
        Ok(())
    }

    fn add_file(&mut self, path: &Path, name: &str) -> Result<(), String> {
        self.count += 1;
        if self.count > MOST_FILES {
            return Err(format!("{}: more than {MOST_FILES} files, which is more than a lab can hold", path.display()));
        }
        match fs::metadata(path) {
            Err(error) => self.leave_out(path, &error.to_string()),
            Ok(about) if !about.is_file() => self.leave_out(path, "not a file"),
            Ok(about) if about.len() > LONGEST_FILE => {
                self.leave_out(path, &format!("longer than {LONGEST_FILE} bytes"));
            }
            Ok(_) => match fs::read(path).map(|bytes| text_of(name, bytes)) {
                Ok(Some(text)) => self.files.write(name, text),
                Ok(None) => self.leave_out(path, "not UTF-8"),
                Err(error) => self.leave_out(path, &error.to_string()),
            },
        }
        Ok(())
    }

    fn leave_out(&mut self, path: &Path, why: &str) {
        self.left_out.push(format!("{}: {why}", path.display()));
    }
}

/// Manifests are read as kubectl reads them, in whatever encoding; other files must be UTF-8.
fn text_of(name: &str, bytes: Vec<u8>) -> Option<String> {
    if [".yaml", ".yml", ".json"].iter().any(|extension| name.ends_with(extension)) {
        return Some(hellok8s_lab::manifest::text_of(&bytes));
    }
    String::from_utf8(bytes).ok()
}
