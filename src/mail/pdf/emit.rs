//! From a layout to the bytes of a PDF with its structure.

use super::PdfError;
use super::layout::{Layout, Mark, PAGE_HEIGHT, PAGE_WIDTH, Part, Rgb};
use crate::domain::language::Language;
use crate::mail::receipt::Receipt;
use chrono::{DateTime, Datelike, Timelike, Utc};
use krilla::action::{Action, LinkAction};
use krilla::annotation::{Annotation, LinkAnnotation, Target};
use krilla::color::rgb;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::{Page, PageSettings};
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, ListNumbering, SpanTag, TableHeaderScope, Tag, TagGroup,
    TagTree,
};
use krilla::{Document, SerializeSettings};
use std::num::NonZeroU16;

pub(super) fn write(layout: &Layout<'_>, receipt: &Receipt, language: Language) -> Result<Vec<u8>, PdfError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|_| PdfError::Unwritable)?;
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    let mut drawn: Vec<Vec<Identifier>> = vec![Vec::new(); layout.leaves];
    for marks in &layout.pages {
        let settings = PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT).ok_or(PdfError::Unwritable)?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for mark in marks {
            draw(&mut surface, layout, mark, &mut drawn);
        }
        surface.finish();
        for mark in marks {
            lead(&mut page, mark, &mut drawn);
        }
        page.finish();
    }
    document.set_metadata(metadata(receipt, language));
    document.set_outline(outline(layout));
    document.set_tag_tree(structure(layout, &mut drawn, language));
    document.finish().map_err(|error| match error {
        KrillaError::Validation(broken) => PdfError::Rules(broken.len()),
        _ => PdfError::Unwritable,
    })
}

fn fill((red, green, blue): Rgb) -> Fill {
    Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::default(),
    }
}

fn draw(surface: &mut Surface<'_>, layout: &Layout<'_>, mark: &Mark, drawn: &mut [Vec<Identifier>]) {
    match mark {
        Mark::Text {
            leaf,
            at: (x, y),
            style,
            text,
        } => {
            let tag = match leaf {
                Some(_) => ContentTag::Span(SpanTag::empty()),
                None => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)),
            };
            let face = layout.face(*style);
            let id = surface.start_tagged(tag);
            surface.set_fill(Some(fill(style.colour)));
            let glyphs = face.glyphs(text);
            surface.draw_glyphs(
                Point::from_xy(*x, *y),
                &glyphs,
                face.font.clone(),
                text,
                style.size,
                false,
            );
            surface.end_tagged();
            if let Some(drawn) = leaf.and_then(|leaf| drawn.get_mut(leaf.0)) {
                drawn.push(id);
            }
        }
        Mark::Box { area, colour } => {
            let Some(path) = rect(*area).and_then(|rect| {
                let mut path = PathBuilder::new();
                path.push_rect(rect);
                path.finish()
            }) else {
                return;
            };
            surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
            surface.set_fill(Some(fill(*colour)));
            surface.draw_path(&path);
            surface.end_tagged();
        }
        Mark::Link { .. } => {}
    }
}

fn rect((left, top, width, height): (f32, f32, f32, f32)) -> Option<Rect> {
    Rect::from_xywh(left, top, width, height)
}

fn lead(page: &mut Page<'_>, mark: &Mark, drawn: &mut [Vec<Identifier>]) {
    let Mark::Link {
        leaf,
        area,
        url,
        says,
    } = mark
    else {
        return;
    };
    let Some(rect) = rect(*area) else { return };
    let target = Target::Action(Action::Link(LinkAction::new(url.clone())));
    let annotation = Annotation::new_link(LinkAnnotation::new(rect, target), Some(says.clone()));
    let id = page.add_tagged_annotation(annotation);
    if let Some(drawn) = drawn.get_mut(leaf.0) {
        drawn.push(id);
    }
}

fn metadata(receipt: &Receipt, language: Language) -> Metadata {
    let title = format!("{} {}", receipt.title(language), receipt.case_number);
    Metadata::new()
        .title(title)
        .authors(vec![receipt.issuer.clone()])
        .creator("Handback".to_owned())
        .language(
            match language {
                Language::Sv => "sv-SE",
                Language::En => "en-GB",
            }
            .to_owned(),
        )
        .creation_date(date(receipt.issued_at))
        .document_id(format!("{} {}", receipt.case_number, receipt.verification_code))
}

fn date(at: DateTime<Utc>) -> krilla::metadata::DateTime {
    let small = |number: u32| u8::try_from(number).unwrap_or_default();
    krilla::metadata::DateTime::new(u16::try_from(at.year()).unwrap_or_default())
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

fn outline(layout: &Layout<'_>) -> Outline {
    let mut outline = Outline::new();
    for part in &layout.parts {
        if let Part::Heading(text, _, (page, top)) = part {
            let there = XyzDestination::new(*page, Point::from_xy(0.0, *top));
            outline.push_child(OutlineNode::new(text.clone(), there));
        }
    }
    outline
}

fn structure(layout: &Layout<'_>, drawn: &mut [Vec<Identifier>], language: Language) -> TagTree {
    let mut tree = TagTree::new().with_lang(Some(language.as_str().to_owned()));
    let mut filled = |mut group: TagGroup, leaf: super::layout::Leaf| {
        for id in drawn.get_mut(leaf.0).map(std::mem::take).unwrap_or_default() {
            group.push(id);
        }
        group
    };
    for part in &layout.parts {
        match part {
            Part::Title(text, leaf) => tree.push(filled(heading(NonZeroU16::MIN, text), *leaf)),
            Part::Heading(text, leaf, _) => {
                let second = NonZeroU16::MIN.saturating_add(1);
                tree.push(filled(heading(second, text), *leaf));
            }
            Part::Paragraph(leaf) => tree.push(filled(TagGroup::new(Tag::P), *leaf)),
            Part::Table(rows) => {
                let mut table = TagGroup::new(Tag::Table);
                for (name, text) in rows {
                    let mut row = TagGroup::new(Tag::TR);
                    row.push(filled(TagGroup::new(Tag::TH(TableHeaderScope::Row)), *name));
                    row.push(filled(TagGroup::new(Tag::TD), *text));
                    table.push(row);
                }
                tree.push(table);
            }
            Part::List(items) => {
                let mut list = TagGroup::new(Tag::L(ListNumbering::Disc));
                for (bullet, body) in items {
                    let mut item = TagGroup::new(Tag::LI);
                    item.push(filled(TagGroup::new(Tag::Lbl), *bullet));
                    item.push(filled(TagGroup::new(Tag::LBody), *body));
                    list.push(item);
                }
                tree.push(list);
            }
            Part::Link(leaf) => {
                let mut paragraph = TagGroup::new(Tag::P);
                paragraph.push(filled(TagGroup::new(Tag::Link), *leaf));
                tree.push(paragraph);
            }
        }
    }
    tree
}

fn heading(level: NonZeroU16, text: &str) -> TagGroup {
    TagGroup::new(Tag::Hn(level, Some(text.to_owned())))
}
