//! A node's own file system, as far as `hostPath` volumes look at it: what a minikube node with containerd has, and what
//! volumes have made since. Models pkg/volume/hostpath/host_path.go and getFileType of
//! pkg/volume/util/hostutil/hostutil.go.

use std::collections::BTreeMap;

/// What lies at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileType {
    /// A directory.
    Directory,
    /// A file.
    File,
    /// A socket.
    Socket,
    /// A character device.
    CharDevice,
}

/// The part of a node's file system that is known.
#[derive(Clone, Debug, Default)]
pub struct HostFiles {
    /// What volumes have made, by path.
    made: BTreeMap<String, FileType>,
}

/// Directories that every node has, with those above them.
const DIRECTORIES: &[&str] = &[
    "/boot",
    "/dev/disk",
    "/dev/hugepages",
    "/dev/mapper",
    "/dev/mqueue",
    "/dev/net",
    "/dev/pts",
    "/dev/shm",
    "/etc/cni/net.d",
    "/etc/containerd",
    "/etc/default",
    "/etc/kubernetes/manifests",
    "/etc/ssl/certs",
    "/etc/systemd/system",
    "/home",
    "/lib/modules",
    "/media",
    "/mnt",
    "/opt/cni/bin",
    "/proc/sys/kernel",
    "/proc/sys/net",
    "/root",
    "/run/containerd",
    "/run/lock",
    "/run/systemd/system",
    "/run/udev",
    "/srv",
    "/sys/block",
    "/sys/bus",
    "/sys/class/net",
    "/sys/dev",
    "/sys/devices",
    "/sys/fs/bpf",
    "/sys/fs/cgroup",
    "/sys/kernel/debug",
    "/sys/kernel/tracing",
    "/sys/module",
    "/tmp",
    "/usr/bin",
    "/usr/lib",
    "/usr/local/bin",
    "/usr/local/share/ca-certificates",
    "/usr/sbin",
    "/usr/share/ca-certificates",
    "/usr/src",
    "/var/cache",
    "/var/lib/cni",
    "/var/lib/containerd",
    "/var/lib/kubelet/device-plugins",
    "/var/lib/kubelet/plugins",
    "/var/lib/kubelet/plugins_registry",
    "/var/lib/kubelet/pods",
    "/var/lib/minikube/certs",
    "/var/log/containers",
    "/var/log/journal",
    "/var/log/pods",
    "/var/tmp",
];

/// What else every node has.
const OTHERS: &[(FileType, &[&str])] = &[
    (
        FileType::File,
        &[
            "/etc/containerd/config.toml",
            "/etc/group",
            "/etc/hostname",
            "/etc/hosts",
            "/etc/kubernetes/kubelet.conf",
            "/etc/localtime",
            "/etc/machine-id",
            "/etc/nsswitch.conf",
            "/etc/os-release",
            "/etc/passwd",
            "/etc/resolv.conf",
            "/etc/shadow",
            "/etc/ssl/certs/ca-certificates.crt",
            "/proc/cpuinfo",
            "/proc/loadavg",
            "/proc/meminfo",
            "/proc/mounts",
            "/proc/stat",
            "/proc/uptime",
            "/proc/version",
            "/var/lib/kubelet/config.yaml",
        ],
    ),
    (FileType::Socket, &["/run/containerd/containerd.sock", "/run/dbus/system_bus_socket"]),
    (
        FileType::CharDevice,
        &[
            "/dev/full",
            "/dev/fuse",
            "/dev/kmsg",
            "/dev/net/tun",
            "/dev/null",
            "/dev/ptmx",
            "/dev/random",
            "/dev/tty",
            "/dev/urandom",
            "/dev/zero",
        ],
    ),
];

/// Links of every node, with where they lead.
const LINKS: &[(&str, &str)] = &[
    ("/bin", "/usr/bin"),
    ("/lib", "/usr/lib"),
    ("/sbin", "/usr/sbin"),
    ("/var/lock", "/run/lock"),
    ("/var/run", "/run"),
];

impl HostFiles {
    /// Sees to it that a volume may be mounted: looks at what lies at its path, or makes it.
    /// Models hostPathMounter.SetUp and checkTypeInternal.
    ///
    /// # Errors
    /// Why it may not, as the event `FailedMount` says it behind the colon.
    pub fn set_up(&mut self, path: &str, kind: &str) -> Result<(), String> {
        let found = self.look(path);
        let (wanted, name) = match kind {
            "" => {
                // The container runtime makes a directory where there is nothing; what it cannot make, it tells itself.
                drop(self.make_directory(path));
                return Ok(());
            }
            "DirectoryOrCreate" if found.is_none() => return self.make_directory(path),
            "FileOrCreate" if found.is_none() => return self.make_file(path),
            "Directory" | "DirectoryOrCreate" => (FileType::Directory, "directory"),
            "File" | "FileOrCreate" => (FileType::File, "file"),
            "Socket" => (FileType::Socket, "socket file"),
            "CharDevice" => (FileType::CharDevice, "character device"),
            // A node has no disk that a pod could use.
            "BlockDevice" => return Err(mismatch(path, "block device")),
            other => return Err(format!("{other} is an invalid volume type")),
        };
        if found == Some(wanted) { Ok(()) } else { Err(mismatch(path, name)) }
    }

    /// What lies at a path. Models HostUtil.GetFileType.
    fn look(&self, path: &str) -> Option<FileType> {
        let path = followed(path);
        if let Some(made) = self.made.get(&path) {
            return Some(*made);
        }
        let known = OTHERS.iter().find(|(_, paths)| paths.contains(&path.as_str())).map(|(kind, _)| *kind);
        let is_above = |directory: &&&str| {
            followed(directory).strip_prefix(path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let is_directory = || path.is_empty() || DIRECTORIES.iter().any(|directory| is_above(&directory));
        known.or_else(|| is_directory().then_some(FileType::Directory))
    }

    /// Models makeDir: os.MkdirAll.
    fn make_directory(&mut self, path: &str) -> Result<(), String> {
        let whole = followed(path);
        let ends = whole.char_indices().skip(1).filter(|(_, c)| *c == '/').map(|(at, _)| at);
        let above: Vec<&str> = ends.chain([whole.len()]).filter_map(|end| whole.get(..end)).collect();
        for part in above {
            match self.look(part) {
                Some(FileType::Directory) => {}
                None if is_virtual(part) => return Err(format!("mkdir {path}: no such file or directory")),
                None => drop(self.made.insert(part.to_owned(), FileType::Directory)),
                Some(_) => return Err(format!("mkdir {}: not a directory", if part == whole { path } else { part })),
            }
        }
        Ok(())
    }

    /// Models makeFile: os.OpenFile with O_CREATE, which makes no directory.
    fn make_file(&mut self, path: &str) -> Result<(), String> {
        let whole = followed(path);
        let above = whole.rsplit_once('/').map_or("", |(above, _)| above);
        match self.look(above) {
            Some(FileType::Directory) if !is_virtual(&whole) => {
                self.made.insert(whole, FileType::File);
                Ok(())
            }
            Some(FileType::Directory) | None => Err(format!("open {path}: no such file or directory")),
            Some(_) => Err(format!("open {path}: not a directory")),
        }
    }
}

fn mismatch(path: &str, name: &str) -> String {
    format!("hostPath type check failed: {path} is not a {name}")
}

/// Whether the kernel alone makes what lies there.
fn is_virtual(path: &str) -> bool {
    ["/proc/", "/sys/"].iter().any(|place| path.starts_with(place))
}

/// A path without what means nothing in it, its links followed; the root is empty.
fn followed(path: &str) -> String {
    let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
    let plain: String = parts.flat_map(|part| ["/", part]).collect();
    let link = LINKS.iter().find_map(|(link, to)| {
        let rest = plain.strip_prefix(link)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{to}{rest}"))
    });
    link.unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_is_looked_for() {
        let mut node = HostFiles::default();
        for (path, kind) in [
            ("/var/log", "Directory"),
            ("/", "Directory"),
            ("/proc", "Directory"),
            ("/lib/modules/", "Directory"),
            ("/etc/hosts", "File"),
            ("/run/containerd/containerd.sock", "Socket"),
            ("/var/run/containerd/containerd.sock", "Socket"),
            ("/dev/null", "CharDevice"),
            ("/no/such", ""),
        ] {
            assert_eq!(node.set_up(path, kind), Ok(()), "{path} {kind}");
        }
        for (path, kind, name) in [
            ("/var/lib/lab/no-such-dir", "Directory", "directory"),
            ("/etc/hosts", "Directory", "directory"),
            ("/etc/hosts", "DirectoryOrCreate", "directory"),
            ("/var/log", "File", "file"),
            ("/var/log", "FileOrCreate", "file"),
            ("/var/run/docker.sock", "Socket", "socket file"),
            ("/var/run/docker.sock", "File", "file"),
            ("/dev/null", "BlockDevice", "block device"),
            ("/dev/sda", "BlockDevice", "block device"),
            ("/dev/kvm", "CharDevice", "character device"),
            ("/variable", "Directory", "directory"),
        ] {
            let expected = format!("hostPath type check failed: {path} is not a {name}");
            assert_eq!(node.set_up(path, kind), Err(expected), "{path} {kind}");
        }
        assert_eq!(node.set_up("/var/log", "Folder"), Err("Folder is an invalid volume type".to_owned()));
    }

    #[test]
    fn what_one_volume_makes_another_finds() {
        let mut node = HostFiles::default();
        assert!(node.set_up("/data/web", "Directory").is_err());
        assert_eq!(node.set_up("/data/web", "DirectoryOrCreate"), Ok(()));
        assert_eq!(node.set_up("/data", "Directory"), Ok(()));
        assert_eq!(node.set_up("/data//web/", "Directory"), Ok(()));
        assert_eq!(node.set_up("/data/web/state", "FileOrCreate"), Ok(()));
        assert_eq!(node.set_up("/data/web/state", "File"), Ok(()));
        // A directory that the runtime made for a volume without a type.
        assert_eq!(node.set_up("/plain", ""), Ok(()));
        assert_eq!(node.set_up("/plain", "Directory"), Ok(()));
    }

    #[test]
    fn what_cannot_be_made_is_said_as_go_says_it() {
        let mut node = HostFiles::default();
        let missing = "open /no/such/file: no such file or directory";
        assert_eq!(node.set_up("/no/such/file", "FileOrCreate"), Err(missing.to_owned()));
        assert_eq!(node.set_up("/etc/hosts/x", "FileOrCreate"), Err("open /etc/hosts/x: not a directory".to_owned()));
        assert_eq!(
            node.set_up("/etc/hosts/x/y", "DirectoryOrCreate"),
            Err("mkdir /etc/hosts: not a directory".to_owned())
        );
        let refused = "mkdir /proc/mine: no such file or directory";
        assert_eq!(node.set_up("/proc/mine", "DirectoryOrCreate"), Err(refused.to_owned()));
    }
}
