/**
 * A program that uses the reference client's preview features, invocation and group streams, as its
 * users write it. Compiled and run against the reference and against ours, like program.ts.
 */
import {
  InvocationError,
  WebPubSubClient,
  type AbortGroupStreamOptions,
  type EndGroupStreamOptions,
  type GroupStream,
  type GroupStreamMessage,
  type GroupStreamSubscription,
  type GroupStreamWriteOptions,
  type GroupStreamWriter,
  type InvokeEventOptions,
  type InvokeEventResult,
  type InvokeResponseError,
  type OnGroupStreamOptions,
  type OpenGroupStreamOptions,
  type StreamDataError,
  type StreamEndError,
} from "@azure/web-pubsub-client";

export interface PreviewReport {
  /** Ids and payloads of every stream, in order, and how it ended. */
  readonly streams: { id: string; group: string; from: string; data: unknown[]; end: string }[];
  readonly answers: (Pick<InvokeEventResult, "dataType"> & { data: unknown })[];
  readonly refusals: { isInvocationError: boolean; id: string; error: InvokeResponseError | undefined }[];
  /** What the writer of the closed stream was told. */
  readonly failures: string[];
  readonly refused: string[];
  activeAfterClose?: boolean;
}

export async function run(url: string, closeStream: (id: string) => void): Promise<PreviewReport> {
  const report: PreviewReport = { streams: [], answers: [], refusals: [], failures: [], refused: [] };
  const client = new WebPubSubClient(url);

  const receive = async (stream: GroupStream): Promise<void> => {
    const { streamId: id, groupName: group } = stream;
    const entry = { id, group, from: "", data: [] as unknown[], end: "" };
    report.streams.push(entry);
    try {
      for await (const message of stream) {
        entry.from = message.fromUserId;
        entry.data.push(plain(message));
      }
      entry.end = "complete";
    } catch (thrown) {
      const { name, message, userErrorCode } = thrown as StreamDataError;
      entry.end = [name, message, userErrorCode].filter(Boolean).join(" ");
    }
    if (!stream.abortSignal.aborted) entry.end += " (signal silent)";
  };
  const receiving: OnGroupStreamOptions = {
    groupNames: ["room"],
    handleFromStart: true,
    idleTimeoutInMs: 60_000,
  };
  const subscription: GroupStreamSubscription = client.onGroupStream(receive, receiving);
  await client.start();
  await client.joinGroup("room");

  // Every kind of fragment, then the end.
  const opening: OpenGroupStreamOptions = { streamId: "mixed", noEcho: false, idleTimeoutInMs: 60_000 };
  const mixed: GroupStreamWriter = await client.openGroupStream("room", opening);
  const writing: GroupStreamWriteOptions = { abortSignal: new AbortController().signal };
  await mixed.write("one", "text", writing);
  await mixed.write({ n: [2] }, "json");
  await mixed.write(Uint8Array.of(3).buffer, "binary");
  const ending: EndGroupStreamOptions = {};
  await mixed.end(ending);
  await settled(report, 1);
  await mixed.write("late", "text").catch((error: Error) => report.refused.push(error.message));

  // Given up by its writer.
  const given = await client.openGroupStream("room", { streamId: "given up" });
  await given.write("half", "text");
  const reason: StreamEndError = { message: "no more", userErrorCode: "APP_42" };
  const giving: AbortGroupStreamOptions = {};
  await given.abort(reason, giving);
  await settled(report, 2);

  // Closed by the service.
  const closed = await client.openGroupStream("room", { streamId: "closed" });
  const told = new Promise<void>((resolve) => {
    const off: () => void = closed.onError(() => report.failures.push("removed"));
    off();
    closed.onError((error) => {
      report.failures.push(`${error.name} ${error.message}`);
      resolve();
    });
  });
  await closed.write("before", "text");
  while (report.streams[2]?.data.length !== 1) await tick();
  closeStream("closed");
  await told;
  await settled(report, 3);
  await closed.end().catch((error: Error) => report.refused.push(error.message));

  // An id that is in use.
  const open = await client.openGroupStream("hall", { streamId: "same" });
  await client
    .openGroupStream("hall", { streamId: open.streamId })
    .catch((error: Error) => report.refused.push(error.message));
  await open.end();

  const asking: InvokeEventOptions = { invocationId: "mine" };
  const answers = [
    await client.invokeEvent("echo", "text", "text"),
    await client.invokeEvent("echo", { deep: [true] }, "json", asking),
    await client.invokeEvent("echo", Uint8Array.of(4, 5).buffer, "binary"),
  ];
  for (const { dataType, data } of answers) report.answers.push({ dataType, data: plain({ data }) });

  const abort = new AbortController();
  for (const [event, options] of [
    ["nobody", { invocationId: "a" }],
    ["hangs", { invocationId: "b", abortSignal: abort.signal }],
  ] as const) {
    if (event === "hangs") setTimeout(() => abort.abort(), 20);
    try {
      await client.invokeEvent(event, "", "text", options);
    } catch (error) {
      const isInvocationError = error instanceof InvocationError;
      const { invocationId: id, errorDetail } = error as InvocationError;
      report.refusals.push({ isInvocationError, id, error: errorDetail });
    }
  }

  await subscription.close();
  report.activeAfterClose = subscription.isActive;
  client.stop();
  return report;
}

async function settled({ streams }: PreviewReport, count: number): Promise<void> {
  while (streams.filter(({ end }) => end !== "").length < count) await tick();
}

const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

/** The payload in a form that can be compared. */
function plain({ data }: { readonly data?: GroupStreamMessage["data"] }): unknown {
  return data instanceof ArrayBuffer ? [...new Uint8Array(data)] : data;
}
