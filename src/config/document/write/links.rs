//! Call links.

use super::{Writer, fields, list, maybe, put, seconds, table};
use crate::config::words::{LINK_ROUTINGS, LINK_TYPES, word};
use crate::settings::CallLinkConfig;
use toml::{Table, Value};

impl Writer<'_> {
    pub(super) fn call_links(&self, into: &mut Table) {
        let links = &self.account.call_links;
        let all = list(&links.configurations, |each| self.call_link(each));
        put(into, "call_link", all);
        let mut all = links.configurations.iter();
        if let Some(selected) = all.find(|each| links.selected == Some(each.id)) {
            let selected = selected.name.as_str().into();
            put(into, "call_links", fields([("selected", selected)]));
        }
    }

    fn call_link(&self, link: &CallLinkConfig) -> Value {
        let types = link
            .types
            .iter()
            .map(|each| word(*each, &LINK_TYPES).into());
        let mut table = table([
            ("id", link.id.0.into()),
            ("name", link.name.as_str().into()),
            ("routing", word(link.routing, &LINK_ROUTINGS).into()),
            ("strict", link.strict.into()),
            ("types", Value::Array(types.collect())),
            ("default_type", word(link.default_type, &LINK_TYPES).into()),
            ("expires_after_s", seconds(link.expires_after)),
            ("video", link.video.into()),
        ]);
        let queue = link.queue.map(|id| self.queue_name(id).into());
        maybe(&mut table, "queue", queue);
        table.into()
    }
}
