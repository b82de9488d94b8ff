import {
  useConnection,
  useGroup,
  useGroupMessages,
  useGroupState,
  useGroupStream,
  useServerMessage,
} from "web-pubsub-client/svelte";

/** Every function at once. */
export function everything(): () => string {
  const connection = useConnection();
  const room = useGroup("room");
  const messages = useGroupMessages("room");
  const presence = useGroupState("room");
  const streams = useGroupStream("room");
  useServerMessage(() => {});
  const counts = () => [messages.current, presence.states, streams.streams].map(({ length }) => length);
  return () => [connection.state, room.status, ...counts()].join("/");
}

/** What a server makes of it. */
export const SERVER_MARKUP = "<!--[--><!--[--><!--[--><p>Stopped/idle/0/0/0</p><!--]--><!--]--><!--]-->";
