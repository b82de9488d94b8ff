// @vitest-environment node
import { expect, test, vi } from "vitest";
import { createSSRApp, defineComponent, h, version } from "vue";
import { renderToString } from "vue/server-renderer";
import {
  useConnection,
  useGroup,
  useGroupMessages,
  useGroupState,
  useGroupStream,
  useServerMessage,
  WebPubSubPlugin,
} from "web-pubsub-client/vue";
import { spySockets } from "./support/spySocket.js";

test(`Vue ${version} on a server: every composable renders, nothing connects, nothing is left behind`, async () => {
  const complaints = vi.spyOn(console, "warn");
  const setTimer = vi.fn();
  const spy = spySockets();
  const Room = defineComponent(() => {
    const connection = useConnection();
    const { status } = useGroup("room");
    const messages = useGroupMessages("room");
    const { states } = useGroupState("room");
    const { streams } = useGroupStream("room");
    useServerMessage(() => {});
    const counts = () => [messages, states, streams].map(({ value }) => value.length).join("/");
    return () => h("p", `${connection.value.state}/${status.value}/${counts()}`);
  });
  const app = createSSRApp(Room).use(WebPubSubPlugin, {
    url: "ws://127.0.0.1:1/client/hubs/chat",
    options: { environment: { ...spy.environment, setTimer } },
  });
  expect(await renderToString(app)).toBe("<p>Stopped/idle/0/0/0</p>");
  expect(spy.sockets).toEqual([]);
  expect(setTimer).not.toHaveBeenCalled();
  expect(complaints).not.toHaveBeenCalled();
});
