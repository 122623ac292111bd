//! One client: what comes before the login, the login, then one answer for each message.

use std::io::{self, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::call::{self, Call};
use super::engine::{Engine, Outcome};
use super::fault::Fault;
use super::locks::Shown;
use super::login::{self, encryption};
use super::secure::Channel;
use super::tokens::{Answer, Done, Told, Value, endless, state};
use super::wire::{PACKET, Rest, kind, malformed, read_message, utf16, write_message};
use super::{Shared, Tls};

/// Serves a client until it goes.
pub fn serve(shared: &Shared, stream: TcpStream) -> io::Result<()> {
    let mut channel = connect(shared, stream)?;
    let (what, message) = read_message(&mut channel)?;
    if what != kind::LOGIN {
        return Err(malformed("a login was expected"));
    }
    let login = login::read(&message)?;
    shared.note("LOGIN");
    if let Some(fault) = shared.faults.take("LOGIN")
        && !matches!(fault, Fault::Refused(_) | Fault::Late(_) | Fault::Held(_))
    {
        return misbehave(&mut channel, &fault);
    }
    if let Err(told) = admit(shared, &login) {
        let mut answer = Answer::default();
        told.iter().for_each(|one| answer.error(one));
        answer.done(Done::Batch, state::ERROR, 0);
        return write_message(&mut channel, kind::ANSWER, &answer.0);
    }
    let shown = Shown { host: login.host, program: login.program, login: login.user, since: Timestamp::now() };
    let number = shared.sessions.begin(shown);
    let served = greet(shared, &mut channel).and_then(|()| {
        let engine = Engine::open(&shared.database, number, shared.sessions.clone()).map_err(io::Error::other)?;
        Session { shared, channel, engine, number, transactions: 0 }.answer_all()
    });
    shared.sessions.end(number);
    served
}

fn connect(shared: &Shared, mut stream: TcpStream) -> io::Result<Channel> {
    let (what, message) = read_message(&mut stream)?;
    if what != kind::PRELOGIN {
        return Err(malformed("a prelogin was expected"));
    }
    let asked = login::asked_encryption(&message)?;
    let wants = matches!(asked, encryption::ON | encryption::REQUIRED);
    let (says, identity) = match &shared.tls {
        Tls::Offered(identity) if wants => (encryption::ON, Some(identity)),
        Tls::Demanded(identity) if wants => (encryption::ON, Some(identity)),
        Tls::Demanded(identity) if asked == encryption::LOGIN => (encryption::REQUIRED, Some(identity)),
        Tls::Demanded(_) => (encryption::REQUIRED, None),
        Tls::Offered(_) | Tls::Off => (encryption::NOT_SUPPORTED, None),
    };
    write_message(&mut stream, kind::ANSWER, &login::answer(says))?;
    match identity {
        Some(identity) => identity.secure(stream),
        None => Ok(Channel::Plain(stream)),
    }
}

fn admit(shared: &Shared, login: &login::Login) -> Result<(), Vec<Told>> {
    let failed = |user: &str| Told { number: 18456, class: 14, message: format!("Login failed for user '{user}'.") };
    if login.user != shared.user || login.password != shared.password {
        return Err(vec![failed(&login.user)]);
    }
    if !login.database.is_empty() && !login.database.eq_ignore_ascii_case(super::DATABASE) {
        let message = format!("Cannot open database \"{}\" requested by the login. The login failed.", login.database);
        return Err(vec![Told { number: 4060, class: 11, message }, failed(&login.user)]);
    }
    Ok(())
}

fn greet(shared: &Shared, channel: &mut Channel) -> io::Result<()> {
    let mut answer = Answer::default();
    answer.changed(1, super::DATABASE, "master");
    answer.changed(4, &PACKET.to_string(), &PACKET.to_string());
    answer.accepted(shared.program);
    answer.done(Done::Batch, 0, 0);
    write_message(channel, kind::ANSWER, &answer.0)
}

struct Session<'a> {
    shared: &'a Shared,
    channel: Channel,
    engine: Engine,
    number: u32,
    transactions: u64,
}

/// What a message asks for.
enum Asked {
    Batch(String),
    Call(Call),
    Transaction(u16),
}

impl Session<'_> {
    fn answer_all(mut self) -> io::Result<()> {
        loop {
            let (what, message) = match read_message(&mut self.channel) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Err(error) => return Err(error),
            };
            if what == kind::ATTENTION {
                self.tell_cancelled()?;
                continue;
            }
            let asked = asked(what, &message)?;
            let text = asked.text();
            self.shared.note(&text);
            if self.engine.is_silent() {
                return misbehave(&mut self.channel, &Fault::Never);
            }
            let answer = match self.shared.faults.take(&text) {
                None => self.answer(asked),
                Some(Fault::Held(gate)) => {
                    gate.pass();
                    self.answer(asked)
                }
                Some(Fault::Late(by)) => match self.channel.read_within(by)? {
                    Some((kind::ATTENTION, _)) => {
                        self.tell_cancelled()?;
                        continue;
                    }
                    Some(_) => return Err(malformed("a message came before the answer to the last")),
                    None => self.answer(asked),
                },
                Some(Fault::Refused(told)) => refused(&told, asked.end()),
                Some(fault) => {
                    if fault == Fault::CutAfter {
                        self.answer(asked);
                    }
                    return misbehave(&mut self.channel, &fault);
                }
            };
            write_message(&mut self.channel, kind::ANSWER, &answer.0)?;
        }
    }

    fn tell_cancelled(&mut self) -> io::Result<()> {
        let mut answer = Answer::default();
        answer.done(Done::Batch, state::CANCELLED, 0);
        write_message(&mut self.channel, kind::ANSWER, &answer.0)
    }

    fn answer(&mut self, asked: Asked) -> Answer {
        let end = asked.end();
        let was_in_transaction = self.engine.is_in_transaction();
        let ran = match &asked {
            Asked::Batch(text) => self.engine.run(text, &[]),
            Asked::Call(call) if call.procedure == "sp_executesql" => {
                self.engine.run(&asked.text(), call.parameters.get(2..).unwrap_or_default())
            }
            Asked::Call(call) => match self.lock(call) {
                Some(code) => return returned(code),
                None => Err(Told::new(2812, format!("Could not find stored procedure '{}'.", call.procedure))),
            },
            Asked::Transaction(5) => self.engine.begin(),
            Asked::Transaction(7) => self.engine.commit(),
            Asked::Transaction(8) => self.engine.roll_back(),
            Asked::Transaction(other) => Err(Told::new(102, format!("transaction request {other} is not known here"))),
        };
        let mut answer = Answer::default();
        let undone = was_in_transaction && !self.engine.is_in_transaction();
        match ran {
            Ok(outcome) => self.tell(&mut answer, outcome, end),
            Err(told) => {
                if undone {
                    answer.transaction(10, self.transactions);
                }
                answer.0.append(&mut refused(&told, end).0);
            }
        }
        answer
    }

    fn tell(&mut self, answer: &mut Answer, outcome: Outcome, end: Done) {
        let part = if end == Done::Procedure { Done::InProcedure } else { end };
        let more = if end == Done::Procedure { state::MORE } else { 0 };
        match outcome {
            Outcome::Rows(table) => {
                answer.table(&table);
                answer.done(part, state::COUNT | more, table.rows.len() as u64);
            }
            Outcome::Changed(rows) => answer.done(part, state::COUNT | more, rows),
            Outcome::Began => {
                self.transactions += 1;
                answer.transaction(8, self.transactions);
                answer.done(part, more, 0);
            }
            Outcome::Committed | Outcome::Undone => {
                answer.transaction(if outcome == Outcome::Committed { 9 } else { 10 }, self.transactions);
                answer.done(part, more, 0);
            }
            Outcome::Done => answer.done(part, more, 0),
        }
        if end == Done::Procedure {
            answer.returned(0);
            answer.done(Done::Procedure, 0, 0);
        }
    }

    /// Takes or gives back an application lock; none where the procedure is another one.
    fn lock(&self, call: &Call) -> Option<i32> {
        let text = |name: &str, place| match call.parameter(name, place) {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        };
        let resource = text("resource", 0);
        match call.procedure.as_str() {
            "sp_getapplock" => {
                let limit = match call.parameter("locktimeout", 3) {
                    Some(Value::Number(milliseconds)) => u64::try_from(*milliseconds).unwrap_or(u64::MAX),
                    _ => 0,
                };
                let begun = Instant::now();
                loop {
                    let code = self.shared.sessions.take(&resource, self.number);
                    if code >= 0 || begun.elapsed() >= Duration::from_millis(limit) {
                        return Some(code);
                    }
                    std::thread::sleep(Duration::from_millis(10));
                }
            }
            "sp_releaseapplock" => Some(self.shared.sessions.give_back(&resource, self.number)),
            _ => None,
        }
    }
}

impl Asked {
    /// Returns what is asked, as a log shows it.
    fn text(&self) -> String {
        match self {
            Asked::Batch(text) => text.clone(),
            Asked::Call(call) => match call.parameter("stmt", 0) {
                Some(Value::Text(text)) if call.procedure == "sp_executesql" => text.clone(),
                _ => call.procedure.clone(),
            },
            Asked::Transaction(5) => "BEGIN".into(),
            Asked::Transaction(7) => "COMMIT".into(),
            Asked::Transaction(_) => "ROLLBACK".into(),
        }
    }

    fn end(&self) -> Done {
        match self {
            Asked::Call(_) => Done::Procedure,
            _ => Done::Batch,
        }
    }
}

fn asked(what: u8, message: &[u8]) -> io::Result<Asked> {
    match what {
        kind::BATCH => {
            let mut rest = Rest(message);
            rest.skip_headers()?;
            Ok(Asked::Batch(utf16(rest.0)))
        }
        kind::CALL => call::read(message).map(Asked::Call),
        kind::TRANSACTION => {
            let mut rest = Rest(message);
            rest.skip_headers()?;
            rest.u16().map(Asked::Transaction)
        }
        other => Err(malformed(&format!("a message of kind 0x{other:02x} is not known here"))),
    }
}

fn returned(code: i32) -> Answer {
    let mut answer = Answer::default();
    answer.returned(code);
    answer.done(Done::Procedure, 0, 0);
    answer
}

fn refused(told: &Told, end: Done) -> Answer {
    let mut answer = Answer::default();
    answer.error(told);
    answer.done(end, state::ERROR, 0);
    answer
}

/// Does to a client what a fault is.
fn misbehave(channel: &mut Channel, fault: &Fault) -> io::Result<()> {
    match fault {
        Fault::EndlessRows | Fault::EndlessValue => {
            let (first, again) = endless(*fault == Fault::EndlessRows);
            stream_on(channel, &first, &again)
        }
        Fault::Never => io::copy(channel, &mut io::sink()).map(drop),
        _ => {
            channel.cut();
            Ok(())
        }
    }
}

/// Writes packets none of which is the last, until the client goes.
fn stream_on(channel: &mut Channel, first: &[u8], again: &[u8]) -> io::Result<()> {
    let mut waiting = first.to_vec();
    loop {
        while waiting.len() < PACKET - 8 {
            waiting.extend_from_slice(again);
        }
        let rest = waiting.split_off(PACKET - 8);
        let mut packet = vec![kind::ANSWER, 0];
        packet.extend_from_slice(&(PACKET as u16).to_be_bytes());
        packet.extend_from_slice(&[0, 0, 1, 0]);
        packet.extend_from_slice(&waiting);
        channel.write_all(&packet)?;
        waiting = rest;
    }
}
