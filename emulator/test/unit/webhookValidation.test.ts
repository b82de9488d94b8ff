import { describe, expect, test } from "vitest";
import type { OutboundResponse } from "../../src/upstream/outbound.js";
import { Scene, answer } from "./webhookScene.js";

describe("a URL is asked", () => {
  const validations = (scene: Scene) => scene.requests.filter(({ method }) => method !== "POST").length;

  test("once a minute", async () => {
    const scene = new Scene();
    await Promise.all([scene.ask(), scene.ask()]);
    scene.clock.advance(59_000);
    await scene.ask();
    expect(validations(scene)).toBe(1);
    scene.clock.advance(1_000);
    await scene.ask();
    expect(validations(scene)).toBe(2);
    expect(scene.posts).toHaveLength(4);
  });

  test("by GET where it knows no OPTIONS", async () => {
    const scene = new Scene();
    scene.validation = [answer(404), answer(204, "", { "WebHook-Allowed-Origin": "a.b, LOCALHOST:80" })];
    await scene.ask();
    expect(scene.requests.map(({ method }) => method)).toEqual(["OPTIONS", "GET", "POST"]);
  });

  test.each<[string, OutboundResponse]>([
    ["without the header", answer(200)],
    ["for another host", answer(200, "", { "WebHook-Allowed-Origin": "there:80" })],
    ["404 twice", answer(404)],
    ["401", answer(401)],
  ])("and gets nothing after a refusal: %s", async (_, refusal) => {
    const scene = new Scene();
    scene.validation = [refusal, refusal];
    await expect(scene.ask()).rejects.toThrow("the validation of http://app/chat/validate");
    expect(scene.posts).toEqual([]);
    scene.validation = [];
    await scene.ask();
    expect(scene.posts).toHaveLength(1);
  });

  test("again where it can't be reached or fails", async () => {
    const scene = new Scene();
    scene.validation = [answer(500), new Error("refused"), answer(408)];
    await scene.ask();
    expect(validations(scene)).toBe(4);
    expect(scene.clock.now()).toBe(1_000_000 + 1_000 + 3_000 + 5_000);
  });

  test("and has 10 s, after which it isn't asked again for this event", async () => {
    const scene = new Scene();
    scene.validation = ["hang"];
    await expect(scene.ask()).rejects.toThrow("there was no answer within 10 s");
    expect(scene.clock.now()).toBe(1_000_000 + 10_000);
    expect([validations(scene), scene.posts]).toEqual([1, []]);
    await scene.ask();
    expect([validations(scene), scene.posts.length]).toEqual([2, 1]);
  });
});
