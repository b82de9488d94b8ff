import { defineFeature, type AnyClient, type FeaturePort } from "../../core/feature.js";
import type { GetClientAccessUrlOptions } from "../../core/models/options.js";
import { invocationFrames } from "../invocations/frames.js";
import { presenceFrames } from "../presence/frames.js";
import { streamFrames } from "../streams/frames.js";
import { Broker } from "./broker.js";
import type { MessagePortLike } from "./portMessages.js";
import { UrlQuestions } from "./urlQuestions.js";

export { throughWorker, type ThroughWorkerOptions } from "./throughWorker.js";
export type { MessagePortLike } from "./portMessages.js";
export type { SharedWorkerLike } from "./workerPort.js";

/** What `serveTabs` gives to the function that makes the worker's client. */
export interface TabsAccess {
  /**
   * Asks a living tab for a client access URL; it uses the `fallback` that its `throughWorker` was given. For credentials
   * that only pages have.
   */
  getClientAccessUrl(options?: GetClientAccessUrlOptions): Promise<string>;
}

const makeBroker = /* @__PURE__ */ defineFeature("tabs", (port: FeaturePort) => {
  for (const frames of [invocationFrames, presenceFrames, streamFrames]) port.carries(frames);
  return { serve: (questions: UrlQuestions) => new Broker(port, questions) };
});

/**
 * Serves the pages that connect with `throughWorker`. Call it once, at the top level of a `SharedWorker`'s script: a page
 * that connects before isn't heard. The client connects with the first tab and stops with the last one. It may use any
 * subprotocol, and be used in the worker too, but not for groups that tabs join.
 * @param connect makes the worker's client, which isn't started
 * @throws TypeError outside of a `SharedWorker`, or if `connect` doesn't return a client
 */
export function serveTabs(connect: (tabs: TabsAccess) => AnyClient): void {
  const scope = globalThis as unknown as EventTarget & { onconnect?: unknown };
  if (!("onconnect" in scope)) throw new TypeError("serveTabs belongs into the script of a SharedWorker.");
  const questions = new UrlQuestions();
  const client = connect({ getClientAccessUrl: (options) => questions.ask(options) });
  const broker = makeBroker(client).serve(questions);
  scope.addEventListener("connect", (event) => {
    const [port] = (event as unknown as { ports: MessagePortLike[] }).ports;
    if (port !== undefined) broker.accept(port);
  });
}
