//! An open file whose bytes are read by place, from several threads.
//!
//! Never maps a file: one that is cut short kills whoever has it mapped. Where the system lets it (Linux 6.14 and later,
//! by file system), reading leaves no pages behind in the system's cache that weren't there before, because terminals
//! are streamed from that cache; elsewhere pages stay until the system needs their memory. Used by [`super::hashing`],
//! [`super::pair`] and [`super::guest`].

use std::fs::File;
use std::io;

/// An open file.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) file: File,
    #[cfg(target_os = "linux")]
    keeps_pages: std::sync::atomic::AtomicBool,
}

impl Source {
    pub(super) fn new(file: File) -> Source {
        Source {
            file,
            #[cfg(target_os = "linux")]
            keeps_pages: std::sync::atomic::AtomicBool::new(false),
        }
    }

    /// Fills `buffer` from `offset`; a file that ends before is an error of the kind `UnexpectedEof`.
    pub(super) fn fill(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let mut done = 0;
        while done < buffer.len() {
            match self.read_at(&mut buffer[done..], offset + done as u64) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => done += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    #[cfg(target_os = "linux")]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        use std::os::unix::fs::FileExt;
        use std::sync::atomic::Ordering;

        use rustix::io::{Errno, IoSliceMut, ReadWriteFlags, preadv2};

        // RWF_DONTCACHE, linux/fs.h: pages that this read brings in go again, those that were there stay.
        const DONTCACHE: ReadWriteFlags = ReadWriteFlags::from_bits_retain(0x80);
        if !self.keeps_pages.load(Ordering::Relaxed) {
            match preadv2(&self.file, &mut [IoSliceMut::new(buffer)], offset, DONTCACHE) {
                Ok(read) => return Ok(read),
                Err(Errno::OPNOTSUPP | Errno::INVAL | Errno::NOSYS) => self.keeps_pages.store(true, Ordering::Relaxed),
                Err(error) => return Err(error.into()),
            }
        }
        self.file.read_at(buffer, offset)
    }

    #[cfg(all(unix, not(target_os = "linux")))]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, buffer, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.file, buffer, offset)
    }

    /// Which blocks of [`BLOCK_BYTES`](super::manifest::BLOCK_BYTES) lie in holes of a sparse file of `bytes`; none where the system doesn't tell.
    #[cfg(target_os = "linux")]
    pub(super) fn holes(&self, bytes: u64) -> Holes {
        use rustix::fs::{Advice, SeekFrom, fadvise, seek};
        use rustix::io::Errno;

        use super::manifest::BLOCK_BYTES;

        let mut holes = vec![false; bytes.div_ceil(BLOCK_BYTES) as usize];
        let mut at = 0;
        while at < bytes {
            let data = match seek(&self.file, SeekFrom::Data(at)) {
                Ok(data) => data.min(bytes),
                // Nothing but a hole up to the end.
                Err(Errno::NXIO) => bytes,
                Err(_) => return Holes(Vec::new()),
            };
            let until = if data == bytes { holes.len() } else { (data / BLOCK_BYTES) as usize };
            if let Some(found) = holes.get_mut((at / BLOCK_BYTES) as usize..until) {
                found.fill(true);
            }
            // A block is asked about at most twice, however finely a file is scattered.
            let end = seek(&self.file, SeekFrom::Hole(data)).unwrap_or(bytes);
            at = end.max(data + 1).next_multiple_of(BLOCK_BYTES);
        }
        if holes.iter().filter(|is_hole| **is_hole).count() > holes.len() / 2 {
            // Reading ahead would fill the holes beside the data with zeros, in memory that others could use.
            let _ = fadvise(&self.file, 0, None, Advice::Random);
        }
        Holes(holes)
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn holes(&self, _: u64) -> Holes {
        Holes(Vec::new())
    }
}

/// The blocks that the system knows to be holes.
#[derive(Debug)]
pub(super) struct Holes(Vec<bool>);

impl Holes {
    pub(super) fn has(&self, block: u64) -> bool {
        self.0.get(block as usize).copied().unwrap_or(false)
    }
}

/// Whether every byte is zero.
pub(super) fn is_zeros(bytes: &[u8]) -> bool {
    static ZEROS: [u8; 4096] = [0; 4096];
    bytes.chunks(ZEROS.len()).all(|part| part == &ZEROS[..part.len()])
}
