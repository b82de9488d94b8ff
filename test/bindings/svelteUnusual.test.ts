import { flushSync } from "svelte";
import { describe, expect, test } from "vitest";
import { useGroupStream } from "web-pubsub-client/svelte";
import { eventually } from "./support/room.js";
import { show, state, status, usePage, version } from "./support/sveltePage.js";

const page = usePage();
const { service } = page;

describe(`unusual lives on Svelte ${version}`, () => {
  test("a name that can't be one is thrown, to a boundary if Svelte can, and the old group is left", async () => {
    const group = state("room");
    const shown = page.show(status(() => group.current));
    await eventually(() => expect(shown.texts()).toEqual(["joined"]));
    let thrown: Error | undefined;
    try {
      group.current = "";
      flushSync();
    } catch (error) {
      // The first versions have no boundary for what runs after a change.
      thrown = error as Error;
    }
    expect(thrown ? `${thrown.name}: ${thrown.message}` : shown.caught()).toMatch(
      /^TypeError: group must be a string of 1 to 1024/,
    );
    await eventually(() => expect(service.groups()).toEqual([]));
  });

  test("so does one that is wrong from the beginning", () => {
    const shown = page.show(status(""));
    expect(shown.caught()).toMatch(/^TypeError: group must be a string of 1 to 1024 characters./);
  });

  test.each([
    [-1, "RangeError: limit must be greater than or equal to 0."],
    ["many", "TypeError: limit must be a number."],
  ])("an option of useGroupStream that can't be is thrown, not shown: %j", (limit, words) => {
    const shown = page.show(() => {
      useGroupStream("room", { limit: limit as number });
      return () => "";
    });
    expect(shown.caught()).toContain(words);
  });

  test.each([[undefined], [null], [{}]])(
    "the provider without a source (%j) says what it needs",
    (source) => {
      expect(() => show(source as never)).toThrow(
        "provideWebPubSubClient needs a client, create, a url or a credential.",
      );
    },
  );

  test.each([
    [
      { create: () => undefined },
      "provideWebPubSubClient: what create returns must be a CoreClient or a WebPubSubClient.",
    ],
    [{ create: 5 }, "provideWebPubSubClient: create must be a function that returns a client."],
    [{ client: {} }, "provideWebPubSubClient: client must be a CoreClient or a WebPubSubClient."],
    [{ url: 5 }, "The first argument must be a client access URL or an object with getClientAccessUrl."],
    [
      { credential: {} },
      "The first argument must be a client access URL or an object with getClientAccessUrl.",
    ],
  ])("the provider refuses what isn't a source: %j", (source, words) => {
    expect(() => show(source as never)).toThrow(words);
  });
});
