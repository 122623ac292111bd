//! The servers of a group before and after, as SVG: a lane for each role, the leading one on top, and a line for each
//! server from where it is to where it will be.

use std::collections::BTreeMap;

use super::{Say, narrow, plain, tables, text};
use crate::model::name::ServerName;
use crate::model::plan::GroupPlan;
use crate::model::snapshot::{Standing, Standings};
use crate::model::table::RoleName;
use crate::model::words::Language;
use crate::report::clean;
use crate::report::phrases;
use crate::report::words::{mark as mark_name, role, role_of, step_numbers, value};

/// The most servers that are drawn one by one: those that change come first.
const MOST_SERVERS: usize = 16;
const WIDTH: usize = 840;
const GUTTER: usize = 132;
const BOX: (usize, usize) = (226, 40);
const LEFT: usize = GUTTER;
const RIGHT: usize = WIDTH - 8 - BOX.0;
const TOP: usize = 30;
/// The most columns of a server's marks.
const MOST_MARKS: usize = 38;
const ROW: usize = 48;

/// The colours of a picture that stands alone, in light and dark.
const COLOURS: &str = "svg{--card:#fff;--raised:#f8fafb;--ink:#18212c;--soft:#55616f;--line:#c6d0d9;--accent:#1d5db8;--accent-soft:#e6effb}\
    @media (prefers-color-scheme:dark){svg{--card:#171e26;--raised:#1c242d;--ink:#e5eaf0;--soft:#a2aebb;--line:#3a4753;\
    --accent:#8ab6fb;--accent-soft:#1b2c45}}";

/// Returns a group's picture as a file by itself.
pub fn standalone(group: &GroupPlan, language: Language) -> String {
    let svg = svg(group, &super::group::after(group), "plan", Say { language });
    let style = format!("<style>{COLOURS}\n{}</style>", include_str!("picture.css"));
    svg.replacen("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ", 1).replacen(
        "<defs>",
        &format!("{style}<defs>"),
        1,
    ) + "\n"
}

/// Where the servers of a picture stand, on one side.
struct Side<'a> {
    /// Servers that are drawn, by lane.
    lanes: BTreeMap<usize, Vec<&'a ServerName>>,
    /// How many more there are in a lane.
    more: BTreeMap<usize, usize>,
}

impl Side<'_> {
    fn rows(&self, lane: usize) -> usize {
        self.lanes.get(&lane).map_or(0, Vec::len) + usize::from(self.more.contains_key(&lane))
    }
}

/// Returns the picture; `id` makes its ids unlike those of others on the same page.
pub(super) fn svg(group: &GroupPlan, after: &Standings, id: &str, say: Say) -> String {
    let table = group.topology.table;
    let lanes: Vec<Option<RoleName>> = table.roles.iter().rev().map(|role| Some(role.name)).chain([None]).collect();
    let lane_of = |standing: Option<&Standing>| {
        let role = standing.and_then(|standing| standing.role);
        lanes.iter().position(|lane| *lane == role).unwrap_or(lanes.len() - 1)
    };
    let all = tables::in_order(group);
    let moves = |server: &ServerName| group.standings.get(server) != after.get(server);
    let mut drawn: Vec<&ServerName> = all.iter().copied().filter(|server| moves(server)).collect();
    drawn.extend(all.iter().copied().filter(|server| !moves(server)));
    drawn.truncate(MOST_SERVERS);
    let side = |standings: &Standings| {
        let mut side = Side { lanes: BTreeMap::new(), more: BTreeMap::new() };
        for server in &all {
            let lane = lane_of(standings.get(*server));
            match drawn.contains(server) {
                true => side.lanes.entry(lane).or_default().push(server),
                false => *side.more.entry(lane).or_insert(0) += 1,
            }
        }
        side
    };
    let (left, right) = (side(&group.standings), side(after));
    let mut tops = Vec::with_capacity(lanes.len());
    let mut bottom = TOP;
    for (lane, name) in lanes.iter().enumerate() {
        tops.push(bottom);
        let rows = left.rows(lane).max(right.rows(lane));
        let is_needed = name.is_some() || rows > 0;
        bottom += if is_needed { (rows * ROW).max(26) + 8 } else { 0 };
    }
    let place = |side: &Side<'_>, server: &ServerName, standings: &Standings| {
        let lane = lane_of(standings.get(server));
        let row = side.lanes.get(&lane).and_then(|servers| servers.iter().position(|one| *one == server))?;
        Some(tops[lane] + 4 + row * ROW)
    };
    let mut out = open(group, after, &drawn, bottom, id, say);
    for (lane, name) in lanes.iter().enumerate() {
        let next = tops.get(lane + 1).copied().unwrap_or(bottom);
        if next == tops[lane] {
            continue;
        }
        let name_said = name.map_or(say.of(phrases::UNKNOWN), |name| role(name, table, say.language));
        let lead = if name.is_some_and(|name| table.leads(name)) { " lead" } else { "" };
        out.push_str(&format!(
            "<rect class=\"lane{lead}\" x=\"0\" y=\"{0}\" width=\"{WIDTH}\" height=\"{1}\" rx=\"6\"/>\
             <text class=\"lane-name\" x=\"12\" y=\"{2}\">{3}</text>\n",
            tops[lane],
            next - tops[lane] - 4,
            tops[lane] + (next - tops[lane] - 4) / 2 + 4,
            clean::html(&narrow(name_said, 17))
        ));
    }
    for server in &drawn {
        let (Some(from), Some(to)) = (place(&left, server, &group.standings), place(&right, server, after)) else {
            continue;
        };
        let class = if moves(server) { " class=\"moves\"" } else { "" };
        out.push_str(&format!("<g{class}>"));
        link(&mut out, group, server, (from, to), moves(server).then_some(id), say);
        node(&mut out, group, server, group.standings.get(*server), LEFT, from, say);
        node(&mut out, group, server, after.get(*server), RIGHT, to, say);
        out.push_str("</g>\n");
    }
    for (side, x) in [(&left, LEFT), (&right, RIGHT)] {
        for (lane, n) in &side.more {
            let row = side.lanes.get(lane).map_or(0, Vec::len);
            let said = say.fill(phrases::HTML_MORE_SERVERS, &[("n", &n.to_string())]);
            out.push_str(&format!(
                "<text class=\"marks\" x=\"{}\" y=\"{}\">{}</text>\n",
                x + 12,
                tops[*lane] + 4 + row * ROW + 24,
                text(&said)
            ));
        }
    }
    out + "</svg>"
}

/// Returns the head of the picture, with what it shows in words.
fn open(group: &GroupPlan, after: &Standings, drawn: &[&ServerName], bottom: usize, id: &str, say: Say) -> String {
    let table = group.topology.table;
    let title = say.fill(phrases::HTML_PICTURE, &[("group", &group.topology.group)]);
    let of = |standings: &Standings, server| role_of(standings.get(server), table, say.language);
    let told: Vec<String> = drawn
        .iter()
        .map(|server| match (of(&group.standings, server), of(after, server)) {
            (from, to) if from == to => format!("{server}{}{from}", say.colon()),
            (from, to) => format!("{server}{}{from} → {to}", say.colon()),
        })
        .collect();
    let wish = if group.steps.is_empty() { " wish" } else { "" };
    let then = if group.steps.is_empty() { phrases::DECLARED } else { phrases::HTML_AFTER };
    let side = |x: usize, said: &str| format!("<text class=\"side\" x=\"{x}\" y=\"18\">{}</text>", text(said));
    format!(
        "<svg class=\"picture{wish}\" role=\"img\" aria-labelledby=\"{id}-pt {id}-pd\" viewBox=\"0 0 {WIDTH} {bottom}\">\
         <title id=\"{id}-pt\">{}</title><desc id=\"{id}-pd\">{}</desc>\
         <defs><marker id=\"{id}-arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"5\" markerHeight=\"5\" orient=\"auto\">\
         <path class=\"head\" d=\"M0 0L8 4L0 8Z\"/></marker></defs>\n{}{}\n",
        plain(&title),
        clean::html(&told.join(say.of(phrases::SEMICOLON))),
        side(LEFT + 4, &say.label(phrases::HTML_BEFORE)),
        side(RIGHT + 4, &say.label(then))
    )
}

/// Draws the line of a server, with the steps that it takes; `moves` is the picture's id where the server changes.
fn link(
    out: &mut String,
    group: &GroupPlan,
    server: &ServerName,
    (from, to): (usize, usize),
    moves: Option<&str>,
    say: Say,
) {
    let (x1, x2) = ((LEFT + BOX.0) as f64, RIGHT as f64 - 2.0);
    let (y1, y2) = ((from + BOX.1 / 2) as f64, (to + BOX.1 / 2) as f64);
    let middle = (x1 + x2) / 2.0;
    let arrow = moves.map(|id| format!(" marker-end=\"url(#{id}-arrow)\"")).unwrap_or_default();
    out.push_str(&format!("<path class=\"link\" d=\"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}\"{arrow}/>"));
    let numbers: Vec<usize> =
        group.steps.iter().filter(|step| step.touches().contains(&server)).map(|step| step.number).collect();
    if moves.is_none() || numbers.is_empty() {
        return;
    }
    let said = narrow(&step_numbers(&numbers, say.language), 16);
    // On the line, near its end: there the lines of a lane are apart.
    let t: f64 = 0.76;
    let (a, b, c, d) = ((1.0 - t).powi(3), 3.0 * (1.0 - t).powi(2) * t, 3.0 * (1.0 - t) * t * t, t.powi(3));
    let (x, y) = (a * x1 + (b + c) * middle + d * x2, (a + b) * y1 + (c + d) * y2);
    let wide = crate::report::page::columns(&said) as f64 * 6.4 + 14.0;
    out.push_str(&format!(
        "<rect class=\"pill\" x=\"{:.0}\" y=\"{:.0}\" width=\"{wide:.0}\" height=\"18\" rx=\"9\"/>\
         <text class=\"pill-text\" x=\"{x:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
        x - wide / 2.0,
        y - 9.0,
        y + 4.0,
        text(&said)
    ));
}

/// Draws a server with its marks.
fn node(
    out: &mut String,
    group: &GroupPlan,
    server: &ServerName,
    standing: Option<&Standing>,
    x: usize,
    y: usize,
    say: Say,
) {
    let table = group.topology.table;
    let known: Vec<(&str, &str)> = table
        .marks
        .iter()
        .filter_map(|mark| Some((mark, standing?.mark(mark.name)?)))
        .map(|(mark, known)| {
            (mark_name(mark.name, table, say.language), value(mark.name, Some(known), table, say.language))
        })
        .collect();
    let named: Vec<String> = known.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let full = named.join(" · ");
    // Where names and values have no room, values alone say the most.
    let marks = match crate::report::page::columns(&full) <= MOST_MARKS {
        true => full.clone(),
        false => known.iter().map(|(_, value)| *value).collect::<Vec<_>>().join(" · "),
    };
    out.push_str(&format!(
        "<g><title>{}</title><rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"7\"/>\
         <text class=\"name\" x=\"{}\" y=\"{}\">{}</text>",
        text(&format!("{server} {full}")),
        BOX.0,
        BOX.1,
        x + 12,
        y + if marks.is_empty() { 25 } else { 17 },
        clean::html(&narrow(server.as_str(), 26)),
    ));
    if !marks.is_empty() {
        out.push_str(&format!(
            "<text class=\"marks\" x=\"{}\" y=\"{}\">{}</text>",
            x + 12,
            y + 32,
            clean::html(&narrow(&marks, MOST_MARKS))
        ));
    }
    out.push_str("</g>");
}
