//! The fixed programs for Windows PowerShell 5.1. Data stands among them as base64 of JSON, in an alphabet that no shell
//! has a meaning for; a secret is read from standard input. Answers are base64 of JSON as well, so that no code page matters.
//!
//! # Source
//! about_PowerShell_exe (`-EncodedCommand`); the PVS PowerShell programmer's guide (the snap-in, `PvsException` with an inner
//! `EAException` and its `returnCode`).

use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use serde_json::Value as Json;

use super::nonce::Nonce;
use super::order::Order;

/// The longest line that Windows' shell reads is 8,191 characters.
const LONGEST_LINE: usize = 8_100;

/// Every program here, by its name.
pub const PROGRAMS: [(&str, &str); 9] = [
    ("CMDLET", CMDLET),
    ("RUN", RUN),
    ("STAT", STAT),
    ("REMOVE", REMOVE),
    ("LIST", LIST),
    ("RENAME", RENAME),
    ("WIZARD", WIZARD),
    ("FORGET", FORGET),
    ("LOOK", LOOK),
];

/// Calls a command of PVS: `name`, `parameters` (each with `n` and `v`), and the `fields` that are wanted. What it threw without
/// a code is `unsure`, unless its own parameters did not fit: it may have done its work before, as whatever fails after it has.
pub const CMDLET: &str = r"if(-not(Get-Command $d.name -ErrorAction SilentlyContinue)){try{Add-PSSnapin Citrix.PVS.SnapIn}
catch{Import-Module (Join-Path (Get-ItemProperty 'HKLM:\SOFTWARE\Citrix\ProvisioningServices').ConsoleTargetDir 'Citrix.PVS.SnapIn.dll')}}
$p=@{};foreach($x in $d.parameters){$p[$x.n]=$x.v}
try{$r=@(& $d.name @p)}catch{$e=$_.Exception;while($e -and $e.GetType().Name -ne 'EAException'){$e=$e.InnerException}
if(-not $e){if($_.Exception -is [Management.Automation.ParameterBindingException] -and $_.InvocationInfo.MyCommand.Name -eq $d.name){throw};return @{unsure=''+$_.Exception.Message}};return @{code=[long]$e.returnCode;message=(''+$e.Message+' '+$e.Details)}}
try{if($d.fields){$r=@($r|Select-Object $d.fields)}
@{json=(ConvertTo-Json -InputObject $r -Depth 4 -Compress)}}catch{@{unsure=''+$_.Exception.Message}}";

/// Runs `program` in `folder`, or at home, with a line of `arguments`, and keeps the bytes of both streams. Why it could not be started is
/// `unstarted`: whatever fails later, it ran.
pub const RUN: &str = r"if(-not[IO.File]::Exists($d.program)){return @{exit=127;out='';err='';missing=$true}}
$i=New-Object Diagnostics.ProcessStartInfo $d.program,$d.arguments
$i.UseShellExecute=$false;$i.RedirectStandardOutput=$true;$i.RedirectStandardError=$true;$i.WorkingDirectory=$(if($d.folder){$d.folder}else{[Environment]::GetFolderPath('UserProfile')})
try{$q=[Diagnostics.Process]::Start($i)}catch{$x=$_.Exception;while($x.InnerException){$x=$x.InnerException};if($x -isnot [ComponentModel.Win32Exception]){throw}
return @{unstarted=''+$x.Message}};$o=New-Object IO.MemoryStream;$e=New-Object IO.MemoryStream
$t=$q.StandardError.BaseStream.CopyToAsync($e);$q.StandardOutput.BaseStream.CopyTo($o);$t.Wait();$q.WaitForExit()
@{exit=$q.ExitCode;out=[Convert]::ToBase64String($o.ToArray());err=[Convert]::ToBase64String($e.ToArray())}";

/// Tells the size of the file `path`, or that it is surely not there: its volume or share is, since Windows throws the same
/// where that is not.
pub const STAT: &str = r"try{$a=[IO.File]::GetAttributes($d.path)}catch [IO.FileNotFoundException],[IO.DirectoryNotFoundException]{
if([IO.Directory]::Exists([IO.Path]::GetPathRoot($d.path))){return @{absent=$true}};throw}
if($a -band 16){throw 'it is a folder'};@{size=(New-Object IO.FileInfo $d.path).Length}";

/// Removes the file `path`.
pub const REMOVE: &str = r"try{[IO.File]::Delete($d.path)}catch [IO.DirectoryNotFoundException]{};@{done=$true}";

/// Lists `folder`, which is surely not there only where its volume or share is, and what its folders named Invalid hold.
pub const LIST: &str = r"try{$a=[IO.File]::GetAttributes($d.folder)}catch [IO.FileNotFoundException],[IO.DirectoryNotFoundException]{
if([IO.Directory]::Exists([IO.Path]::GetPathRoot($d.folder))){return @{absent=$true}};throw}
$l=@(foreach($x in (New-Object IO.DirectoryInfo $d.folder).GetFileSystemInfos()){$k=($x.Attributes -band 16)-ne 0
$h=@{n=$x.Name;d=$k;b=0;t=$x.LastWriteTimeUtc.ToString('o')};if(-not $k){$h.b=$x.Length}
if($k -and $x.Name -like 'Invalid*'){try{$h.h=@([IO.Directory]::GetFileSystemEntries($x.FullName)|ForEach-Object{[IO.Path]::GetFileName($_)})}catch{$h.u=$_.Exception.Message}}
$h});@{entries=$l}";

/// Renames the folder `from` in `folder` to `to`, which must not be there.
pub const RENAME: &str =
    r"[IO.Directory]::Move([IO.Path]::Combine($d.folder,$d.from),[IO.Path]::Combine($d.folder,$d.to));@{done=$true}";

/// Runs the PVS Configuration Wizard `program` with the answers that it reads. The file `file` goes whatever happens; where
/// it can't be removed, nothing that went wrong before is hidden by that, and `kept` says so.
pub const WIZARD: &str = r#"$f=[IO.Path]::Combine([IO.Path]::GetTempPath(),$d.file);$g=$f+'.out'
try{[IO.File]::WriteAllText($f,[Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($k)),[Text.Encoding]::Unicode)
$q=[Diagnostics.Process]::Start((New-Object Diagnostics.ProcessStartInfo $d.program,"/a:`"$f`" /o:`"$g`""));$q.WaitForExit()
$w='';if([IO.File]::Exists($g)){$w=[IO.File]::ReadAllText($g)};$r=@{exit=$q.ExitCode;complete=$w.Contains('Configuration complete')}}
finally{foreach($x in $f,$g){try{[IO.File]::Delete($x)}catch{}}}
$r.kept=[IO.File]::Exists($f) -or [IO.File]::Exists($g);$r"#;

/// Removes what a wizard has left, the one file even where the other can't be.
pub const FORGET: &str = r"$f=[IO.Path]::Combine([IO.Path]::GetTempPath(),$d.file);try{[IO.File]::Delete($f)}finally{[IO.File]::Delete($f+'.out')};@{done=$true}";

/// Tells what the host is, for a check.
pub const LOOK: &str = r"$v=''+$PSVersionTable.PSVersion;$s=try{Add-PSSnapin Citrix.PVS.SnapIn;$true}catch{
$c=(Get-ItemProperty 'HKLM:\SOFTWARE\Citrix\ProvisioningServices' -ErrorAction SilentlyContinue).ConsoleTargetDir;[bool]$c}
$w=New-Object Security.Principal.WindowsPrincipal ([Security.Principal.WindowsIdentity]::GetCurrent())
@{version=$v;snapin=[bool]$s;admin=$w.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator);user=$w.Identity.Name
files=@($d.files|ForEach-Object{@{n=$_;there=[IO.File]::Exists($_) -or [IO.Directory]::Exists($_)}})}";

/// Returns the order that runs `program` with `data`.
///
/// # Errors
/// Says that the data is too long for Windows' shell.
pub fn order(program: &str, data: &impl Serialize) -> Result<Order, String> {
    let nonce = Nonce::new();
    let data = serde_json::to_vec(data).map_err(|error| error.to_string())?;
    let words = encoded(&script(program, &data, &nonce));
    let line = words.join(" ");
    if line.len() > LONGEST_LINE {
        return Err(format!("it takes {} characters, and Windows' shell reads {LONGEST_LINE}", line.len()));
    }
    let (program, words) = (PathBuf::from(&words[0]), words[1..].iter().map(Into::into).collect());
    Ok(Order::new(nonce, line, program, words))
}

/// Returns a whole script: a program with its data, that says when it begins and has ended. Of what was thrown, the innermost
/// says what happened: PowerShell wraps whatever a method throws.
fn script(program: &str, data: &[u8], nonce: &Nonce) -> String {
    let data = BASE64_STANDARD.encode(data);
    let nonce = nonce.as_str();
    format!(
        "$ErrorActionPreference='Stop';$ProgressPreference='SilentlyContinue';$k=@($input)-join''\n\
         $d=[Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('{data}'))|ConvertFrom-Json\n\
         [Console]::Out.WriteLine('{nonce} begins')\n\
         $s=0;try{{$a=& {{{program}}}}}catch{{$s=1;$x=$_.Exception;while($x.InnerException){{$x=$x.InnerException}}\n\
         $a=@{{message=$x.Message;result=$x.HResult}}}}\n\
         $j=ConvertTo-Json -InputObject $a -Depth 6 -Compress\n\
         [Console]::Out.WriteLine([Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($j)))\n\
         [Console]::Out.WriteLine('{nonce} ends '+$s);exit 0"
    )
}

/// Returns the words that have PowerShell run a script: nothing in them means anything to a shell.
pub fn encoded(script: &str) -> Vec<String> {
    let bytes: Vec<u8> = script.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let words = ["powershell", "-NoProfile", "-NonInteractive", "-EncodedCommand"].map(String::from);
    words.into_iter().chain([BASE64_STANDARD.encode(bytes)]).collect()
}

/// Reads an answer.
///
/// # Errors
/// Says what can't be read.
pub fn answer(wrote: &[u8]) -> Result<Json, String> {
    let text = String::from_utf8_lossy(wrote);
    let bytes = BASE64_STANDARD
        .decode(text.split_ascii_whitespace().collect::<String>())
        .map_err(|_| format!("no base64: {}", super::trouble::clipped(&text)))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| format!("{error}: {}", super::trouble::clipped(&String::from_utf8_lossy(&bytes))))
}

/// Reads bytes that stand in an answer.
pub fn bytes(answer: &Json, field: &str) -> Result<Vec<u8>, String> {
    let text = answer.get(field).and_then(Json::as_str).ok_or_else(|| format!("no `{field}` in {answer}"))?;
    BASE64_STANDARD.decode(text).map_err(|error| format!("`{field}`: {error}"))
}

/// Returns bytes as the wizard's program reads them.
pub fn input(bytes: &[u8]) -> Vec<u8> {
    (BASE64_STANDARD.encode(bytes) + "\n").into_bytes()
}

/// Returns the arguments in one line, each as Windows programs part them again.
///
/// # Source
/// "Parsing C++ command-line arguments" of Microsoft's C runtime: backslashes count only before a quote.
pub fn arguments(all: &[String]) -> String {
    let quoted: Vec<String> = all.iter().map(|one| argument(one)).collect();
    quoted.join(" ")
}

fn argument(text: &str) -> String {
    if !text.is_empty() && !text.contains([' ', '\t', '\n', '\x0b', '"']) {
        return text.into();
    }
    let mut quoted = String::from("\"");
    let mut backslashes = 0;
    for character in text.chars() {
        match character {
            '\\' => backslashes += 1,
            '"' => {
                quoted.push_str(&"\\".repeat(backslashes * 2 + 1));
                backslashes = 0;
            }
            _ => {
                quoted.push_str(&"\\".repeat(backslashes));
                backslashes = 0;
            }
        }
        if character != '\\' {
            quoted.push(character);
        }
    }
    quoted + &"\\".repeat(backslashes * 2) + "\""
}

#[cfg(test)]
#[path = "powershell_tests.rs"]
mod tests;
