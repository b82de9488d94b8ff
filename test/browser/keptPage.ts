/** The application in a page that is reloaded: it runs in the browser, and keeps over a reload what it has seen. */
import { WebPubSubClient } from "web-pubsub-client";
import { WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf";
import { keepOverReload } from "web-pubsub-client/resume";

/** What the page has seen in all its lives. */
export interface KeptApp {
  /** The numbers that came in the group `down`. */
  readonly got: number[];
  /** `connected` of each life. */
  readonly connections: { readonly id: string; readonly resumed: boolean }[];
  /** What failed for another reason than that its page went. */
  readonly failures: string[];
  /** How many operations were restored. */
  restored: number;
  /** The last number that was sent to the group `up`, and the last one that is to be sent. */
  sent: number;
  target: number;
}

/** What the page offers to tests. */
export interface KeptWorld {
  readonly app: KeptApp;
  readonly client: WebPubSubClient;
}

const query = new URLSearchParams(location.search);
const key = query.get("user") ?? "ann";
const none: KeptApp = { got: [], connections: [], failures: [], restored: 0, sent: 0, target: 0 };
const app = (JSON.parse(sessionStorage.getItem("app") ?? "null") ?? none) as KeptApp;
addEventListener("pagehide", () => sessionStorage.setItem("app", JSON.stringify(app)));

const client = new WebPubSubClient(
  {
    async getClientAccessUrl() {
      return (await fetch(`/negotiate?user=${encodeURIComponent(key)}`)).text();
    },
  },
  query.has("protobuf") ? { protocol: WebPubSubProtobufReliableProtocol() } : {},
);
Object.assign(window, { app, client });

const failed = (error: Error & { code?: string }): void => {
  if (error.code !== "Suspended") app.failures.push(String(error));
};
keepOverReload(client, {
  key,
  onRestored: (_, result) => {
    app.restored++;
    result.catch(failed);
  },
});
client.on("connected", ({ connectionId, resumed }) => {
  app.connections.push({ id: connectionId, resumed: resumed === true });
});
client.group<number>("down").subscribe(({ data }) => void app.got.push(data));
if (app.connections.length === 0) client.setGroupState("down", { here: "yes" }).catch(failed);
setInterval(() => {
  for (let burst = 0; burst < 10 && app.sent < app.target; burst++)
    client.sendToGroup("up", ++app.sent, "json").catch(failed);
}, 5);
client.start({ keepTrying: true }).catch(failed);
