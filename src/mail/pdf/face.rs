//! The typeface: Noto Sans in two weights, which covers the alphabets of Latin, Greek and Cyrillic script. Its licence
//! lies beside it in `fonts`.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

static REGULAR: &[u8] = include_bytes!("fonts/NotoSans-Regular.ttf");
static BOLD: &[u8] = include_bytes!("fonts/NotoSans-Bold.ttf");
/// What stands for a letter that the typeface does not have. Programs that read the text get the letter itself.
const STAND_IN: char = '\u{fffd}';

/// One weight of the typeface.
pub(super) struct Face {
    pub font: Font,
    metrics: FontRef<'static>,
    units_per_em: f32,
}

impl Face {
    /// The text weight. None if the built-in file is no font, which a test excludes.
    pub(super) fn regular() -> Option<Self> {
        Self::new(REGULAR)
    }

    /// The weight of headings.
    pub(super) fn bold() -> Option<Self> {
        Self::new(BOLD)
    }

    fn new(data: &'static [u8]) -> Option<Self> {
        let font = Font::new(data.into(), 0)?;
        let units_per_em = font.units_per_em();
        let metrics = FontRef::new(data).ok()?;
        Some(Self {
            font,
            metrics,
            units_per_em,
        })
    }

    /// One glyph per letter, in the order of the text.
    pub(super) fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let letters = self.metrics.charmap();
        let widths = self
            .metrics
            .glyph_metrics(Size::unscaled(), LocationRef::default());
        text.char_indices()
            .filter_map(|(at, letter)| {
                let glyph = letters.map(letter).or_else(|| letters.map(STAND_IN))?;
                let advance = widths.advance_width(glyph).unwrap_or_default() / self.units_per_em;
                let range = at..at + letter.len_utf8();
                let id = GlyphId::new(glyph.to_u32());
                Some(KrillaGlyph::new(id, advance, 0.0, 0.0, 0.0, range, None))
            })
            .collect()
    }

    /// How wide a text is in this size, in points.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        self.glyphs(text).iter().map(|glyph| glyph.x_advance * size).sum()
    }

    /// The text in lines that are no wider than this. Breaks at spaces, but not at those that say not to; a word that
    /// is too long for any line is cut.
    pub(super) fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut line = String::new();
        for word in text
            .split([' ', '\t', '\n', '\r'])
            .filter(|word| !word.is_empty())
        {
            let longer = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            if self.width(&longer, size) <= width {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for letter in word.chars() {
                line.push(letter);
                if self.width(&line, size) > width && line.chars().count() > 1 {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, letter.to_string()));
                }
            }
        }
        if !line.is_empty() || lines.is_empty() {
            lines.push(line);
        }
        lines
    }
}

/// The text without what no font shows and no archive takes: control characters, private letters, marks of byte order.
pub(super) fn printable(text: &str) -> String {
    let is_bad = |letter: &char| {
        (letter.is_control() && !letter.is_whitespace())
            || matches!(letter, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'.. | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    text.chars()
        .map(|letter| if is_bad(&letter) { STAND_IN } else { letter })
        .collect()
}
