//! A value of the database as text, as it stands in a reply.

use tiberius::{ColumnData, Row};

use super::trouble::Trouble;

/// Returns the row's values in order; none for NULL.
pub fn texts(row: &Row) -> Result<Vec<Option<String>>, Trouble> {
    row.cells().map(|(column, data)| text(column.name(), data)).collect()
}

fn text(column: &str, data: &ColumnData<'_>) -> Result<Option<String>, Trouble> {
    Ok(match data {
        ColumnData::String(value) => value.as_ref().map(ToString::to_string),
        ColumnData::U8(value) => value.map(|value| value.to_string()),
        ColumnData::I16(value) => value.map(|value| value.to_string()),
        ColumnData::I32(value) => value.map(|value| value.to_string()),
        ColumnData::I64(value) => value.map(|value| value.to_string()),
        ColumnData::Bit(value) => value.map(|value| u8::from(value).to_string()),
        ColumnData::Guid(value) => value.map(|value| value.to_string()),
        ColumnData::Numeric(value) => value.map(|value| value.to_string()),
        _ => {
            let why =
                format!("column `{column}` is of a kind that is not read; CAST it AS nvarchar(4000) in the query");
            return Err(Trouble::Unreadable { why });
        }
    })
}
