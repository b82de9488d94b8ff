/** How React, Vue and Svelte get their client: one whose session is kept over reloads, or with `?tabs` one of many. */
import { CoreClient } from "web-pubsub-client/core";
import { throughWorker } from "web-pubsub-client/tabs";
import { clientOptions, credential, me } from "./chat";
import { keepChat } from "./kept";

const makeWorker = () =>
  new SharedWorker(new URL("./worker.ts", import.meta.url), { type: "module", name: me });

/** All tabs of one name share a connection; there is none to be kept when one of them is loaded again. */
const shared = {
  create: () =>
    new CoreClient(...throughWorker(makeWorker, { fallback: credential, options: clientOptions })),
};
const own = { credential, options: clientOptions, setup: keepChat };

export const source = new URLSearchParams(location.search).has("tabs") ? shared : own;
