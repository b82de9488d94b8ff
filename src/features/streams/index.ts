import { defineFeature } from "../../core/feature.js";
import { followStreams } from "./followStreams.js";
import { InboundStreams } from "./inboundStreams.js";
import type { StreamsApi } from "./models.js";
import { OutboundStreams } from "./outboundStreams.js";

export type * from "./types.js";
export { GroupStreamError } from "./groupStreamError.js";

/** Streams to and from groups: `streams(client).open("room")`, `streams(client).onStream(callback)`. */
export const streams = /* @__PURE__ */ defineFeature<StreamsApi>("streams", (port) => {
  const inbound = new InboundStreams(port);
  const outbound = new OutboundStreams(port);
  port.listen(outbound);
  port.listen(inbound);
  return {
    open: (group, options) => outbound.open(group, options),
    onStream: (callback, options) => inbound.subscribe(callback, options),
    follow: (group, listener, options) =>
      followStreams(group, inbound, port.onListenerError, listener, options),
    unsupported: inbound.unsupported,
  };
});
