//! Observing many hosts over SSH beside other programs: one real sshd on loopback under a hundred addresses, in one run and in
//! turn, so that the ratios can be trusted where the times can't. `bench/fanout.md` says what is compared and what came of it.
//!
//! Arguments: `--hosts N` (100), `--runs N` (5), `--user NAME` (an account with a bare `/bin/sh`; a slow profile would be what is
//! measured), `--ansible DIR` (with the program `ansible`).

#[cfg(not(unix))]
fn main() {
    println!("connections are kept on Unix alone: not measured here");
}

#[cfg(unix)]
fn main() {
    unix::main();
}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::net::{TcpListener, TcpStream};
    use std::path::{Path, PathBuf};
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use futures_util::future::join_all;
    use rolewalk::model::name::ServerName;
    use rolewalk::model::request::{Reply, Request};
    use rolewalk::world::hosts::{Host, Hosts, Settings};
    use tempfile::TempDir;

    const AT_ONCE: usize = 20;

    struct Bench {
        folder: TempDir,
        sshd: Child,
        names: Vec<ServerName>,
        ansible: Option<PathBuf>,
        runs: usize,
    }

    impl Drop for Bench {
        fn drop(&mut self) {
            let _ = self.sshd.kill();
            let _ = self.sshd.wait();
        }
    }

    pub fn main() {
        let option = |name: &str| std::env::args().skip_while(|one| one != name).nth(1);
        let number = |name: &str, usual| option(name).and_then(|text| text.parse().ok()).unwrap_or(usual);
        if !Path::new("/usr/sbin/sshd").exists() {
            println!("no sshd is installed: not measured (install openssh-server)");
            return;
        }
        let bench = Bench::start(number("--hosts", 100), number("--runs", 5), option("--user"), option("--ansible"));
        bench.measure();
    }

    impl Bench {
        fn start(hosts: usize, runs: usize, user: Option<String>, ansible: Option<String>) -> Bench {
            let folder = tempfile::tempdir().unwrap();
            let path = |name: &str| folder.path().join(name);
            for name in ["host_key", "id"] {
                let made =
                    Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path(name)).status();
                assert!(made.unwrap().success());
            }
            fs::copy(path("id.pub"), path("authorized_keys")).unwrap();
            // The account that logs in reads its keys there.
            fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
            let _ = fs::create_dir_all("/run/sshd");
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let f = folder.path().display();
            let config = format!(
                "Port {port}\nListenAddress 0.0.0.0\nHostKey {f}/host_key\nAuthorizedKeysFile {f}/authorized_keys\nStrictModes no\n\
                 PermitRootLogin yes\nPasswordAuthentication no\nUsePAM no\nPidFile none\nMaxStartups 500\n"
            );
            fs::write(path("sshd_config"), config).unwrap();
            let key = fs::read_to_string(path("host_key.pub")).unwrap();
            let names: Vec<ServerName> =
                (1..=hosts).map(|number| ServerName::new(&format!("h{number:03}")).unwrap()).collect();
            let user = user.unwrap_or_else(|| {
                String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap().trim().to_string()
            });
            let mut client = String::new();
            let mut known = String::new();
            for (number, name) in names.iter().enumerate() {
                let address = format!("127.0.{}.{}", number / 200 + 1, number % 200 + 1);
                client.push_str(&format!("Host {name}\n  HostName {address}\n"));
                known.push_str(&format!("[{address}]:{port} {}\n", key.trim()));
            }
            client.push_str(&format!(
                "Host *\n  User {user}\n  Port {port}\n  IdentityFile {f}/id\n  IdentitiesOnly yes\n  \
                 UserKnownHostsFile {f}/known\n  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n"
            ));
            fs::write(path("known"), known).unwrap();
            fs::write(path("ssh_config"), client).unwrap();
            let list: String = names.iter().map(|name| format!("{name}\n")).collect();
            fs::write(path("hosts"), &list).unwrap();
            let inventory = format!("[s]\n{list}[s:vars]\nansible_ssh_common_args=-F {f}/ssh_config\n");
            fs::write(path("inventory.ini"), inventory).unwrap();
            let sshd = Command::new("/usr/sbin/sshd")
                .arg("-D")
                .arg("-f")
                .arg(path("sshd_config"))
                .stderr(Stdio::null())
                .spawn();
            let bench = Bench { sshd: sshd.unwrap(), names, ansible: ansible.map(PathBuf::from), runs, folder };
            while TcpStream::connect(("127.0.0.1", port)).is_err() {
                std::thread::sleep(Duration::from_millis(20));
            }
            bench
        }

        fn measure(&self) {
            let f = self.folder.path().display().to_string();
            let ssh = format!("xargs -a {f}/hosts -P{AT_ONCE} -I{{}} ssh -F {f}/ssh_config {{}} true");
            let ansible = self.ansible.as_ref().map(|folder| {
                let program = folder.join("ansible").display().to_string();
                format!("ANSIBLE_SSH_CONTROL_PATH_DIR={f}/acp {program} -i {f}/inventory.ini -f {AT_ONCE} all -m raw -a true")
            });
            let mut rows = Vec::new();
            for _ in 0..self.runs {
                let (cold, warm) = self.product();
                let peer = shell(&ssh);
                let peers = ansible.as_ref().map(|line| {
                    // New masters: a first discovery.
                    let end = format!(
                        "for s in {f}/acp/*; do [ -S $s ] && ssh -o ControlPath=$s -O exit x 2>/dev/null; done; true"
                    );
                    shell(&end);
                    let cold = shell(line);
                    let warm = shell(line);
                    shell(&end);
                    (cold, warm)
                });
                rows.push((cold, warm, peer, peers));
            }
            let hosts = self.names.len();
            println!("{hosts} hosts, {AT_ONCE} at once, median of {} (seconds; ratios pair by pair)", self.runs);
            let show = |name: &str, all: Vec<f64>| println!("{name:<44} {:.3}", median(all));
            show("rolewalk, new connections", rows.iter().map(|row| row.0).collect());
            show("rolewalk, connections kept", rows.iter().map(|row| row.1).collect());
            show("xargs -P20 ssh true", rows.iter().map(|row| row.2).collect());
            show("F2 new by ssh (goal 1.1)", rows.iter().map(|row| row.0 / row.2).collect());
            show("F4 kept by own new (goal 0.25)", rows.iter().map(|row| row.1 / row.0).collect());
            if ansible.is_some() {
                let of = |pick: &dyn Fn(&(f64, f64)) -> f64| -> Vec<f64> {
                    rows.iter().filter_map(|row| row.3.as_ref().map(pick)).collect()
                };
                show("ansible raw, new connections", of(&|peers| peers.0));
                show("ansible raw, connections kept", of(&|peers| peers.1));
                show("F1 new by ansible (goal 0.2)", rows.iter().filter_map(|row| Some(row.0 / row.3?.0)).collect());
                show("F4 kept by ansible (goal 0.1)", rows.iter().filter_map(|row| Some(row.1 / row.3?.1)).collect());
            } else {
                println!("ansible: not measured (--ansible DIR)");
            }
        }

        /// Returns the seconds of a first look at all hosts, their connections among them, and of a second.
        fn product(&self) -> (f64, f64) {
            let mut every = Host { ssh_config: Some(self.folder.path().join("ssh_config")), ..Host::default() };
            // A machine that is busy otherwise is slow, and no host is dead.
            every.limits.connect = Duration::from_secs(300);
            let settings = Settings { every, at_once: AT_ONCE, ssh: "ssh".into(), ..Settings::default() };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let requests: Vec<Request> = self
                .names
                .iter()
                .map(|name| Request::Show {
                    on: name.clone(),
                    folder: String::new(),
                    program: "true",
                    arguments: Vec::new(),
                })
                .collect();
            let look = |hosts: &Hosts| {
                let replies = runtime.block_on(join_all(requests.iter().map(|request| hosts.perform(request))));
                let bad = replies.iter().find(|reply| !matches!(reply, Reply::Ended { exit_code: 0, .. }));
                assert_eq!(bad, None);
            };
            let begun = Instant::now();
            let hosts = Hosts::new(settings);
            look(&hosts);
            let first = begun.elapsed();
            let begun = Instant::now();
            look(&hosts);
            let second = begun.elapsed();
            let begun = Instant::now();
            // A command that looks once also ends the connections.
            drop(hosts);
            ((first + begun.elapsed()).as_secs_f64(), second.as_secs_f64())
        }
    }

    fn shell(line: &str) -> f64 {
        let begun = Instant::now();
        let ended = Command::new("sh").args(["-c", line]).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(ended.success(), "{line}");
        begun.elapsed().as_secs_f64()
    }

    fn median(mut all: Vec<f64>) -> f64 {
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
    }
}
