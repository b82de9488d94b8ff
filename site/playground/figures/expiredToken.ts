import type { Figure } from "../figure.js";
import { until } from "../stage.js";

export const expiredToken: Figure = {
  id: "expired-token",
  title: "... the token expires?",
  promise:
    "A token expires, and a new connection needs a fresh one. So give the client a function; it is called for every new connection, not for recoveries.",
  link: "connecting.html#the-credential",
  plan: "Bob has a function that asks for a URL. Cem has one URL for all times. First both are cut; later, when the token in Cem's URL has expired, the service forgets both.",
  async run(stage, report) {
    let asked = 0;
    const ask = (): Promise<string> => {
      asked++;
      return stage.url("bob");
    };
    const quick = { reconnectRetryOptions: { mode: "Fixed", retryDelayInMs: 200 } } as const;
    const bob = await stage.member("bob", quick, ask);
    let url = await stage.url("cem");
    const cem = await stage.member("cem", quick, () => Promise.resolve(url));
    let recovered = 0;
    for (const client of [bob, cem]) client.once("recovered", () => recovered++);
    let refusal = "";
    stage.service.trace(({ type, text }) => {
      if (type === "refused") refusal = text ?? type;
    });

    const { faults } = stage.service;
    faults.cutTransports();
    await until(() => recovered === 2);
    report.check("both have recovered, and nobody needed a token", asked === 1);
    const before = bob.connectionId;
    // Nobody waits for an hour here: an hour later, Cem's URL is like this one.
    url = await stage.url("cem", { expiresInMinutes: -60 });
    faults.rejectRecovery({ times: 2 });
    faults.cutTransports();
    report.say("Cem's token has expired, and the service has forgotten both.");
    await until(() => bob.state === "Connected" && bob.connectionId !== before && refusal !== "");
    report.check("Bob's function was called again, and he has a new connection", asked === 2);
    report.check(`Cem isn't let in (${refusal})`, cem.state !== "Connected");
  },
};
