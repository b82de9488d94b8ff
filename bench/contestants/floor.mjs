// The floor: a bare `ws` loop with JSON.parse that keeps the same duties by hand: sequence ids,
// duplicates, acks every 64 messages or second, pings, and a promise per acknowledged operation.
import WebSocket from "ws";

export function create(url) {
  let socket;
  let nextAckId = 1;
  let last = 0;
  let acknowledged = 0;
  let listener = () => undefined;
  let timers = [];
  const pending = new Map();

  const acknowledge = () => {
    if (last === acknowledged) return;
    acknowledged = last;
    socket.send(JSON.stringify({ type: "sequenceAck", sequenceId: last }));
  };
  const operate = (message) =>
    new Promise((resolve, reject) => {
      const ackId = nextAckId++;
      pending.set(ackId, { resolve, reject });
      socket.send(JSON.stringify({ ...message, ackId }));
    });

  return {
    start: () =>
      new Promise((resolve, reject) => {
        socket = new WebSocket(url, "json.reliable.webpubsub.azure.v1");
        socket.on("error", reject);
        socket.on("message", (raw) => {
          const frame = JSON.parse(raw.toString());
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
            case "system":
              resolve();
          }
        });
        timers = [setInterval(acknowledge, 1_000), setInterval(() => socket.send('{"type":"ping"}'), 20_000)];
      }),
    onMessage: (callback) => (listener = callback),
    event: (event, data) => operate({ type: "event", event, dataType: "json", data }),
    publish: (data) =>
      operate({ type: "sendToGroup", group: "bench", noEcho: false, dataType: "json", data }),
    stop: () => {
      timers.forEach(clearInterval);
      socket.close();
    },
  };
}
