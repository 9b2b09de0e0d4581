//! Where everything stands: from the parts of a receipt to pages of lines, each of which belongs to a leaf of the
//! document's structure. Sizes are in points of 1/72 inch, from the upper left corner of an A4 page.

use super::face::{Face, printable};

pub(super) const PAGE_WIDTH: f32 = 595.28;
pub(super) const PAGE_HEIGHT: f32 = 841.89;
pub(super) const MARGIN: f32 = 62.0;
const RIGHT: f32 = PAGE_WIDTH - MARGIN;
const TOP: f32 = 50.0;
const BOTTOM: f32 = PAGE_HEIGHT - 62.0;
/// Where the second column of a table begins.
const SECOND: f32 = MARGIN + 158.0;
/// From line to line, in sizes of the letter.
const LEADING: f32 = 1.42;

/// A colour: red, green, blue.
pub(super) type Rgb = (u8, u8, u8);
pub(super) const INK: Rgb = (0x1a, 0x23, 0x28);
const QUIET: Rgb = (0x4a, 0x57, 0x60);
const HAIR: Rgb = (0xd3, 0xd9, 0xde);
const ACCENT: Rgb = (0x0b, 0x54, 0x71);
const ALARM: Rgb = (0xa8, 0x20, 0x1a);
const PALE: Rgb = (0xf0, 0xf4, 0xf6);

/// A leaf of the structure, by its place in the order of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leaf(pub usize);

/// A letter's weight, size in points and colour.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub is_bold: bool,
    pub size: f32,
    pub colour: Rgb,
}

const fn style(is_bold: bool, size: f32, colour: Rgb) -> Style {
    Style {
        is_bold,
        size,
        colour,
    }
}

const TITLE: Style = style(true, 25.0, INK);
const ISSUER: Style = style(true, 10.0, ACCENT);
const HEADING: Style = style(true, 13.0, ACCENT);
const LABEL: Style = style(false, 10.0, QUIET);
const VALUE: Style = style(false, 10.0, INK);
const CODE: Style = style(true, 17.0, INK);
pub(super) const FOOT: Style = style(false, 8.5, QUIET);

/// What is put on a page.
pub(super) enum Mark {
    /// A line of text whose baseline begins here. Without a leaf it is no part of the content.
    Text {
        leaf: Option<Leaf>,
        at: (f32, f32),
        style: Style,
        text: String,
    },
    /// A filled rectangle: left, top, width, height.
    Box { area: (f32, f32, f32, f32), colour: Rgb },
    /// An area that leads somewhere.
    Link {
        leaf: Leaf,
        area: (f32, f32, f32, f32),
        url: String,
        says: String,
    },
}

/// A part of the structure.
pub(super) enum Part {
    Title(String, Leaf),
    /// Text, leaf, and where it stands: page and height.
    Heading(String, Leaf, (usize, f32)),
    Paragraph(Leaf),
    /// Rows of a name and what is said of it.
    Table(Vec<(Leaf, Leaf)>),
    /// Items: the bullet and the text.
    List(Vec<(Leaf, Leaf)>),
    /// A text that leads somewhere.
    Link(Leaf),
}

/// A document, laid out.
pub(super) struct Layout<'f> {
    regular: &'f Face,
    bold: &'f Face,
    pub pages: Vec<Vec<Mark>>,
    pub parts: Vec<Part>,
    pub leaves: usize,
    y: f32,
}

impl<'f> Layout<'f> {
    pub(super) fn new(regular: &'f Face, bold: &'f Face) -> Self {
        let band = Mark::Box {
            area: (0.0, 0.0, PAGE_WIDTH, 9.0),
            colour: ACCENT,
        };
        Self {
            regular,
            bold,
            pages: vec![vec![band]],
            parts: Vec::new(),
            leaves: 0,
            y: TOP,
        }
    }

    pub(super) fn face(&self, style: Style) -> &'f Face {
        if style.is_bold { self.bold } else { self.regular }
    }

    fn leaf(&mut self) -> Leaf {
        self.leaves += 1;
        Leaf(self.leaves - 1)
    }

    pub(super) fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// Turns the page if there is no room for this much.
    fn make_room(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.pages.push(Vec::new());
            self.y = TOP;
        }
    }

    fn lines(&self, text: &str, style: Style, width: f32) -> Vec<String> {
        self.face(style).lines(&printable(text), style.size, width)
    }

    /// Writes lines from here downwards; the caller moves on.
    fn write(&mut self, leaf: Leaf, (x, top): (f32, f32), style: Style, lines: Vec<String>) {
        for (number, text) in lines.into_iter().enumerate() {
            let baseline = top + style.size * (1.05 + LEADING * number as f32);
            self.mark(Mark::Text {
                leaf: Some(leaf),
                at: (x, baseline),
                style,
                text,
            });
        }
    }

    /// A block of text over the whole width.
    fn block(&mut self, x: f32, style: Style, text: &str) -> Leaf {
        let lines = self.lines(text, style, RIGHT - x);
        let height = height(style, lines.len());
        self.make_room(height);
        let leaf = self.leaf();
        self.write(leaf, (x, self.y), style, lines);
        self.y += height;
        leaf
    }

    /// Who issues it, and what it is.
    pub(super) fn head(&mut self, issuer: &str, title: &str, has_deviation: bool) {
        let leaf = self.block(MARGIN, ISSUER, issuer);
        self.parts.push(Part::Paragraph(leaf));
        self.y += 2.0;
        let colour = if has_deviation { ALARM } else { INK };
        let leaf = self.block(MARGIN, Style { colour, ..TITLE }, title);
        self.parts.push(Part::Title(printable(title), leaf));
        self.y += 8.0;
    }

    /// A heading never stands alone at the end of a page.
    pub(super) fn heading(&mut self, text: &str) {
        self.y += 14.0;
        self.make_room(80.0);
        let at = (self.pages.len() - 1, self.y);
        let leaf = self.block(MARGIN, HEADING, text);
        self.parts.push(Part::Heading(printable(text), leaf, at));
        self.y += 3.0;
    }

    /// A table with the names in the first column.
    pub(super) fn table(&mut self, rows: &[(&str, String)]) {
        let mut cells = Vec::with_capacity(rows.len());
        for (name, text) in rows {
            let names = self.lines(name, LABEL, SECOND - MARGIN - 12.0);
            let texts = self.lines(text, VALUE, RIGHT - SECOND);
            let height = height(VALUE, names.len().max(texts.len())) + 4.6;
            self.make_room(height);
            self.rule();
            let (first, second) = (self.leaf(), self.leaf());
            self.write(first, (MARGIN, self.y + 2.3), LABEL, names);
            self.write(second, (SECOND, self.y + 2.3), VALUE, texts);
            self.y += height;
            cells.push((first, second));
        }
        self.rule();
        self.parts.push(Part::Table(cells));
    }

    fn rule(&mut self) {
        let area = (MARGIN, self.y, RIGHT - MARGIN, 0.6);
        self.mark(Mark::Box { area, colour: HAIR });
    }

    /// A list with bullets.
    pub(super) fn list(&mut self, items: &[String]) {
        let mut cells = Vec::with_capacity(items.len());
        for item in items {
            let lines = self.lines(item, VALUE, RIGHT - MARGIN - 14.0);
            let height = height(VALUE, lines.len()) + 3.0;
            self.make_room(height);
            let (bullet, body) = (self.leaf(), self.leaf());
            self.write(bullet, (MARGIN, self.y), VALUE, vec!["•".to_owned()]);
            self.write(body, (MARGIN + 14.0, self.y), VALUE, lines);
            self.y += height;
            cells.push((bullet, body));
        }
        self.parts.push(Part::List(cells));
    }

    /// How it is checked that the document is genuine: in a box, with the code in large letters.
    pub(super) fn check(&mut self, heading: &str, text: &str, code: &str, link: Option<(&str, &str)>) {
        const HEIGHT: f32 = 96.0;
        const INSET: f32 = 14.0;
        self.y += 18.0;
        self.make_room(HEIGHT);
        let area = (MARGIN, self.y, RIGHT - MARGIN, HEIGHT);
        self.mark(Mark::Box { area, colour: PALE });
        let band = (MARGIN, self.y, 4.0, HEIGHT);
        self.mark(Mark::Box {
            area: band,
            colour: ACCENT,
        });
        let end = self.y + HEIGHT;
        self.y += INSET - 2.0;
        let at = (self.pages.len() - 1, self.y);
        let leaf = self.block(MARGIN + INSET, HEADING, heading);
        self.parts.push(Part::Heading(printable(heading), leaf, at));
        self.y += 2.0;
        let leaf = self.block(MARGIN + INSET, VALUE, text);
        self.parts.push(Part::Paragraph(leaf));
        self.y += 3.0;
        let leaf = self.block(MARGIN + INSET, CODE, code);
        self.parts.push(Part::Paragraph(leaf));
        if let Some((address, url)) = link {
            self.link(MARGIN + INSET, address, url);
        }
        self.y = end;
    }

    fn link(&mut self, x: f32, address: &str, url: &str) {
        let style = Style {
            colour: ACCENT,
            ..VALUE
        };
        let top = self.y;
        let width = self.face(style).width(address, style.size);
        let leaf = self.block(x, style, address);
        let line = (x, top + style.size * 1.2, width, 0.6);
        self.mark(Mark::Box {
            area: line,
            colour: ACCENT,
        });
        self.mark(Mark::Link {
            leaf,
            area: (x, top, width, style.size * LEADING),
            url: url.to_owned(),
            says: address.to_owned(),
        });
        self.parts.push(Part::Link(leaf));
    }
}

fn height(style: Style, lines: usize) -> f32 {
    style.size * LEADING * lines as f32
}
