//! Files that scripted answers can have as their body.

/// A file: small, valid, and made for this project.
///
/// It is answered whole, whatever part was asked for: an answer stays what its script says. WebKitGTK,
/// whose player might have insisted on status 206, asks for no range of files this small.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Asset {
    /// Four pixels of one colour.
    Png,
    /// A font with one glyph.
    Ttf,
    /// A tenth of a second of a tone.
    Wav,
    /// Two frames of one colour.
    Webm,
}

impl Asset {
    /// The bytes.
    #[must_use]
    pub const fn content(self) -> &'static [u8] {
        match self {
            Self::Png => include_bytes!("assets/pixels.png"),
            Self::Ttf => include_bytes!("assets/square.ttf"),
            Self::Wav => include_bytes!("assets/tone.wav"),
            Self::Webm => include_bytes!("assets/clip.webm"),
        }
    }

    /// The value of `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Ttf => "font/ttf",
            Self::Wav => "audio/wav",
            Self::Webm => "video/webm",
        }
    }
}
