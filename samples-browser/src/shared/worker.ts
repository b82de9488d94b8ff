/** The shared worker of one person's tabs: it is named after them and has their one connection. */
import { CoreClient } from "web-pubsub-client/core";
import { serveTabs } from "web-pubsub-client/tabs";
import { clientOptions, credentialOf } from "./access";

serveTabs(() => new CoreClient(credentialOf(self.name), clientOptions));
