// Streams: what is written arrives once, in order, to its end.

/** @type {import("./faults.mjs").Fault[]} */
export const streams = [
  {
    name: "nothing is sent again after a recovery",
    in: "Delivery.onRecovered",
    find: `this.#aliveAt = this.#now();
this.#heard();
this.resend();`,
    put: `this.#heardAt = this.#aliveAt = this.#now();
this.#probeAt = Infinity;
this.#armNext();`,
  },
  {
    name: "a refused fragment counts as taken",
    in: "Delivery.refused",
    find: `this.#hold = FIRST_HOLD;
this.resend();`,
    put: "this.#probeAt = Infinity;",
  },
  {
    name: "the end overtakes fragments that wait for the window",
    in: "Delivery.#pump",
    find: "|| this.#line.count > 0",
    put: "",
  },
  {
    name: "the end is never sent",
    quick: true,
    in: "Delivery.#pump",
    find: "this.#send(this.#endFrame);",
    put: "",
  },
  {
    name: "the timer of a closed stream is left running",
    in: "Delivery.close",
    find: `this.#timer.clear();
this.#timerDue = -Infinity;`,
    put: "",
  },
  {
    name: "a stream goes on on a new connection",
    in: "OutboundStream.onLost",
    find: `if (this.#phase === "starting" && !isKnown) return;`,
    put: `this.#started = true;
if (this.#phase !== "closed") return;`,
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
    find: "delivery.end(frame);",
    put: `delivery.end(frame);
this.#closing.resolve();`,
  },
  {
    name: "a lost stream looks complete to its reader",
    in: "InboundSubscription.endAll",
    find: "new GroupStreamError(code, stream.streamId, message, { cause })",
    put: "",
  },
  {
    name: "the publisher's error looks like a normal end",
    in: "InboundSubscription.#append",
    find: `if (error) stream.end(fromWire(stream.streamId, error));
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
    find: "this.#send(this.#options.keepAliveFrame);",
    put: "",
  },
  {
    name: "any number of fragments may be unacknowledged",
    in: "Delivery.#hasRoom",
    find: "count < maxUnackedFragments &&",
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
    in: "InboundSubscription.#drop",
    find: "if (this.#entries.get(entry.key) === entry) this.#watch(entry);",
    put: "this.#forget(entry);",
  },
  {
    name: "the idle timeout isn't sent",
    in: "OutboundStreams.#create",
    find: `streamId: checkName("streamId", streamId), idleTimeoutInMs }`,
    put: `streamId: checkName("streamId", streamId), idleTimeoutInMs: undefined }`,
  },
  {
    name: "noEcho isn't sent",
    in: "OutboundStreams.#create",
    find: `flag("noEcho", options.noEcho, false)`,
    put: "false",
  },
];
