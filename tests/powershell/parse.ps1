# Parses each script that stands as base64 in a line of the file $env:ROLEWALK_SCRIPTS, and writes what is wrong with it: an
# error, a form that Windows PowerShell 5.1 doesn't know, or a command that is not on the list.
$newer = 'AndAnd', 'OrOr', 'QuestionMark', 'QuestionQuestion', 'QuestionQuestionEquals', 'QuestionDot', 'QuestionLBracket', 'Clean'
$known = 'Add-PSSnapin', 'ConvertFrom-Json', 'ConvertTo-Json', 'ForEach-Object', 'Get-Command', 'Get-ItemProperty', 'Import-Module',
    'Join-Path', 'New-Object', 'Select-Object'
$count = 0
foreach ($line in [IO.File]::ReadAllLines($env:ROLEWALK_SCRIPTS)) {
    $text = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($line))
    $tokens = $null
    $errors = $null
    $tree = [System.Management.Automation.Language.Parser]::ParseInput($text, [ref]$tokens, [ref]$errors)
    foreach ($one in $errors) { "error: $($one.Message): $($one.Extent.Text)" }
    foreach ($one in $tokens) { if ($newer -contains [string]$one.Kind) { "newer than 5.1: $($one.Kind): $text" } }
    $commands = $tree.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)
    foreach ($one in $commands) {
        $name = $one.GetCommandName()
        if ($name -and $known -notcontains $name) { "unknown command: $name" }
    }
    $count++
}
"parsed $count"
