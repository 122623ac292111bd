//! A real SSH server on loopback: an ordinary process on a free port, with keys that are thrown away.

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rolewalk::model::name::ServerName;
use rolewalk::world::hosts::{Host, Hosts, Limits, Settings};
use tempfile::TempDir;

/// The server, and the files of those who reach it.
pub struct Sshd {
    folder: TempDir,
    child: Child,
    /// The port at every address.
    pub port: u16,
}

impl Sshd {
    /// Starts a server at addresses of loopback; none, with a note, where no SSH server is installed.
    pub fn start(addresses: &[&str], more: &str) -> Option<Sshd> {
        let program = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"].into_iter().find(|path| Path::new(path).exists());
        let Some(program) = program else {
            // A note must be seen; whoever runs the tests decides whether that matters.
            eprintln!("note: no sshd is installed, and this test passes unrun (install openssh-server)");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("rolewalk-sshd").tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["host_key", "id", "stranger"] {
            let key = path(name);
            let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
            assert!(made.unwrap().success());
        }
        fs::copy(path("id.pub"), path("authorized_keys")).unwrap();
        let bin = path("bin");
        fs::create_dir(&bin).unwrap();
        let this = std::env::current_exe().unwrap();
        let powershell = format!(
            "#!/bin/sh\n{}=$4 exec '{}' --exact stand_in::powershell --nocapture --test-threads 1\n",
            crate::stand_in::SCRIPT,
            this.display()
        );
        fs::write(bin.join("powershell"), powershell).unwrap();
        fs::set_permissions(bin.join("powershell"), fs::Permissions::from_mode(0o755)).unwrap();
        // Wherever root starts it, it wants this folder.
        let _ = fs::create_dir_all("/run/sshd");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let listen: String = addresses.iter().map(|one| format!("ListenAddress {one}\n")).collect();
        let f = folder.path().display();
        let config = format!(
            "Port {port}\n{listen}HostKey {f}/host_key\nAuthorizedKeysFile {f}/authorized_keys\nStrictModes no\n\
             PermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\nPidFile none\n\
             SetEnv HOME={f} PATH={f}/bin:/usr/local/bin:/usr/bin:/bin ROLEWALK_STAND_IN={f}\n{more}\n"
        );
        fs::write(path("sshd_config"), config).unwrap();
        let user =
            String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap().trim().to_string();
        let mut known = fs::File::create(path("known_hosts")).unwrap();
        let key = fs::read_to_string(path("host_key.pub")).unwrap();
        for address in addresses {
            writeln!(known, "[{address}]:{port} {}", key.trim()).unwrap();
        }
        let client = format!(
            "Host *\n  User {user}\n  Port {port}\n  IdentityFile {f}/id\n  IdentitiesOnly yes\n  \
             UserKnownHostsFile {f}/known_hosts\n  GlobalKnownHostsFile /dev/null\n"
        );
        fs::write(path("ssh_config"), client).unwrap();
        let log = fs::File::create(path("sshd.log")).unwrap();
        let mut child = Command::new(program);
        child.arg("-D").arg("-e").arg("-f").arg(path("sshd_config"));
        let child = child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let sshd = Sshd { folder, child, port };
        for address in addresses {
            let answers = || TcpStream::connect((*address, port)).is_ok();
            assert!(
                (0..500).any(|_| answers() || {
                    std::thread::sleep(Duration::from_millis(20));
                    false
                }),
                "{}",
                sshd.log()
            );
        }
        Some(sshd)
    }

    /// Returns the path of one of its files.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns what it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("sshd.log")).unwrap_or_default()
    }

    /// Returns how a host at an address is reached.
    pub fn host(&self, address: &str) -> Host {
        Host {
            address: Some(address.into()),
            ssh_config: Some(self.path("ssh_config")),
            limits: Limits {
                // A machine that is busy otherwise is slow, and no host is dead.
                connect: Duration::from_secs(30),
                command: Duration::from_secs(20),
                hash: Duration::from_secs(60),
            },
            ..Host::default()
        }
    }

    /// Returns hosts of which every one is reached at the first address, changed by `change`.
    pub fn hosts(&self, change: impl Fn(&mut Host)) -> Hosts {
        let mut every = self.host("127.0.0.1");
        change(&mut every);
        Hosts::new(Settings { every, at_once: 20, ssh: "ssh".into(), ..Settings::default() })
    }
}

/// Ends the process that was started here, by its id.
impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server's name.
pub fn server(name: &str) -> ServerName {
    ServerName::new(name).unwrap()
}

/// Waits on a runtime of its own.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
