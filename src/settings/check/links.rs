//! Call links.

use super::super::defaults::LINK_EXPIRES;
use super::super::links::LINK_SENDER;
use super::super::{Account, CallLinkConfig, LinkRouting};
use super::Problems;

impl Problems {
    pub(super) fn call_links(&mut self, account: &Account) {
        let links = &account.call_links;
        let all = &links.configurations;
        self.unique("call_link", "name", all.iter().map(|each| &each.name));
        self.unique("call_link", "id", all.iter().map(|each| each.id));
        for (index, configuration) in all.iter().enumerate() {
            self.call_link(account, &format!("call_link[{index}]"), configuration);
        }
        if let Some(id) = links.selected
            && all.iter().all(|each| each.id != id)
        {
            let mend = format!("there is no call link configuration {id}");
            self.add("call_links.selected", mend);
        }
    }

    fn call_link(&mut self, account: &Account, path: &str, link: &CallLinkConfig) {
        self.name(&format!("{path}.name"), &link.name);
        let queue = format!("{path}.queue");
        match (link.routing, link.queue) {
            (_, Some(id)) if account.queue(id).is_none() => {
                self.add(&queue, format!("there is no queue {id}"));
            }
            (LinkRouting::RoutingRules, None) => {
                self.add(&queue, "routing_rules need one: queue = \"…\"");
            }
            (LinkRouting::SharingAgent, Some(_)) if link.strict => {
                self.add(&queue, "strict links ring the agent alone: leave it out");
            }
            (LinkRouting::SharingAgent | LinkRouting::RoutingRules, _) => {}
        }
        if link.routing == LinkRouting::RoutingRules && link.strict {
            let mend = "is of routing = \"sharing_agent\" alone: leave it out";
            self.add(format!("{path}.strict"), mend);
        }
        if link.types.is_empty() {
            self.add(format!("{path}.types"), "name at least one");
        } else if !link.types.contains(&link.default_type) {
            self.add(format!("{path}.default_type"), "must be one of types");
        }
        let expires = format!("{path}.expires_after_s");
        self.range(&expires, link.expires_after, LINK_EXPIRES);
    }

    /// A sender: a pattern of numbers, or a configuration of call links (D5).
    pub(super) fn sender(&mut self, account: &Account, path: &str, sender: &str) {
        let Some(name) = sender.strip_prefix(LINK_SENDER) else {
            return self.pattern(path, sender);
        };
        let mut all = account.call_links.configurations.iter();
        if !all.any(|each| each.name == name) {
            let mend = format!("no call link configuration is called {name:?}");
            self.add(path, mend);
        }
    }
}
