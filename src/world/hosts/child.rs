//! One child process of this machine: what it reads, what it writes, and how long it may take. It is ended when nobody waits
//! for it any more.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Child;
use tokio::time::timeout;

use super::nonce::Nonce;
use super::start;

/// How much of standard error is kept.
const MOST_SAID: usize = 64 * 1024;
/// How long a child that has said all may take to end, and its standard error to close.
const GRACE: Duration = Duration::from_millis(300);

/// What a child is to do.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    /// What it reads.
    pub reads: Option<&'a [u8]>,
    /// How long it may take.
    pub limit: Duration,
    /// How much it may write.
    pub most: usize,
    /// The word with which its output ends; none: the output is not read.
    pub until: Option<&'a Nonce>,
}

/// What a child did.
pub struct Done {
    /// Its exit code; none where it was ended from outside, or had said all and not ended yet.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub wrote: Vec<u8>,
    /// The beginning of what it wrote to standard error.
    pub said: Vec<u8>,
}

/// Why a child was given up.
#[derive(Debug)]
pub enum GivenUp {
    /// It could not be started.
    NotStarted(io::Error),
    /// It took too long.
    Late,
    /// It wrote too much.
    TooLarge,
    /// It could not be listened to.
    Broken(io::Error),
}

/// Runs a program to its end.
pub async fn run(program: &Path, words: &[OsString], task: &Task<'_>) -> Result<Done, GivenUp> {
    let mut command = start::command(program, words);
    command.kill_on_drop(true).stderr(Stdio::piped());
    command.stdin(if task.reads.is_some() { Stdio::piped() } else { Stdio::null() });
    command.stdout(if task.until.is_some() { Stdio::piped() } else { Stdio::null() });
    start::set_apart(&mut command);
    let mut child = command.spawn().map_err(GivenUp::NotStarted)?;
    timeout(task.limit, attend(&mut child, task)).await.unwrap_or(Err(GivenUp::Late))
}

async fn attend(child: &mut Child, task: &Task<'_>) -> Result<Done, GivenUp> {
    let (reads, writes, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let mut said = Vec::new();
    let (code, wrote) = {
        let feed = async {
            if let (Some(mut pipe), Some(bytes)) = (reads, task.reads) {
                // One that does not want to read is judged by what it answers.
                let _ = pipe.write_all(bytes).await;
                let _ = pipe.shutdown().await;
            }
        };
        let listen = async {
            let ended_by_word = match (writes, task.until) {
                (Some(pipe), Some(nonce)) => Some(listen(pipe, nonce, task.most).await?),
                _ => None,
            };
            let code = match ended_by_word {
                // Whatever else holds its output open does not matter once the word was said.
                Some((_, true)) => timeout(GRACE, child.wait()).await.ok().and_then(Result::ok),
                _ => Some(child.wait().await.map_err(GivenUp::Broken)?),
            };
            Ok((code.and_then(|status| status.code()), ended_by_word.map(|(wrote, _)| wrote).unwrap_or_default()))
        };
        let mut work = pin!(async {
            let (done, ()) = tokio::join!(listen, feed);
            done
        });
        let mut hear = pin!(hear(errors, &mut said));
        tokio::select! {
            biased;
            done = &mut work => {
                let _ = timeout(GRACE, &mut hear).await;
                done
            }
            () = &mut hear => work.await,
        }
    }?;
    Ok(Done { code, wrote, said })
}

/// Reads up to the word, or the end; says which.
async fn listen(mut pipe: impl AsyncRead + Unpin, nonce: &Nonce, most: usize) -> Result<(Vec<u8>, bool), GivenUp> {
    let mut wrote = Vec::new();
    // Not in the future itself, of which every request that waits for an order holds a copy.
    let mut piece = vec![0; 16 * 1024];
    loop {
        let before = wrote.len();
        match pipe.read(&mut piece).await.map_err(GivenUp::Broken)? {
            0 => return Ok((wrote, false)),
            read => wrote.extend_from_slice(&piece[..read]),
        }
        if wrote.len() > most {
            return Err(GivenUp::TooLarge);
        }
        if nonce.has_ended(&wrote, before) {
            return Ok((wrote, true));
        }
    }
}

/// Keeps the beginning, and lets the rest go by.
async fn hear(pipe: Option<impl AsyncRead + Unpin>, said: &mut Vec<u8>) {
    let Some(mut pipe) = pipe else { return };
    let mut piece = vec![0; 4096];
    while let Ok(read @ 1..) = pipe.read(&mut piece).await {
        let room = MOST_SAID.saturating_sub(said.len());
        said.extend_from_slice(&piece[..read.min(room)]);
    }
}

/// Runs a program that neither reads nor writes here, whatever comes of it.
#[cfg(unix)]
pub fn run_quietly(program: &Path, words: &[OsString]) {
    let mut command = std::process::Command::new(program);
    let _ = command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}
