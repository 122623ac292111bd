//! The fixed programs for a POSIX shell. Data reaches them as positional parameters, quoted by a library, and is never read
//! as program text.

use std::path::PathBuf;

use super::nonce::Nonce;
use super::order::Order;

/// Surely not carried out: what is in the way was told to standard error.
pub const IN_THE_WAY: i32 = 190;
/// Surely not there.
pub const ABSENT: i32 = 191;
/// It can't be told.
pub const UNTOLD: i32 = 192;

/// Runs the parameters as a command.
pub const RUN: &str = r#""$@""#;

/// What ends a program where `$p` was not seen: it is surely absent where looking says so in words, all the way up to a
/// folder. The shell's own `[ -e ]` says the same of a look that failed (a stale handle, a broken disk, no right to look).
macro_rules! absent {
    () => {
        r#"a=$p;while e=$(LC_ALL=C ls -d -- "$p" 2>&1);s=$?;[ "$s" -ne 0 ];do
case $s:$e in 12[67]:*);;*': No such file or directory')s=absent;;esac
if [ "$s" != absent ];then printf '%s\n' "$e">&2;exit 192;fi
case $p in /|.)exit 192;;*/*)p=${p%/*};p=${p:-/};;*)p=.;;esac;done
if [ "$p" != "$a" ]&&[ -d "$p" ];then exit 191;fi;printf '%s\n' "it can't be told whether $a is there">&2;exit 192"#
    };
}

/// `path`: writes the size of a file.
pub const STAT: &str = concat!(
    r#"set -f;p=$1;if [ -f "$p" ];then set -- $(ls -ldnL -- "$p")||exit 192;echo "$5";exit 0;fi
if [ -e "$p" ]||[ -L "$p" ];then echo "$p is no file">&2;exit 192;fi
"#,
    absent!()
);

/// `path`: removes a file. One that could not be removed, and is not seen any more, may be gone or not.
pub const REMOVE: &str = r#"rm -f -- "$1"&&exit 0;if [ -e "$1" ]||[ -L "$1" ];then exit 190;fi;exit 192"#;

/// `path`: writes a file's content.
pub const READ: &str = r#"cat -- "$1""#;

/// `to part program argument…`: keeps what a program writes in a new file that is its owner's alone. Where giving it its name
/// failed and the name is there, nobody knows whose it is.
pub const SAVE: &str = r#"t=$1;u=$2;shift 2;umask 077;set -C
if [ -e "$t" ]||[ -L "$t" ];then echo "$t is there already">&2;exit 190;fi
"$@">"$u";s=$?;if [ "$s" -ne 0 ];then rm -f -- "$u";exit "$s";fi
ln -- "$u" "$t"||{ rm -f -- "$u";if [ -e "$t" ];then exit 192;fi;exit 190;};rm -f -- "$u""#;

/// `to part bytes`: keeps what it reads in a new file that is its owner's alone, if it is all of it.
pub const WRITE: &str = r#"t=$1;u=$2;umask 077;set -C
if [ -e "$t" ]||[ -L "$t" ];then echo "$t is there already">&2;exit 190;fi
cat>"$u"||{ rm -f -- "$u";exit 190;}
if [ "$(($(wc -c<"$u")))" -ne "$3" ];then rm -f -- "$u";echo "only a part of it arrived">&2;exit 190;fi
ln -- "$u" "$t"||{ rm -f -- "$u";if [ -e "$t" ];then exit 192;fi;exit 190;};rm -f -- "$u""#;

/// `folder`: writes one record per entry, each ended by NUL: its kind, size and time, a tab after each, and its name; then
/// `q` with what folders named Invalid hold, and `u` for one that can't be listed. Wants GNU find, or one that can -printf.
pub const LIST: &str = concat!(
    r#"p=$1;if [ -d "$p" ];then cd -- "$p"||exit 192
find -L . -mindepth 1 -maxdepth 1 -printf '%y\t%s\t%T@\t%P\0'||exit 192
for d in [Ii][Nn][Vv][Aa][Ll][Ii][Dd]*;do [ -d "$d" ]||continue
find -L "./$d" -mindepth 1 -maxdepth 1 -printf "q\t0\t0\t%p\0"||printf 'u\t0\t0\t./%s\0' "$d";done;exit 0;fi
if [ -e "$p" ]||[ -L "$p" ];then echo "$p is no folder">&2;exit 192;fi
"#,
    absent!()
);

/// `folder from to`: renames a folder in it; one of the new name that appeared meanwhile has it moved into itself, and that is
/// no renaming.
pub const RENAME: &str = r#"cd -- "$1"||exit 190;[ -d "./$2" ]||{ echo "$2 is no folder">&2;exit 190;}
if [ -e "./$3" ]||[ -L "./$3" ];then echo "$3 is there already">&2;exit 190;fi
mv -- "./$2" "./$3";[ -d "./$3" ]&&[ ! -e "./$2" ]&&[ ! -e "./$3/$2" ]||exit 192"#;

/// Writes what the host is, for a check.
pub const LOOK: &str = r#"uname -sr;id -un;for c in find ls mv ln wc;do command -v "$c">/dev/null||echo "missing $c";done
for c;do if command -v -- "$c">/dev/null;then echo "has $c";else echo "missing $c";fi;done"#;

/// Returns the order that runs `program` with `data`.
///
/// # Errors
/// Says which data no shell can be given: such that holds a NUL.
pub fn order(program: &str, data: &[&str]) -> Result<Order, String> {
    let nonce = Nonce::new();
    let text =
        format!("n=$1;shift;printf '%s begins\\n' \"$n\";({program}\n);s=$?;printf '\\n%s ends %s\\n' \"$n\" \"$s\"");
    let words: Vec<&str> = ["-c", &text, "rolewalk", nonce.as_str()].into_iter().chain(data.iter().copied()).collect();
    let mut line = String::from("/bin/sh");
    for word in &words {
        let quoted = shlex::try_quote(word).map_err(|_| format!("{word:?} holds a NUL"))?;
        line.push(' ');
        line.push_str(&quoted);
    }
    let words = words.into_iter().map(Into::into).collect();
    Ok(Order::new(nonce, line, PathBuf::from("/bin/sh"), words))
}
