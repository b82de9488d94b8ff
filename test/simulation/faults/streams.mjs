// Streams: what is written arrives once, in order, to its end.

/** @type {import("./faults.mjs").Fault[]} */
export const streams = [
  {
    name: "nothing is sent again after a recovery",
    in: "Delivery.onRecovered",
    find: `this.#heard();
this.#resend();`,
    put: `this.#heardAt = this.#now();
this.#probeAt = Infinity;
this.#arm();`,
  },
  {
    name: "a refused fragment counts as taken",
    in: "Delivery.#refused",
    find: `this.#hold = FIRST_HOLD;
this.#resend();`,
    put: "this.#probeAt = Infinity;",
  },
  {
    name: "the end overtakes fragments that wait for the window",
    in: "Delivery.flush",
    find: "|| this.fragments.areWaiting",
    put: "",
  },
  {
    name: "the end is never sent",
    quick: true,
    in: "Delivery.flush",
    find: "frame = this.#endFrame;",
    put: "return this.#arm();",
  },
  {
    name: "the timer of a closed stream is left running",
    in: "Delivery.close",
    find: "this.#timer.clear();",
    put: "",
  },
  {
    name: "a stream goes on on a new connection",
    in: "OutboundStream.onLost",
    find: `if (this.#phase === "waiting") return;`,
    put: `if (this.#phase !== "closed") return;`,
  },
  {
    name: "a stop leaves calls unsettled",
    in: "OutboundStream.onStopped",
    find: `this.#close(this.#error("NotStarted", "Stream session aborted because client is stopping.", cause));`,
    put: "",
  },
  {
    name: "the end resolves when it is sent",
    in: "OutboundStream.finish",
    find: "this.#delivery.end(frame);",
    put: `this.#delivery.end(frame);
call.resolve();`,
  },
  {
    name: "a lost stream looks complete to its reader",
    in: "InboundSubscription.endAll",
    find: "entry.stream.fail(code, message, cause);",
    put: "entry.stream.end();",
  },
  {
    name: "the publisher's error looks like a normal end",
    in: "InboundSubscription.#append",
    find: `if (error) stream.end(fromWire(stream.view.streamId, error));
else if (endOfStream)`,
    put: "if (endOfStream || error)",
  },
  {
    name: "readers wait for ever when the client stops",
    in: "InboundStreams.onStopped",
    find: `this.#lose("NotStarted", "The client was stopped before the stream was complete.", cause);`,
    put: "",
  },
  {
    name: "the end of a stream is delivered as a fragment",
    in: "InboundSubscription.#append",
    find: "if (!isEmpty && id === expected) {",
    put: "if (id === expected) {",
  },
  {
    name: "a silent stream isn't kept alive",
    in: "Delivery.#tick",
    find: "this.#send(this.#keepAlive);",
    put: "",
  },
  {
    name: "any number of fragments may be unacknowledged",
    in: "Fragments.#admit",
    find: "count >= maxUnackedFragments ||",
    put: "",
  },
  {
    name: "the publisher's error lacks its code",
    in: "fromWire",
    find: ", { userErrorCode }",
    put: "",
  },
  {
    name: "a stream that was left comes again",
    in: "InboundSubscription.receive",
    find: "if (isFirst && entry?.stream.isOver)",
    put: "if (entry?.stream.isOver)",
  },
  {
    name: "the idle timeout isn't sent",
    in: "OutboundStreams.#add",
    find: "{ streamId, idleTimeoutInMs: options.idleTimeoutInMs }",
    put: "{ streamId }",
  },
  {
    name: "noEcho isn't sent",
    in: "OutboundStreams.#add",
    find: "group, noEcho, stream: info",
    put: "group, noEcho: false, stream: info",
  },
];
