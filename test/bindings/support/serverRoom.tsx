import type { ReactElement } from "react";
import type { ClientSource } from "web-pubsub-client";
import {
  useConnection,
  useGroup,
  useGroupMessages,
  useGroupState,
  useGroupStream,
  useServerMessage,
  WebPubSubProvider,
} from "web-pubsub-client/react";

function Room(): ReactElement {
  const { state } = useConnection();
  const { status } = useGroup("room");
  const { states } = useGroupState("room");
  const { streams } = useGroupStream("room");
  useServerMessage(() => {});
  const messages = useGroupMessages("room");
  return <p>{`${state}/${status}/${messages.length}/${states.length}/${streams.length}`}</p>;
}

/** Every hook at once. */
export function ServerRoom(props: ClientSource): ReactElement {
  return (
    <WebPubSubProvider {...props}>
      <Room />
    </WebPubSubProvider>
  );
}

/** What a server makes of it. */
export const SERVER_MARKUP = "<p>Stopped/idle/0/0/0</p>";
