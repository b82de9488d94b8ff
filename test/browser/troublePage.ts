/** A page with a client whose log is kept, and which tests can look into. */
import { WebPubSubClient, type WebPubSubClientOptions } from "web-pubsub-client";
import { mountDevtools } from "web-pubsub-client/devtools/always";

export interface TroubleWorld {
  /** Makes the page's client, with the panel. */
  make(source: string | string[], options: WebPubSubClientOptions): void;
  client: WebPubSubClient;
  /** The client's log and the console's warnings, in order. */
  log: string[];
  /** What came from groups. */
  got: unknown[];
  /** What promises have come to: `ok` or the error's code and message. */
  results: string[];
  note(promise: Promise<unknown>): void;
}

const world = window as unknown as TroubleWorld;
world.log = [];
world.results = [];
world.got = [];
const write = (...words: unknown[]): void => void world.log.push(words.map(String).join(" "));
const { warn } = console;
console.warn = (...words: unknown[]) => {
  write(...words);
  warn(...words);
};
world.make = (source, options) => {
  const logger = { info: write, warning: write, error: write };
  const all = { logger, ...options };
  // Several URLs: one for each attempt, the last one again and again.
  const urls = [...source];
  world.client =
    typeof source === "string"
      ? new WebPubSubClient(source, all)
      : new WebPubSubClient(
          { getClientAccessUrl: () => Promise.resolve((urls.length > 1 ? urls.shift() : urls[0]) ?? "") },
          all,
        );

  mountDevtools(world.client, { open: true });
  world.client.on("group-message", ({ message }) => world.got.push(message.data));
};
world.note = (promise) => {
  promise.then(
    (result) => world.results.push(`ok ${JSON.stringify(result ?? null)}`),
    (error: Error & { code?: string }) => world.results.push(`${error.code ?? error.name}: ${error.message}`),
  );
};
