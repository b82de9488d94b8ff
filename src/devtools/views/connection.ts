import { h, list, say } from "../dom.js";
import { age, clock, count, duration } from "../format.js";
import type { Happening } from "../recorder.js";
import type { Subject } from "../subject.js";
import { TONES } from "../tones.js";
import type { View } from "../view.js";
import { roundTripPlot } from "./roundTrips.js";
import { strip } from "./strip.js";

/** The states of the connection with their reasons, and how long the service takes to answer. */
export function connectionView({ client, records }: Subject): View {
  const facts = {
    Connection: h("dd", { class: "mono" }),
    User: h("dd"),
    Waiting: h("dd"),
    "In this state": h("dd"),
  };
  const states = strip(records.happenings.items);
  const trips = roundTripPlot();
  const line = h("ol", { class: "line", "aria-label": "Timeline, newest first" });
  const show = list<Happening>(line, {
    key: (happening) => happening,
    version: (happening) => tell(happening).join(),
    make: (happening) => {
      const [title, text, tone] = tell(happening);
      return h(
        "li",
        { "data-tone": tone, class: "change" in happening ? "state" : "step" },
        h("time", {}, clock(happening.at)),
        h("b", {}, title),
        h("span", {}, text),
      );
    },
  });
  return {
    name: "Connection",
    element: h(
      "div",
      { class: "connection" },
      h(
        "dl",
        { class: "facts" },
        ...Object.entries(facts).map(([name, value]) => h("div", {}, h("dt", {}, name), value)),
      ),
      states.element,
      h("section", { "aria-label": "Timeline" }, h("h3", {}, "Timeline"), line),
      trips.element,
    ),
    render(now) {
      const { connectionId, userId } = client.connectionInfo;
      const { pending, unread } = records.load();
      say(facts.Connection, connectionId ?? "none");
      say(facts.User, userId ?? "none");
      say(facts.Waiting, `${count(pending, "operation")}, ${count(unread, "unread frame")}`);
      say(facts["In this state"], sinceOf(records.happenings.items, now));
      states.render(now);
      trips.render(records.roundTrips.items);
      show([...records.happenings.items].reverse());
    },
  };
}

/** How long the client has been in its state, as far as that is known. */
function sinceOf(happenings: readonly Happening[], now: number): string {
  const changes = happenings.filter((each) => "change" in each);
  const last = changes.findLast(({ change }) => change.state !== change.previousState) ?? changes[0];
  return last === undefined ? "" : age(now - last.at);
}

/** The countdown in words; empty if no attempt is waited for or under way. */
export function nextAttempt(
  { state, attempt = 1, nextAttemptAt }: Subject["client"]["connectionInfo"],
  now: number,
): string {
  if (nextAttemptAt !== undefined && nextAttemptAt > now)
    return `attempt ${attempt} in ${((nextAttemptAt - now) / 1_000).toFixed(1)} s`;
  return state === "Connecting" || state === "Recovering" ? `attempt ${attempt} under way` : "";
}

/** Title, text and tone of an entry. */
function tell(happening: Happening): [title: string, text: string, tone: string] {
  if ("change" in happening) {
    const { state, previousState, connectionId, code, reason, error, attempt, nextDelayInMs } =
      happening.change;
    // Of a further attempt to come, the one before has told why.
    const message = state === previousState ? "" : error?.message;
    const said = [
      code === undefined ? "" : `close code ${code}`,
      // The error often tells the reason too.
      reason && !message?.includes(reason) ? reason : "",
      message,
      nextDelayInMs === undefined ? "" : `attempt ${attempt ?? 1} in ${duration(nextDelayInMs)}`,
      state === "Connected" && connectionId !== undefined ? `connection ${connectionId}` : "",
    ];
    return [state, said.filter(Boolean).join("; "), TONES[state]];
  }
  if ("attempt" in happening) {
    const { kind, attempt, outcome, durationInMs = 0, error } = happening.attempt;
    const end = outcome === undefined ? "under way" : `${outcome} after ${duration(durationInMs)}`;
    const what = kind === "recover" ? "to recover" : "to connect";
    const tone = outcome === "succeeded" ? "good" : outcome === "failed" ? "bad" : "idle";
    return [`Attempt ${attempt}`, `${what}: ${end}${error ? `; ${error.message}` : ""}`, tone];
  }
  const { recovered, durationInMs = 0, attempts, replayed, error } = happening.recovery;
  const took = `after ${duration(durationInMs)} and ${count(attempts, "attempt")}`;
  if (!recovered) return ["Not recovered", `${took}; ${error?.message ?? "the connection is lost"}`, "bad"];
  return ["Recovered", `${took}; ${count(replayed ?? 0, "message")} sent again by the service`, "good"];
}
