//! Files of variables for `fileKeyRef`. Models pkg/kubelet/util/env ParseEnv.

/// The file is not of the form `NAME='value'`.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

/// The value of `key`; empty when the file does not name it.
///
/// # Errors
/// When a line before it is malformed.
pub fn value(content: &str, key: &str) -> Result<String, Malformed> {
    let content = content.strip_suffix('\n').unwrap_or(content);
    let mut lines = content.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    while let Some(line) = lines.next() {
        let line = line.trim_start_matches([' ', '\t']);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, assigned) = line.split_once('=').ok_or(Malformed)?;
        if name.is_empty() || name.ends_with([' ', '\t']) {
            return Err(Malformed);
        }
        // As in a shell, a blank after the equals sign ends the value before it began.
        if assigned.starts_with([' ', '\t']) {
            if name == key {
                return Ok(String::new());
            }
            continue;
        }
        let mut rest = assigned.strip_prefix('\'').ok_or(Malformed)?;
        let mut value = String::new();
        loop {
            if let Some((end, after)) = rest.split_once('\'') {
                value.push_str(end);
                let after = after.trim_start_matches([' ', '\t']);
                if !after.is_empty() && !after.starts_with('#') {
                    return Err(Malformed);
                }
                break;
            }
            value.push_str(rest);
            value.push('\n');
            rest = lines.next().ok_or(Malformed)?;
        }
        if name == key {
            return Ok(value);
        }
    }
    Ok(String::new())
}
