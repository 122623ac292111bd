//! A system's table as a graph: its roles, and an arrow for each way from one to another.

use super::clean;
use super::phrases;
use super::words::role;
use crate::model::table::{By, Leader, Table, Transition};
use crate::model::words::Language;

/// Returns the table as a Mermaid state diagram.
pub fn mermaid(table: &'static Table, language: Language) -> String {
    let mut out = String::from("stateDiagram-v2\n");
    for (index, one) in table.roles.iter().enumerate() {
        out.push_str(&format!("  state \"{}\" as r{index}\n", clean::mermaid(role(one.name, table, language))));
    }
    for arrow in arrows(table, language) {
        out.push_str(&format!("  r{} --> r{}: {}\n", arrow.from, arrow.to, clean::mermaid(&arrow.label)));
    }
    out
}

/// Returns the table as a DOT graph.
pub fn dot(table: &'static Table, language: Language) -> String {
    let name = clean::dot(table.system);
    let mut out = format!("digraph {name} {{\n  rankdir=LR;\n  node [shape=box, style=rounded];\n");
    for (index, one) in table.roles.iter().enumerate() {
        let bold = if one.leads { ", penwidth=2" } else { "" };
        out.push_str(&format!("  r{index} [label={}{bold}];\n", clean::dot(role(one.name, table, language))));
    }
    for arrow in arrows(table, language) {
        let dashed = if arrow.is_for_operator { ", style=dashed" } else { "" };
        out.push_str(&format!("  r{} -> r{} [label={}{dashed}];\n", arrow.from, arrow.to, clean::dot(&arrow.label)));
    }
    out.push_str("}\n");
    out
}

struct Arrow {
    from: usize,
    to: usize,
    label: String,
    is_for_operator: bool,
}

fn arrows(table: &'static Table, language: Language) -> Vec<Arrow> {
    let rung = |name: &str| table.rung(name).unwrap_or_default();
    let mut arrows = Vec::new();
    let mut add = |row: &Transition, from: &str, to: &str, more: &str| {
        let is_for_operator = row.by == By::Operator;
        let by = if is_for_operator { format!(" ({})", phrases::OPERATOR.say(language)) } else { String::new() };
        arrows.push(Arrow {
            from: rung(from),
            to: rung(to),
            label: format!("{}{by}{more}", row.name),
            is_for_operator,
        });
    };
    for row in table.transitions {
        add(row, row.from, row.to, "");
        if let (Leader::Hands { to, .. }, Some(leading)) = (&row.leader, table.leading()) {
            add(row, leading, to, &format!(" ({})", phrases::UNTIL_THEN.say(language)));
        }
    }
    arrows
}
