//! Observing many hosts over SSH beside other programs: one real sshd on loopback under a hundred addresses, in one run and in
//! turn, so that the ratios can be trusted where the times can't. `bench/fanout.md` says what is compared and what came of it.
//!
//! Arguments: `--hosts N` (100), `--runs N` (5), `--user NAME` (an account with a bare `/bin/sh`; a slow profile would be what is
//! measured), `--kex NAMES` (the key exchanges that the server takes), `--ansible DIR` and `--pyinfra DIR` (with
//! the programs of that name), `--mitogen DIR` (with Mitogen's strategies for Ansible).

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
    use rolewalk::world::hosts::{Host, Hosts, Settings, Via};
    use tempfile::TempDir;

    const AT_ONCE: usize = 20;

    struct Bench {
        folder: TempDir,
        sshd: Child,
        names: Vec<ServerName>,
        peers: Peers,
        runs: usize,
    }

    /// Where the others are; each is left out where it is not told.
    struct Peers {
        ansible: Option<PathBuf>,
        mitogen: Option<PathBuf>,
        pyinfra: Option<PathBuf>,
    }

    /// What something took.
    #[derive(Clone, Copy)]
    struct Taken {
        seconds: f64,
        /// Of the processors, for this process and those that it has waited for: clients and controllers. The SSH server is
        /// waited for at the end alone, and nobody's kept connections are counted, which run on in the background.
        processor: f64,
    }

    /// One run: each way in turn.
    struct Row {
        new: Taken,
        kept: Taken,
        ssh: Taken,
        ansible: Option<Ansible>,
        pyinfra: Option<Taken>,
    }

    #[derive(Clone, Copy)]
    struct Ansible {
        new: Taken,
        kept: Taken,
        /// `ssh` alone through the connections that Ansible keeps.
        ssh_kept: Taken,
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
        let folder = |name: &str| option(name).map(PathBuf::from);
        let peers = Peers { ansible: folder("--ansible"), mitogen: folder("--mitogen"), pyinfra: folder("--pyinfra") };
        let bench = Bench::start(number("--hosts", 100), number("--runs", 5), peers, option("--user"), option("--kex"));
        bench.measure();
        if bench.peers.ansible.is_some() {
            bench.measure_drift();
        }
    }

    impl Bench {
        fn start(hosts: usize, runs: usize, peers: Peers, user: Option<String>, kex: Option<String>) -> Bench {
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
            let kex = kex.map(|name| format!("KexAlgorithms {name}\n")).unwrap_or_default();
            let config = format!(
                "Port {port}\nListenAddress 0.0.0.0\nHostKey {f}/host_key\nAuthorizedKeysFile {f}/authorized_keys\nStrictModes no\n\
                 PermitRootLogin yes\nPasswordAuthentication no\nUsePAM no\nPidFile none\nMaxStartups 500\n{kex}"
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
            let mut servers = String::from("servers = [\n");
            for (number, name) in names.iter().enumerate() {
                let address = format!("127.0.{}.{}", number / 200 + 1, number % 200 + 1);
                client.push_str(&format!("Host {name}\n  HostName {address}\n"));
                known.push_str(&format!("[{address}]:{port} {}\n", key.trim()));
                servers.push_str(&format!(
                    "(\"{name}\", {{\"ssh_hostname\": \"{address}\", \"ssh_port\": {port}, \"ssh_user\": \"{user}\", \
                     \"ssh_key\": \"{f}/id\", \"ssh_known_hosts_file\": \"{f}/known\"}}),\n"
                ));
            }
            client.push_str(&format!(
                "Host *\n  User {user}\n  Port {port}\n  IdentityFile {f}/id\n  IdentitiesOnly yes\n  \
                 UserKnownHostsFile {f}/known\n  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n"
            ));
            fs::write(path("known"), known).unwrap();
            fs::write(path("servers.py"), servers + "]\n").unwrap();
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
            let bench = Bench { sshd: sshd.unwrap(), names, peers, runs, folder };
            while TcpStream::connect(("127.0.0.1", port)).is_err() {
                std::thread::sleep(Duration::from_millis(20));
            }
            bench
        }

        fn measure(&self) {
            let rows: Vec<Row> = (0..self.runs).map(|_| self.row()).collect();
            let hosts = self.names.len();
            println!("{hosts} hosts, {AT_ONCE} at once, median of {} (seconds; ratios pair by pair)", self.runs);
            let show =
                |name: &str, value: &dyn Fn(&Row) -> Option<f64>| show(name, rows.iter().filter_map(value).collect());
            show("rolewalk, new connections", &|row| Some(row.new.seconds));
            show("rolewalk, connections kept", &|row| Some(row.kept.seconds));
            show("xargs -P20 ssh true", &|row| Some(row.ssh.seconds));
            show("F2 new by ssh (goal 1.1)", &|row| Some(row.new.seconds / row.ssh.seconds));
            show("  the same, processor of the client", &|row| Some(row.new.processor / row.ssh.processor));
            show("F4 kept by own new (goal 0.25)", &|row| Some(row.kept.seconds / row.new.seconds));
            show("ansible raw, new connections", &|row| Some(row.ansible?.new.seconds));
            show("ansible raw, connections kept", &|row| Some(row.ansible?.kept.seconds));
            show("F1 new by ansible (goal 0.2)", &|row| Some(row.new.seconds / row.ansible?.new.seconds));
            show("F4 kept by ansible (goal 0.1)", &|row| Some(row.kept.seconds / row.ansible?.kept.seconds));
            show("xargs ssh true, connections kept", &|row| Some(row.ansible?.ssh_kept.seconds));
            show("  kept by ssh kept", &|row| Some(row.kept.seconds / row.ansible?.ssh_kept.seconds));
            show("  ssh kept by ansible kept", &|row| Some(row.ansible?.ssh_kept.seconds / row.ansible?.kept.seconds));
            show("  kept by ansible kept, processor", &|row| Some(row.kept.processor / row.ansible?.kept.processor));
            let each = |taken: Taken| taken.processor / hosts as f64;
            show("rolewalk, processor for each host", &|row| Some(each(row.new)));
            show("rolewalk kept, processor for each host", &|row| Some(each(row.kept)));
            show("ssh kept, processor for each host", &|row| Some(each(row.ansible?.ssh_kept)));
            show("ssh, processor for each host", &|row| Some(each(row.ssh)));
            show("ansible, processor for each host", &|row| Some(each(row.ansible?.new)));
            show("F5 new by ansible, processor (goal 0.1)", &|row| {
                Some(row.new.processor / row.ansible?.new.processor)
            });
            show("  ssh by ansible, processor", &|row| Some(row.ssh.processor / row.ansible?.new.processor));
            show("pyinfra fact, new connections", &|row| Some(row.pyinfra?.seconds));
            show("F3 new by pyinfra (goal 1.1)", &|row| Some(row.new.seconds / row.pyinfra?.seconds));
            show("F3 the same, processor (goal 1.0)", &|row| Some(row.new.processor / row.pyinfra?.processor));
        }

        fn row(&self) -> Row {
            let f = self.folder.path().display();
            let (new, kept) = self.product();
            let ssh = shell(&format!("xargs -a {f}/hosts -P{AT_ONCE} -I{{}} ssh -F {f}/ssh_config {{}} true"));
            let ansible = self.peers.ansible.as_ref().map(|folder| {
                let program = folder.join("ansible").display().to_string();
                let line = format!(
                    "ANSIBLE_SSH_CONTROL_PATH_DIR={f}/acp {program} -i {f}/inventory.ini -f {AT_ONCE} all -m raw -a true"
                );
                // New masters: a first discovery.
                let end =
                    format!("for s in {f}/acp/*; do [ -S $s ] && ssh -o ControlPath=$s -O exit x 2>/dev/null; done; true");
                shell(&end);
                let (new, kept) = (shell(&line), shell(&line));
                let ssh_kept = shell(&format!(
                    "ls {f}/acp | xargs -P{AT_ONCE} -I{{}} ssh -F {f}/ssh_config -o ControlPath={f}/acp/{{}} kept true"
                ));
                shell(&end);
                Ansible { new, kept, ssh_kept }
            });
            let pyinfra = self.peers.pyinfra.as_ref().map(|folder| {
                let program = folder.join("pyinfra").display().to_string();
                shell(&format!("{program} -y --parallel {AT_ONCE} {f}/servers.py fact server.Hostname"))
            });
            Row { new, kept, ssh, ansible, pyinfra }
        }

        /// Returns what a first look at all hosts took, their connections among it, and what a second.
        fn product(&self) -> (Taken, Taken) {
            let mut every = Host { ssh_config: Some(self.folder.path().join("ssh_config")), ..Host::default() };
            // A machine that is busy otherwise is slow, and no host is dead.
            every.limits.connect = Duration::from_secs(300);
            let settings = Settings { every, at_once: AT_ONCE, ssh: "ssh".into(), ..Settings::default() };
            let requests = self.requests("true", |_| Vec::new());
            let hosts = Hosts::new(settings);
            let first = taken(|| look(&hosts, &requests));
            let second = taken(|| look(&hosts, &requests));
            // A command that looks once also ends the connections.
            let end = taken(|| drop(hosts));
            let first = Taken { seconds: first.seconds + end.seconds, processor: first.processor + end.processor };
            (first, second)
        }

        /// Compares `drift` of as many servers, each with a folder of its own in which a real file is, with `--check` of a
        /// playbook that compares one file for each.
        fn measure_drift(&self) {
            let (folder, playbook) = (self.folder.path().join("drift"), self.folder.path().join("playbook"));
            let (f, p) = (folder.display(), playbook.display());
            let servers: String =
                self.names.iter().enumerate().map(|(at, name)| format!("  {name}: {}\n", role(at))).collect();
            fs::create_dir(&folder).unwrap();
            let indented = servers.replace("  h", "      h");
            let farm = format!("version: 1\nco-store:\n  Store:\n    servers:\n{indented}    disks: {{ Hoge: 0 }}\n");
            fs::write(folder.join("farm.yaml"), farm).unwrap();
            fs::write(
                folder.join("connections.yaml"),
                "version: 1\nconnections:\n  practice: { practice: farm.yaml }\n",
            )
            .unwrap();
            let topology =
                format!("version: 1\ngroup: Store\nsystem: co-store\nconnection: practice\nservers:\n{servers}");
            fs::write(folder.join("store.yaml"), topology).unwrap();
            let rolewalk = env!("CARGO_BIN_EXE_rolewalk");
            shell(&format!("cd {f} && {rolewalk} practice up ."));
            self.write_playbook(&playbook);
            let peer = |more: &str| {
                let program = self.peers.ansible.as_ref()?.join("ansible-playbook").display().to_string();
                Some(shell(&format!("cd {p} && {more} {program} -f {AT_ONCE} -i local.ini --check --diff site.yml")))
            };
            let mitogen =
                self.peers.mitogen.as_ref().map(|folder| {
                    format!("ANSIBLE_STRATEGY_PLUGINS={} ANSIBLE_STRATEGY=mitogen_linear", folder.display())
                });
            let rows: Vec<_> = (0..self.runs)
                .map(|_| {
                    let own = shell(&format!("cd {f} && {rolewalk} drift ."));
                    (own, self.look_locally(&playbook), peer(""), mitogen.as_ref().and_then(|more| peer(more)))
                })
                .collect();
            type Drift = (Taken, Taken, Option<Taken>, Option<Taken>);
            let show =
                |name: &str, value: &dyn Fn(&Drift) -> Option<f64>| show(name, rows.iter().filter_map(value).collect());
            println!("{} servers of this machine, nothing to change", self.names.len());
            show("rolewalk drift, a practice farm", &|row| Some(row.0.seconds));
            show("rolewalk, `cat` by `via: local`", &|row| Some(row.1.seconds));
            show("ansible-playbook --check", &|row| Some(row.2?.seconds));
            show("ansible-playbook --check, mitogen", &|row| Some(row.3?.seconds));
            show("D2 drift by ansible (goal 0.005)", &|row| Some(row.0.seconds / row.2?.seconds));
            show("D2 drift by mitogen (goal 0.02)", &|row| Some(row.0.seconds / row.3?.seconds));
            show("  the same, processor", &|row| Some(row.0.processor / row.2?.processor));
            show("  `cat` by ansible", &|row| Some(row.1.seconds / row.2?.seconds));
            show("  `cat` by mitogen", &|row| Some(row.1.seconds / row.3?.seconds));
        }

        /// Writes a playbook that wants one small file for each server, and the files as it wants them.
        fn write_playbook(&self, folder: &Path) {
            fs::create_dir_all(folder.join("files")).unwrap();
            for name in &self.names {
                fs::write(folder.join("files").join(name.as_str()), format!("role of {name}\n")).unwrap();
            }
            let names: String = self.names.iter().map(|name| format!("{name}\n")).collect();
            let python = self.peers.ansible.as_ref().map(|folder| folder.join("python3").display().to_string());
            let python = python.unwrap_or_default();
            let inventory =
                format!("[s]\n{names}[s:vars]\nansible_connection=local\nansible_python_interpreter={python}\n");
            fs::write(folder.join("local.ini"), inventory).unwrap();
            let playbook = format!(
                "- hosts: all\n  gather_facts: false\n  tasks:\n    - copy:\n        content: \"role of {{{{ inventory_hostname }}}}\\n\"\n        \
                 dest: {}/files/{{{{ inventory_hostname }}}}\n",
                folder.display()
            );
            fs::write(folder.join("site.yml"), playbook).unwrap();
        }

        /// Has a shell of this machine read each server's file, as looks at hosts do that are this machine.
        fn look_locally(&self, folder: &Path) -> Taken {
            let every = Host { via: Via::Local, ..Host::default() };
            let hosts = Hosts::new(Settings { every, at_once: AT_ONCE, ..Settings::default() });
            let requests = self.requests("cat", |name| vec![folder.join("files").join(name).display().to_string()]);
            taken(|| look(&hosts, &requests))
        }

        fn requests(&self, program: &'static str, arguments: impl Fn(&str) -> Vec<String>) -> Vec<Request> {
            let request = |name: &ServerName| Request::Show {
                on: name.clone(),
                folder: String::new(),
                program,
                arguments: arguments(name.as_str()),
            };
            self.names.iter().map(request).collect()
        }
    }

    fn role(at: usize) -> &'static str {
        if at == 0 { "master" } else { "slave" }
    }

    fn look(hosts: &Hosts, requests: &[Request]) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let replies = runtime.block_on(join_all(requests.iter().map(|request| hosts.perform(request))));
        let bad = replies.iter().find(|reply| !matches!(reply, Reply::Ended { exit_code: 0, .. }));
        assert_eq!(bad, None);
    }

    fn shell(line: &str) -> Taken {
        taken(|| {
            let ended = Command::new("sh").args(["-c", line]).stdout(Stdio::null()).stderr(Stdio::null()).status();
            assert!(ended.unwrap().success(), "{line}");
        })
    }

    fn taken(work: impl FnOnce()) -> Taken {
        let (begun, before) = (Instant::now(), processor());
        work();
        Taken { seconds: begun.elapsed().as_secs_f64(), processor: processor() - before }
    }

    /// Returns what this process has taken of the processors, with those that it has waited for; nothing where there is no /proc.
    fn processor() -> f64 {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        // Of this process, of its children, each for itself and in the kernel; in hundredths of a second.
        let ticks = after_name.split_whitespace().skip(11).take(4).filter_map(|one| one.parse::<f64>().ok());
        ticks.sum::<f64>() / 100.0
    }

    fn show(name: &str, all: Vec<f64>) {
        if all.is_empty() {
            println!("{name:<44} not measured");
        } else {
            println!("{name:<44} {:.4}", median(all));
        }
    }

    fn median(mut all: Vec<f64>) -> f64 {
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
    }
}
