//! `practice up --serve`: serves a farm's database as SQL Server does, and says how to connect.

use crate::model::words::Text;
use crate::run::state::write_file;
use crate::world::practice::PracticeWorld;
use crate::world::practice::tds::{DATABASE, Options, Server};

use super::failure::Failure;
use super::inputs::shown;
use super::setting::Setting;

/// The name of the file in the farm's folder that a client has to trust.
const AUTHORITY: &str = "tds-ca.pem";

/// Serves until it is interrupted.
pub fn run(setting: &Setting, farm: &PracticeWorld, port: u16) -> Result<u8, Failure> {
    let options = Options { port, ..Options::default() };
    let server = Server::start(farm.place(), &options).map_err(|error| {
        Failure::new(1, "the database can't be served", "データベースを公開できない").cause(error).hint(
            "`--port PORT` names another port; `--port 0` takes any that is free",
            "別のポートは `--port PORT`、空きポートは `--port 0` で指定する",
        )
    })?;
    let authority = farm.place().join(AUTHORITY);
    if let Some(text) = server.authority() {
        write_file(&authority, text.as_bytes())?;
    }
    setting.print(&told(&server, &options, &shown(&authority)));
    setting.remark(&Text::new("serving until it is interrupted (Ctrl+C)", "中断 (Ctrl+C) されるまで公開する"));
    loop {
        std::thread::park();
    }
}

/// Tells how to connect: as a part of `connections.yaml`, and for a client.
fn told(server: &Server, options: &Options, authority: &str) -> String {
    let (port, user, password) = (server.address().port(), &options.user, &options.password);
    format!(
        "database:\n  host: localhost\n  port: {port}\n  database: {DATABASE}\n  user: {user}\n  \
         password: {{ env: PRACTICE_PASSWORD }}   # {password}\n  ca: {authority}\n  \
         storages: SELECT store, server FROM dbo.practice_storage\n  \
         tasks: SELECT store, id, state, description FROM dbo.practice_task WHERE state IN ('running', 'pending')\n\
         # TDSVER=7.4 tsql -H 127.0.0.1 -p {port} -U {user} -P {password} -D {DATABASE}\n"
    )
}
