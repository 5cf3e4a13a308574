//! Call links.

use super::Loader;
use super::account::Names;
use crate::config::table::Table;
use crate::config::words::{LINK_ROUTINGS, LINK_TYPES};
use crate::id::CallLinkConfigId;
use crate::settings::{CallLinkConfig, CallLinks, defaults};

impl Loader<'_> {
    pub(super) fn call_link(
        &mut self,
        id: CallLinkConfigId,
        name: String,
        mut table: Table<'_>,
        names: &Names,
    ) -> CallLinkConfig {
        let usual = CallLinkConfig::new(id, &name);
        let report = &mut self.report;
        let routing = table.choice("routing", &LINK_ROUTINGS, report);
        let strict = table.boolean("strict", report);
        let types = table.choices("types", &LINK_TYPES, report);
        let default_type = table.choice("default_type", &LINK_TYPES, report);
        let expires = table.seconds("expires_after_s", &defaults::LINK_EXPIRES, report);
        let video = table.boolean("video", report);
        let queue = self.queue_named(&mut table, names);
        table.done(&mut self.report);
        let types = types.unwrap_or(usual.types);
        // Of those that may be chosen, whatever they are.
        let first = types.first().copied().unwrap_or(usual.default_type);
        CallLinkConfig {
            id,
            name,
            routing: routing.unwrap_or_default(),
            strict: strict.unwrap_or(usual.strict),
            queue,
            default_type: default_type.unwrap_or(first),
            types,
            expires_after: expires.unwrap_or(usual.expires_after),
            video: video.unwrap_or(usual.video),
        }
    }

    pub(super) fn call_links(
        &mut self,
        root: &mut Table<'_>,
        configurations: Vec<CallLinkConfig>,
    ) -> CallLinks {
        let mut links = CallLinks {
            configurations,
            selected: None,
        };
        if let Some(mut table) = root.table("call_links", &mut self.report) {
            let known = links.configurations.iter();
            let known: Vec<_> = known.map(|each| (each.name.clone(), each.id)).collect();
            let kind = "call link configuration";
            links.selected = self.reference(&mut table, "selected", kind, &known);
            table.done(&mut self.report);
        }
        links
    }
}
