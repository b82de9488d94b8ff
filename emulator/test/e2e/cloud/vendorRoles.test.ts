import { describe, expect, test } from "vitest";
import { House } from "../harness.js";

/** What the vendor's tests of roles assert (`ConnectionRolePermissions`, `PatternMatcher`, `GroupPermissionManager`). */

const join = "webpubsub.joinLeaveGroup";
const send = "webpubsub.sendToGroup";
const permission = (id: string) => `/api/hubs/chat/permissions/joinLeaveGroup/connections/${id}`;

describe("a pattern of group names", () => {
  test.each<[string, string[], string[]]>([
    ["*", ["room"], [".", "a.b"]],
    ["**", ["room.nested", "...."], []],
    ["?", ["a"], [".", "ab"]],
    ["ab*", ["ab", "abcd"], ["ab.cd", "bcd"]],
    ["a*c", ["a123c"], ["a123cd", "a1.3c"]],
    ["ab**", ["ab", "ab.cd.ef"], []],
    ["**ab", ["cd.ef.ab"], ["cd.ef.abc"]],
    ["a?c", ["abc"], ["a.c", "ac", "abbc"]],
    ["a.**.b", ["a..b"], []],
    ["a*.**.*b", ["ab.cd.ef.ab"], ["b.cd.ef.b"]],
    ["a\\*.***b", ["a*.ab"], ["aa.ab"]],
    ["a\\\\.***b", ["a\\.ab"], ["aa.ab"]],
    ["a\\?*", ["a?bc"], ["abc"]],
    ["*.*.*.*.*", ["a.b.c.d.e"], ["a.b.c.d"]],
    ["Room*", ["Room1"], ["room1"]],
    ["Room**", [], ["room.nested"]],
    ["Ä?", ["Äb"], ["äb"]],
    // Without wildcards it is a name.
    ["room", ["room"], ["roomextra"]],
    ["room\\*", ["room*"], ["room", "room*extra"]],
    ["room\\?", ["room?"], ["rooms", "room?extra"]],
    ["room\\\\", ["room\\"], ["room\\extra"]],
    // What is no pattern allows nothing.
    ["a\\", [], ["a", "a\\"]],
    ["a\\b", [], ["ab", "a\\b"]],
    ["*.*.*.*.*.*", [], ["a.b.c.d.e.f"]],
  ])("%s", async (pattern, allowed, others) => {
    await using house = await House.open();
    const client = await house.client({ roles: [`${join}s.${pattern}`, `${send}s.${pattern}`] });
    for (const group of [...allowed, ...others]) {
      const success = allowed.includes(group);
      expect([group, await client.join(group), await client.text(group, "x")]).toMatchObject([
        group,
        { success },
        { success },
      ]);
    }
  });
});

test("nine patterns fit for each permission, equal ones counted; names fit beside them", async () => {
  await using house = await House.open();
  const nine = Array.from({ length: 9 }, (_, i) => `p${i}*`);
  const roles = (patterns: string[], name: string) => patterns.map((pattern) => `${name}s.${pattern}`);
  const client = await house.client({
    roles: [
      ...roles([...nine, "tenth*", "plain"], join),
      ...roles([...nine.map(() => "same*"), "tenth*", "plain"], send),
    ],
  });
  const joins = [];
  for (const group of ["p0", "p8x", "tenth", "plain"]) joins.push((await client.join(group))["success"]);
  const sends = [];
  for (const group of ["same", "tenth", "plain"]) sends.push((await client.text(group, "x"))["success"]);
  expect([joins, sends]).toEqual([
    [true, true, false, true],
    [true, false, true],
  ]);
  expect(house.warnings.filter((warning) => warning.includes("tenth*"))).toHaveLength(2);
});

describe("1,000 groups by name", () => {
  const names = Array.from({ length: 1_000 }, (_, i) => `room${i}`);

  test.each([
    [false, "PUT", "DELETE"],
    [true, "DELETE", "PUT"],
  ])("beside any group (%s): %s of one more changes nothing, and %s makes room", async (any, name, undo) => {
    await using house = await House.open();
    const { id } = await house.client({ roles: any ? [join] : [] });
    const hub = house.emulator.hub("chat");
    for (const group of names) {
      if (any) hub.revokePermission(id, "joinLeaveGroup", group);
      else hub.grantPermission(id, "joinLeaveGroup", group);
    }
    const call = async (method: string, targetName: string) =>
      (await house.call(method, permission(id), { query: { targetName } })).status;
    const allowed = async (group: string) => (await call("HEAD", group)) === 200;
    const done = name === "PUT" ? 200 : 204;
    const undone = undo === "PUT" ? 200 : 204;

    expect(await call(name, "overflow")).toBe(409);
    expect([await allowed("overflow"), await allowed("room0"), await allowed("room999")]).toEqual([
      any,
      !any,
      !any,
    ]);
    // What changes nothing needs no room.
    expect([await call(name, "room0"), await call(undo, "overflow")]).toEqual([done, undone]);
    expect([await call(undo, "room0"), await allowed("room0")]).toEqual([undone, any]);
    expect([await call(name, "overflow"), await allowed("overflow")]).toEqual([done, !any]);
    expect([await call(name, "another"), await allowed("another")]).toEqual([409, any]);
  });
});

test("a revoked group is refused, also one that a pattern allows, until it is granted again", async () => {
  await using house = await House.open();
  const client = await house.client({ roles: [`${join}s.room*`] });
  const call = async (method: string, targetName: string) =>
    house.call(method, permission(client.id), { query: { targetName } });
  const success = async (group: string) => (await client.join(group))["success"];
  await call("PUT", "room0");
  expect(await success("room0")).toBe(true);
  await call("DELETE", "room0");
  expect([await success("room0"), await success("roomNew")]).toEqual([false, true]);
  await call("PUT", "room0");
  expect(await success("room0")).toBe(true);
});
