/** The script of the shared worker in the tests of tabs: it runs in the browser. */
import { CoreClient } from "web-pubsub-client/core";
import { serveTabs } from "web-pubsub-client/tabs";

const getClientAccessUrl = async (): Promise<string> => (await fetch("/negotiate?user=ann")).text();
serveTabs(
  (tabs) =>
    // With this name only pages have credentials.
    new CoreClient(
      (self as unknown as { name: string }).name === "asks pages" ? tabs : { getClientAccessUrl },
    ),
);
