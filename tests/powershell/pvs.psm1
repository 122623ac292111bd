# Stands in for the PVS snap-in in tests: the names, parameters, properties and error codes that the programmer's guide
# documents, and nothing of what PVS does. Every call is noted as a line of JSON in $env:ROLEWALK_PVS\calls.txt.

class EAException : System.Exception {
    [int]$returnCode
    [string]$Details = ''
    EAException([int]$code, [string]$message) : base($message) { $this.returnCode = $code }
}
class PvsException : System.Exception {
    PvsException([string]$message, [System.Exception]$inner) : base($message, $inner) { }
}

function Note([string]$name, $given) {
    $copy = @{}
    foreach ($key in $given.Keys) { $copy[$key] = [string]$given[$key] }
    $line = ConvertTo-Json -Compress -InputObject @{ name = $name; given = $copy }
    $file = [IO.Path]::Combine($env:ROLEWALK_PVS, 'calls.txt')
    [IO.File]::AppendAllText($file, $line + "`n")
}

function Fail([int]$code, [string]$message) {
    throw [PvsException]::new('The PVS server reported an error.', [EAException]::new($code, $message))
}

function Server([string]$name, [uint32]$active) {
    [pscustomobject]@{
        ServerId = [guid]::NewGuid(); ServerName = $name; Name = $name; SiteName = 'Site'; Active = $active
        Ip = [Net.IPAddress[]]@('192.0.2.1'); ServerFqdn = "$name.example"; PowerRating = 1.0
    }
}

function Get-PvsServer {
    [CmdletBinding()]
    param([string]$ServerName, [string]$SiteName, [string]$StoreName, [switch]$All, [guid]$DiskLocatorId, [string[]]$Fields)
    Note 'Get-PvsServer' $PSBoundParameters
    if ($StoreName -eq 'None') { return }
    if ($StoreName -eq 'One') { return Server 'PVS1' 1 }
    Server 'PVS1' 1
    Server 'PVS2' 2
    if ($All) { Server 'PVS3' 0 }
}

function Get-PvsServerStoreActiveDeviceCount {
    [CmdletBinding()]
    param([Parameter(Mandatory)][string]$ServerName, [Parameter(Mandatory)][string]$StoreName)
    Note 'Get-PvsServerStoreActiveDeviceCount' $PSBoundParameters
    [uint32]7
}

function Get-PvsDiskInventory {
    [CmdletBinding()]
    param([guid[]]$DiskLocatorId, [string[]]$DiskLocatorName, [uint32]$Version, [string[]]$SiteName, [string[]]$StoreName, [string[]]$Fields)
    Note 'Get-PvsDiskInventory' $PSBoundParameters
    foreach ($id in $DiskLocatorId) {
        [pscustomobject]@{
            DiskLocatorId = $id; Guid = $id; Version = '11'; ServerId = [guid]::NewGuid(); ServerName = 'PVS2'; FilePath = 'E:\vDisk'
            FileTime = [datetime]'2017-09-07 12:34:56'; PropertiesTime = $null; State = '2'; Active = '1'
        }
    }
}

function Get-PvsServerStore {
    [CmdletBinding()]
    param([string[]]$ServerName, [string[]]$StoreName, [string[]]$Fields)
    Note 'Get-PvsServerStore' $PSBoundParameters
    foreach ($name in $ServerName) {
        [pscustomobject]@{
            StoreId = [guid]::NewGuid(); StoreName = 'Store'; ServerId = [guid]::NewGuid(); ServerName = $name; Path = 'E:\vDisk'
            CachePath = [string[]]@()
        }
    }
}

function Get-PvsStore {
    [CmdletBinding()]
    param([string[]]$StoreName, [string[]]$ServerName, [string[]]$SiteName, [string[]]$Fields)
    Note 'Get-PvsStore' $PSBoundParameters
    [pscustomobject]@{ StoreId = [guid]::NewGuid(); StoreName = $StoreName[0]; Path = ''; CachePath = [string[]]@(); PathType = '' }
}

function Set-PvsServerStore {
    [CmdletBinding(SupportsShouldProcess)]
    param([Parameter(Mandatory)][string]$ServerName, [Parameter(Mandatory)][string]$StoreName, [string]$Path, [string[]]$CachePath)
    Note 'Set-PvsServerStore' $PSBoundParameters
    if ($StoreName -eq 'Ticked') { Fail 23 'No object was added.' }
    if ($StoreName -eq 'Cut') { throw [IO.IOException]::new('The connection was cut.') }
}

Export-ModuleMember -Function '*-Pvs*'
