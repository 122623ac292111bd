//! The endpoint itself: stock clients, and messages that are none.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use super::stage::{CANARY, Stage};

/// Runs batches with FreeTDS's own client; none where it is not installed.
fn tsql(port: u16, password: &str, encryption: &str, batches: &str) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("freetds.conf");
    let server = format!(
        "[here]\nhost = 127.0.0.1\nport = {port}\ntds version = 7.4\nencryption = {encryption}\nclient charset = UTF-8\n"
    );
    std::fs::write(&config, server).unwrap();
    let spawned = Command::new("tsql")
        .args(["-S", "here", "-U", "practice", "-P", password, "-D", "co-store", "-o", "q"])
        .env("FREETDSCONF", &config)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut client = match spawned {
        Ok(client) => client,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: tsql is not installed (Debian: freetds-bin)");
            return None;
        }
        Err(error) => panic!("{error}"),
    };
    client.stdin.take().unwrap().write_all(batches.as_bytes()).unwrap();
    let output = client.wait_with_output().unwrap();
    Some(String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_stock_client_reads_changes_and_undoes_plain_and_by_tls() {
    let stage = Stage::of("campus");
    for encryption in ["off", "require"] {
        let batches = "SELECT name, master_pvs_server, N'日本語' FROM dbo.store\ngo\nBEGIN TRAN\ngo\n\
            UPDATE dbo.store SET master_pvs_server = 'PVS2' WHERE name = 'Store'\ngo\nROLLBACK\ngo\n\
            SELECT master_pvs_server FROM dbo.store\ngo\nSELECT * FROM dbo.absent\ngo\nexit\n";
        let Some(said) = tsql(stage.server.address().port(), CANARY, encryption, batches) else { return };
        assert!(said.contains("Store\tPVS1\t日本語"), "{encryption}: {said}");
        assert_eq!(said.matches("PVS1").count(), 2, "{encryption}: {said}");
        assert!(said.contains("208") && said.contains("Invalid object name"), "{encryption}: {said}");
    }
}

#[test]
fn a_served_farm_says_how_to_connect() {
    let stage = Stage::of("campus");
    let mut served = stage.start("practice up . --serve --port 0");
    let mut lines = BufReader::new(served.stdout.take().unwrap()).lines();
    let port =
        lines.by_ref().map(|line| line.unwrap()).find_map(|line| line.trim().strip_prefix("port: ").map(str::to_owned));
    let port: u16 = port.unwrap().parse().unwrap();
    let said: Vec<String> =
        lines.by_ref().map(|line| line.unwrap()).take_while(|line| !line.starts_with('#')).collect();
    assert!(said.iter().any(|line| line.contains("user: practice")), "{said:?}");
    assert!(stage.path(".practice/tds-ca.pem").exists());
    let read = tsql(port, "practice", "require", "SELECT master_pvs_server FROM dbo.store\ngo\nexit\n");
    let connected = TcpStream::connect(("127.0.0.1", port));
    served.kill().unwrap();
    served.wait().unwrap();
    assert!(connected.is_ok());
    assert!(read.is_none_or(|said| said.contains("PVS1")));
}

#[test]
fn hostile_bytes_end_their_own_connection_and_nothing_else() {
    let stage = Stage::of("campus");
    let packet = |kind: u8, body: &[u8]| {
        let mut packet = vec![kind, 1];
        packet.extend_from_slice(&(body.len() as u16 + 8).to_be_bytes());
        packet.extend_from_slice(&[0, 0, 1, 0]);
        packet.extend_from_slice(body);
        packet
    };
    let plain = packet(0x12, &[1, 0, 6, 0, 1, 0xff, 2]);
    let with = |kind, body: &[u8]| [plain.clone(), packet(kind, body)].concat();
    let hostile = [
        vec![0x12, 1, 0, 3, 0, 0, 1, 0],
        packet(0x12, &[1, 0xff, 0xff, 0, 1, 0xff]),
        packet(0x12, &[]),
        with(0x10, &[0; 20]),
        with(0x10, &[0xff; 100]),
        with(0x01, &[0xff; 8]),
        with(0x03, &[4, 0, 0, 0, 0xff, 0xff]),
    ];
    for bytes in &hostile {
        let mut stream = TcpStream::connect(stage.server.address()).unwrap();
        stream.write_all(bytes).unwrap();
        let mut rest = Vec::new();
        // It may end with an error or without one; it has to end.
        let _ = stream.read_to_end(&mut rest);
    }
    assert_eq!(stage.run("observe --check .").code, Some(0));
}
