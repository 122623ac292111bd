//! Reads secrets from where a file says that they are found. What is read is shown nowhere, not even in errors.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::format::connections::Secret;
use crate::world::sql::Password;

use super::failure::Failure;
use super::inputs::shown;
use super::setting::Setting;

/// Reads a secret; a path is one from the folder of the file that refers to it.
///
/// # Errors
/// A [`Failure`] that says where it should have been.
pub fn read(setting: &Setting, secret: &Secret, folder: &Path) -> Result<Password, Failure> {
    let found = text(setting, secret, folder)?;
    let line = found.lines().next().unwrap_or_default();
    match line.is_empty() {
        true => Err(Failure::new(1, "the password of the database is empty", "データベースのパスワードが空である")),
        false => Ok(Password(line.into())),
    }
}

/// Reads a secret of any number of lines.
///
/// # Errors
/// As [`read`].
pub fn text(setting: &Setting, secret: &Secret, folder: &Path) -> Result<String, Failure> {
    Ok(match secret {
        Secret::Env(name) => {
            let found = setting.variable(name);
            found.ok_or_else(|| missing(&format!("environment variable `{name}`"), &format!("環境変数 `{name}`")))?
        }
        Secret::File(path) => {
            let path = folder.join(path);
            let name = shown(&path);
            fs::read(&path)
                .map(|bytes| decoded(&bytes))
                .map_err(|error| missing(&format!("file `{name}`"), &format!("ファイル `{name}`")).cause(error))?
        }
        Secret::Command(words) => told_by(words, folder)?,
    })
}

/// Runs the program in the folder of the file; it may ask at the terminal, so it has no time limit.
fn told_by(words: &[String], folder: &Path) -> Result<String, Failure> {
    let program = words.first().cloned().unwrap_or_default();
    let name = (format!("program `{program}`"), format!("プログラム `{program}`"));
    let mut command = Command::new(super::connect::program(&program, folder));
    command.args(&words[1.min(words.len())..]).stderr(Stdio::inherit());
    if !folder.as_os_str().is_empty() {
        command.current_dir(folder);
    }
    let ended = command.output().map_err(|error| missing(&name.0, &name.1).cause(error))?;
    match ended.status.success() {
        true => Ok(decoded(&ended.stdout)),
        false => Err(missing(&name.0, &name.1).cause(ended.status)),
    }
}

/// Reads text: UTF-8, or what a mark at its beginning says (answer files of Windows are UTF-16).
fn decoded(bytes: &[u8]) -> String {
    encoding_rs::UTF_8.decode(bytes).0.into_owned()
}

fn missing(en: &str, ja: &str) -> Failure {
    let message = format!("a secret can't be read: {en}");
    Failure::new(1, message, format!("秘密の値を読めない: {ja}")).nothing_changed()
}
