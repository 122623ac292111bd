//! The tokens of an answer.
//!
//! # Source
//! Microsoft Open Specification [MS-TDS], section 2.2.7.

/// One value of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
}

/// Rows with the names of their columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The names.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Value>>,
}

/// An error as the server tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its number.
    pub number: u32,
    /// Its class: how severe it is.
    pub class: u8,
    /// Its message.
    pub message: String,
}

impl Told {
    /// Returns an error of a statement.
    pub fn new(number: u32, message: impl Into<String>) -> Told {
        Told { number, class: 16, message: message.into() }
    }
}

/// What ends an answer or a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// A batch.
    Batch = 0xfd,
    /// A procedure.
    Procedure = 0xfe,
    /// A statement in a procedure.
    InProcedure = 0xff,
}

/// The states of an end.
pub mod state {
    /// More follows.
    pub const MORE: u16 = 0x01;
    /// It failed.
    pub const ERROR: u16 = 0x02;
    /// The number of rows counts.
    pub const COUNT: u16 = 0x10;
    /// It was cancelled.
    pub const CANCELLED: u16 = 0x20;
}

/// Latin1_General_CI_AS; texts travel as UTF-16 whatever it is.
const COLLATION: [u8; 5] = [0x09, 0x04, 0xd0, 0x00, 0x34];
/// The most UTF-16 units of a text that is no large one.
const LONGEST_TEXT: usize = 4000;

/// An answer that grows token by token.
#[derive(Debug, Default)]
pub struct Answer(pub Vec<u8>);

impl Answer {
    /// Adds rows.
    pub fn table(&mut self, table: &Table) {
        let kinds: Vec<Kind> = (0..table.columns.len()).map(|at| kind(&table.rows, at)).collect();
        self.0.push(0x81);
        self.u16(table.columns.len() as u16);
        for (name, kind) in table.columns.iter().zip(&kinds) {
            // User type; nullable.
            self.0.extend_from_slice(&[0, 0, 0, 0, 1, 0]);
            match kind {
                Kind::Number => self.0.extend_from_slice(&[0x26, 8]),
                Kind::Text => self.text_type(LONGEST_TEXT as u16 * 2),
                Kind::Large => self.text_type(0xffff),
            }
            self.short_text(name);
        }
        for row in &table.rows {
            self.row(row, &kinds);
        }
    }

    /// Adds a row whose columns are of these kinds.
    fn row(&mut self, row: &[Value], kinds: &[Kind]) {
        self.0.push(0xd1);
        for (value, kind) in row.iter().zip(kinds) {
            match (kind, value) {
                (Kind::Number, Value::Number(number)) => {
                    self.0.push(8);
                    self.0.extend_from_slice(&number.to_le_bytes());
                }
                (Kind::Number, _) => self.0.push(0),
                (Kind::Text, Value::Null) => self.u16(0xffff),
                (Kind::Large, Value::Null) => self.0.extend_from_slice(&[0xff; 8]),
                (Kind::Text, value) => {
                    let bytes = units(&shown(value));
                    self.u16(bytes.len() as u16);
                    self.0.extend_from_slice(&bytes);
                }
                (Kind::Large, value) => {
                    let bytes = units(&shown(value));
                    self.0.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
                    self.0.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
                    self.0.extend_from_slice(&bytes);
                    self.0.extend_from_slice(&[0; 4]);
                }
            }
        }
    }

    fn text_type(&mut self, longest: u16) {
        self.0.push(0xe7);
        self.u16(longest);
        self.0.extend_from_slice(&COLLATION);
    }

    /// Adds an error.
    pub fn error(&mut self, told: &Told) {
        let message = units(&told.message);
        let mut body = Vec::new();
        body.extend_from_slice(&told.number.to_le_bytes());
        body.extend_from_slice(&[1, told.class]);
        body.extend_from_slice(&((message.len() / 2) as u16).to_le_bytes());
        body.extend_from_slice(&message);
        // No server, no procedure; line 1.
        body.extend_from_slice(&[0, 0, 1, 0, 0, 0]);
        self.0.push(0xaa);
        self.u16(body.len() as u16);
        self.0.extend_from_slice(&body);
    }

    /// Adds that something of the session changed, as text.
    pub fn changed(&mut self, what: u8, new: &str, old: &str) {
        let mut body = Answer(vec![what]);
        body.short_text(new);
        body.short_text(old);
        self.0.push(0xe3);
        self.u16(body.0.len() as u16);
        self.0.append(&mut body.0);
    }

    /// Adds that a transaction began (8), was committed (9) or undone (10).
    pub fn transaction(&mut self, what: u8, number: u64) {
        let number = number.to_le_bytes();
        let mut body = vec![what];
        match what {
            8 => {
                body.push(8);
                body.extend_from_slice(&number);
                body.push(0);
            }
            _ => {
                body.extend_from_slice(&[0, 8]);
                body.extend_from_slice(&number);
            }
        }
        self.0.push(0xe3);
        self.u16(body.len() as u16);
        self.0.extend_from_slice(&body);
    }

    /// Adds that the login was accepted: TDS 7.4, and a program of this name.
    pub fn accepted(&mut self, program: &str) {
        let mut body = Answer(vec![1, 0x74, 0, 0, 4]);
        body.short_text(program);
        body.0.extend_from_slice(&[15, 0, 0x07, 0xd0]);
        self.0.push(0xad);
        self.u16(body.0.len() as u16);
        self.0.append(&mut body.0);
    }

    /// Adds what a procedure returned.
    pub fn returned(&mut self, code: i32) {
        self.0.push(0x79);
        self.0.extend_from_slice(&code.to_le_bytes());
    }

    /// Adds an end.
    pub fn done(&mut self, done: Done, state: u16, rows: u64) {
        self.0.push(done as u8);
        self.u16(state);
        self.u16(0);
        self.0.extend_from_slice(&rows.to_le_bytes());
    }

    fn u16(&mut self, number: u16) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn short_text(&mut self, text: &str) {
        let text: String = text.chars().take(100).collect();
        let bytes = units(&text);
        self.0.push((bytes.len() / 2) as u8);
        self.0.extend_from_slice(&bytes);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    Large,
}

fn kind(rows: &[Vec<Value>], at: usize) -> Kind {
    let column = || rows.iter().filter_map(|row| row.get(at)).filter(|value| **value != Value::Null);
    let is_number = |value: &Value| matches!(value, Value::Number(_));
    let is_long = |value: &Value| matches!(value, Value::Text(text) if text.encode_utf16().count() > LONGEST_TEXT);
    match column().next() {
        Some(_) if column().all(is_number) => Kind::Number,
        Some(_) if column().any(is_long) => Kind::Large,
        _ => Kind::Text,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text.clone(),
    }
}

/// Writes UTF-16.
pub fn units(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Returns the beginning of an answer without an end, and what comes again and again: rows, or parts of one value.
pub fn endless(rows: bool) -> (Vec<u8>, Vec<u8>) {
    let row = vec![Value::Text("x".repeat(100))];
    let mut first = Answer::default();
    first.table(&Table { columns: vec!["endless".into()], rows: vec![row.clone()] });
    let mut again = Answer::default();
    if rows {
        again.row(&row, &[Kind::Text]);
        return (first.0, again.0);
    }
    let mut first = Answer(vec![0x81, 1, 0, 0, 0, 0, 0, 1, 0]);
    first.text_type(0xffff);
    first.short_text("endless");
    first.0.push(0xd1);
    // A large value of a length that is not told.
    first.0.extend_from_slice(&0xffff_ffff_ffff_fffe_u64.to_le_bytes());
    again.0.extend_from_slice(&2000u32.to_le_bytes());
    again.0.extend_from_slice(&units(&"x".repeat(1000)));
    (first.0, again.0)
}
