// The floor: a bare `ws` loop with JSON.parse that keeps the same duties by hand: sequence ids,
// duplicates, acks every 64 messages or second, pings, a promise per acknowledged operation, and a
// recovery that sends again what was not answered.
import WebSocket from "ws";

export function create(url) {
  let socket;
  let nextAckId = 1;
  let last = 0;
  let acknowledged = 0;
  let listener = () => undefined;
  let stopped = false;
  let ticket = "";
  let timers = [];
  const pending = new Map();
  const streams = new Map();
  let told;
  const connected = new Promise((resolve) => (told = resolve));

  const acknowledge = () => {
    if (last === acknowledged) return;
    acknowledged = last;
    socket.send(JSON.stringify({ type: "sequenceAck", sequenceId: last }));
  };
  const operate = (message) =>
    new Promise((resolve, reject) => {
      const ackId = nextAckId++;
      const frame = JSON.stringify({ ...message, ackId });
      pending.set(ackId, { resolve, reject, frame });
      if (socket.readyState === 1) socket.send(frame);
    });
  const receive = (frame) => {
    switch (frame.type) {
      case "message":
        if (frame.sequenceId <= last) return;
        last = frame.sequenceId;
        if (last - acknowledged >= 64) acknowledge();
        listener(frame.dataType === "binary" ? Buffer.from(frame.data, "base64") : frame.data);
        return;
      case "ack": {
        const operation = pending.get(frame.ackId);
        pending.delete(frame.ackId);
        if (frame.success) operation?.resolve({ ackId: frame.ackId });
        else operation?.reject(new Error(frame.error?.message));
        return;
      }
      case "streamAck":
        streams.get(frame.streamId)?.opened();
        return;
      case "streamClosed":
        streams.get(frame.streamId)?.closed();
        return;
      case "system":
        ticket = `awps_connection_id=${frame.connectionId}&awps_reconnection_token=${frame.reconnectionToken}`;
        told(frame.connectionId);
    }
  };
  const connect = (address) => {
    socket = new WebSocket(address, "json.reliable.webpubsub.azure.v1");
    socket.on("error", () => undefined);
    socket.on("message", (raw) => receive(JSON.parse(raw.toString())));
    socket.on("open", () => {
      for (const { frame } of pending.values()) socket.send(frame);
    });
    socket.on("close", () => {
      if (!stopped) connect(`${url}${url.includes("?") ? "&" : "?"}${ticket}`);
    });
  };

  return {
    async start() {
      connect(url);
      timers = [setInterval(acknowledge, 1_000), setInterval(() => socket.send('{"type":"ping"}'), 20_000)];
      await connected;
    },
    connected: () => connected,
    onMessage: (callback) => (listener = callback),
    event: (event, data) => operate({ type: "event", event, dataType: "json", data }),
    publish: (data) =>
      operate({ type: "sendToGroup", group: "bench", noEcho: false, dataType: "json", data }),
    async openStream() {
      const streamId = String(Math.random());
      const stream = {};
      const opened = new Promise((resolve) => (stream.opened = resolve));
      const closed = new Promise((resolve) => (stream.closed = resolve));
      streams.set(streamId, stream);
      socket.send(
        JSON.stringify({ type: "sendToGroup", group: "bench", noEcho: false, stream: { streamId } }),
      );
      await opened;
      let streamSequenceId = 0;
      return {
        async write(data, dataType) {
          streamSequenceId++;
          socket.send(JSON.stringify({ type: "streamData", streamId, streamSequenceId, dataType, data }));
        },
        async end() {
          socket.send(JSON.stringify({ type: "streamEnd", streamId }));
          await closed;
        },
      };
    },
    stop() {
      stopped = true;
      timers.forEach(clearInterval);
      socket.close();
    },
  };
}
