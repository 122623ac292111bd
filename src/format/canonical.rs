//! The canonical form of a wire value, written piece by piece: members sorted by name, nothing between tokens, no times.
//! It never holds more than one scalar and the names of the objects around it.
//!
//! An object is walked once for the names of its members, then once for each member: walking past what is not wanted
//! costs nothing, and so nothing has to be kept to be sorted. [`super::json::canonical`] says the same of a value that
//! was read; `src/format/plan_tests.rs` holds the two against each other.

use std::borrow::Cow;
use std::io::{BufWriter, Write};

use serde::ser::{self, Error as _, Impossible, Serialize, Serializer};
use serde_json::{Error, Value};

use super::json::is_time;

/// How much is hashed at once.
const PIECE: usize = 64 * 1024;

/// Returns the identity of a wire value, the top level's `id` left out: that of the same value in JSON.
///
/// # Errors
/// Returns an [`Error`] for a value that no wire type of ours has: an enum with content, or a map with keys other than
/// texts.
pub fn identity(value: &impl Serialize) -> Result<String, Error> {
    let mut out = BufWriter::with_capacity(PIECE, blake3::Hasher::new());
    push(value, "id", &mut out)?;
    let hasher = out.into_inner().map_err(|fault| Error::io(fault.into_error()))?;
    Ok(format!("b3:{}", hasher.finalize().to_hex()))
}

/// The names of an object's members, in the order in which they come; none for what is no object.
type Names = Option<Vec<Cow<'static, str>>>;

fn push(value: &(impl Serialize + ?Sized), without: &str, out: &mut dyn Write) -> Result<(), Error> {
    let Some(names) = value.serialize(Walk { out, wanted: None })? else { return Ok(()) };
    let kept = |index: &usize| !is_time(&names[*index]) && names[*index] != without;
    let mut order: Vec<usize> = (0..names.len()).filter(kept).collect();
    order.sort_unstable_by_key(|index| names[*index].as_bytes());
    put(out, b"{")?;
    for (place, index) in order.into_iter().enumerate() {
        put(out, if place > 0 { b"," } else { b"" })?;
        serde_json::to_writer(&mut *out, &names[index])?;
        put(out, b":")?;
        value.serialize(Walk { out, wanted: Some(index) })?;
    }
    put(out, b"}")
}

fn put(out: &mut dyn Write, bytes: &[u8]) -> Result<(), Error> {
    out.write_all(bytes).map_err(Error::io)
}

/// One walk over a value: what is no object is written; of an object, the names are told or the wanted member written.
struct Walk<'a> {
    out: &'a mut dyn Write,
    wanted: Option<usize>,
}

impl Walk<'_> {
    fn scalar(self, value: impl Serialize) -> Result<Names, Error> {
        serde_json::to_writer(self.out, &value).map(|()| None)
    }
}

impl<'a> Walk<'a> {
    fn members(self) -> Members<'a> {
        Members { out: self.out, wanted: self.wanted, names: Vec::new(), place: 0 }
    }
}

/// The members of an object on one walk.
struct Members<'a> {
    out: &'a mut dyn Write,
    wanted: Option<usize>,
    names: Vec<Cow<'static, str>>,
    place: usize,
}

impl Members<'_> {
    fn value(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        if self.wanted == Some(self.place) {
            push(value, "", self.out)?;
        }
        self.place += 1;
        Ok(())
    }
}

impl ser::SerializeStruct for Members<'_> {
    type Ok = Names;
    type Error = Error;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        if self.wanted.is_none() {
            self.names.push(name.into());
        }
        self.value(value)
    }

    fn end(self) -> Result<Names, Error> {
        Ok(Some(self.names))
    }
}

impl ser::SerializeMap for Members<'_> {
    type Ok = Names;
    type Error = Error;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Error> {
        if self.wanted.is_none() {
            let Value::String(name) = serde_json::to_value(key)? else { return Err(unused()) };
            self.names.push(name.into());
        }
        Ok(())
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.value(value)
    }

    fn end(self) -> Result<Names, Error> {
        Ok(Some(self.names))
    }
}

/// The items of an array.
struct Items<'a> {
    out: &'a mut dyn Write,
    is_first: bool,
}

impl ser::SerializeSeq for Items<'_> {
    type Ok = Names;
    type Error = Error;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        put(self.out, if self.is_first { b"" } else { b"," })?;
        self.is_first = false;
        push(value, "", self.out)
    }

    fn end(self) -> Result<Names, Error> {
        put(self.out, b"]").map(|()| None)
    }
}

fn unused() -> Error {
    Error::custom("no wire type has this form")
}

macro_rules! scalars {
    ($($name:ident: $type:ty),*) => {
        $(fn $name(self, value: $type) -> Result<Names, Error> {
            self.scalar(value)
        })*
    };
}

impl<'a> Serializer for Walk<'a> {
    type Ok = Names;
    type Error = Error;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Impossible<Names, Error>;
    type SerializeTupleStruct = Impossible<Names, Error>;
    type SerializeTupleVariant = Impossible<Names, Error>;
    type SerializeMap = Members<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = Impossible<Names, Error>;

    scalars!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32,
        serialize_f64: f64, serialize_char: char, serialize_str: &str
    );

    fn serialize_none(self) -> Result<Names, Error> {
        self.scalar(())
    }

    fn serialize_unit(self) -> Result<Names, Error> {
        self.scalar(())
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<Names, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Result<Names, Error> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<Names, Error> {
        self.scalar(name)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'a>, Error> {
        put(self.out, b"[")?;
        Ok(Items { out: self.out, is_first: true })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'a>, Error> {
        Ok(self.members())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'a>, Error> {
        Ok(self.members())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Names, Error> {
        Err(unused())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Names, Error> {
        Err(unused())
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Names, Error> {
        Err(unused())
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Error> {
        Err(unused())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Error> {
        Err(unused())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Err(unused())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        Err(unused())
    }
}
