import { useEffect, version, type ReactElement } from "react";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createRoot, type Root } from "react-dom/client";
import type { SendMessageError } from "web-pubsub-client";
import {
  useConnection,
  useGroup,
  useGroupMessages,
  useWebPubSubClient,
  WebPubSubProvider,
} from "web-pubsub-client/react";
import { useBarePage } from "./support/page.js";
import { eventually } from "./support/room.js";

/**
 * A renderer as those of React Native and of terminals: it runs effects and has no global `document`. The one for pages
 * is such a renderer as soon as it has an element.
 */
const place = document.createElement("main");
beforeAll(() => void vi.stubGlobal("document", undefined));
afterAll(() => void vi.unstubAllGlobals());

let root: Root | undefined;
const page = useBarePage("error", () => {
  root?.unmount();
  root = undefined;
});
const { service } = page;
const show = (ui: ReactElement): void => {
  expect(typeof document).toBe("undefined");
  root = createRoot(place);
  root.render(ui);
};
const shown = (text: string): Promise<void> => eventually(() => expect(place.textContent).toBe(text));

function State(): ReactElement {
  return <p>{useConnection().state}</p>;
}

test(`React ${version} without a document: what an effect sends at once waits for the connection`, async () => {
  const refused: unknown[] = [];
  function Hello(): ReactElement {
    const { send } = useGroup("room");
    const client = useWebPubSubClient();
    const messages = useGroupMessages<string>("room");
    useEffect(() => {
      send("hello").catch((error: SendMessageError) => refused.push(error.code));
    }, [send, client]);
    return <p>{messages.map(({ data }) => data).join()}</p>;
  }
  show(
    <WebPubSubProvider url={page.url} options={page.options}>
      <Hello />
    </WebPubSubProvider>,
  );
  await shown("hello");
  expect(refused).toEqual([]);
});

test(`React ${version} without a document: two providers that appear together with one URL share one connection`, async () => {
  const one = (
    <WebPubSubProvider url={page.url} options={page.options}>
      <State />
    </WebPubSubProvider>
  );
  show(
    <>
      {one}
      {one}
    </>,
  );
  await shown("ConnectedConnected");
  expect(page.spy.sockets).toHaveLength(1);
  expect(service.connections()).toBe(1);
});
