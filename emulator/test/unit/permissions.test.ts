import { expect, test } from "vitest";
import { Permissions } from "../../src/service/permissions.js";

test("no role allows nothing with groups", () => {
  const permissions = new Permissions([]);
  expect(permissions.allows("joinLeaveGroup", "g")).toBe(false);
  expect(permissions.allows("sendToGroup", "g")).toBe(false);
});

test("a role for any group, for one group, for a pattern", () => {
  const permissions = new Permissions([
    "webpubsub.joinLeaveGroup",
    "webpubsub.sendToGroup.a.b",
    "webpubsub.sendToGroups.room.*",
  ]);
  expect(permissions.allows("joinLeaveGroup", "whatever")).toBe(true);
  expect(permissions.allows("sendToGroup", "a.b")).toBe(true);
  expect(permissions.allows("sendToGroup", "a.c")).toBe(false);
  expect(permissions.allows("sendToGroup", "room.1")).toBe(true);
  expect(permissions.allows("sendToGroup", "Room.1")).toBe(false);
});

test("roles that are unknown or wrong allow nothing", () => {
  const permissions = new Permissions([
    "admin",
    "webpubsub.sendToGroups",
    "webpubsub.sendToGroups.******",
    "",
  ]);
  expect(permissions.allows("sendToGroup", "g")).toBe(false);
});

test("a name with pattern characters in a single-group role is that name", () => {
  const permissions = new Permissions(["webpubsub.sendToGroup.*"]);
  expect(permissions.allows("sendToGroup", "*")).toBe(true);
  expect(permissions.allows("sendToGroup", "g")).toBe(false);
});

test("the server grants and revokes", () => {
  const permissions = new Permissions([]);
  permissions.grant("sendToGroup", "g");
  expect(permissions.allows("sendToGroup", "g")).toBe(true);
  expect(permissions.has("sendToGroup")).toBe(false);
  permissions.revoke("sendToGroup", "g");
  expect(permissions.allows("sendToGroup", "g")).toBe(false);
  permissions.grant("sendToGroup");
  expect(permissions.has("sendToGroup")).toBe(true);
  permissions.revoke("sendToGroup");
  expect(permissions.allows("sendToGroup", "h")).toBe(false);
});

test("a revoked group is refused whatever the roles say, until it is granted again", () => {
  const permissions = new Permissions(["webpubsub.sendToGroup", "webpubsub.joinLeaveGroups.room.*"]);
  permissions.revoke("sendToGroup", "g");
  permissions.revoke("joinLeaveGroup", "room.1");
  expect(permissions.allows("sendToGroup", "g")).toBe(false);
  expect(permissions.has("sendToGroup", "g")).toBe(false);
  expect(permissions.allows("sendToGroup", "h")).toBe(true);
  expect(permissions.allows("joinLeaveGroup", "room.1")).toBe(false);
  expect(permissions.allows("joinLeaveGroup", "room.2")).toBe(true);
  permissions.grant("sendToGroup", "g");
  expect(permissions.allows("sendToGroup", "g")).toBe(true);
  permissions.revoke("sendToGroup", "g");
  permissions.grant("sendToGroup");
  expect(permissions.allows("sendToGroup", "g")).toBe(true);
});

test("what is wrong or too much is skipped, and said", () => {
  const problems: string[] = [];
  const named = Array.from({ length: 1_001 }, (_, i) => `webpubsub.sendToGroup.g${i}`);
  const patterns = Array.from({ length: 10 }, (_, i) => `webpubsub.sendToGroups.p${i}.*`);
  const wrong = ["webpubsub.sendToGroup.", "webpubsub.sendToGroups.a\\b", "webpubsub.sendToGroups.******"];
  const permissions = new Permissions([...named, ...patterns, ...wrong], (problem) => problems.push(problem));
  expect(problems).toEqual([
    'The role "webpubsub.sendToGroup.g1000" was skipped: more than 1000 groups are named.',
    'The role "webpubsub.sendToGroups.p9.*" was skipped: more than 9 patterns are given.',
    'The role "webpubsub.sendToGroup." was skipped: it names no group.',
    'The role "webpubsub.sendToGroups.a\\\\b" was skipped: only \\ * ? can stand behind a \\.',
    'The role "webpubsub.sendToGroups.******" was skipped: it has more than 5 *.',
  ]);
  expect(permissions.allows("sendToGroup", "g999")).toBe(true);
  expect(permissions.allows("sendToGroup", "g1000")).toBe(false);
  expect(permissions.allows("sendToGroup", "p8.x")).toBe(true);
  expect(permissions.allows("sendToGroup", "p9.x")).toBe(false);
});

test("two stars are any group, and a pattern without wildcards is a name", () => {
  const permissions = new Permissions(["webpubsub.sendToGroups.**", "webpubsub.joinLeaveGroups.a\\*"]);
  expect(permissions.has("sendToGroup")).toBe(true);
  expect(permissions.allows("joinLeaveGroup", "a*")).toBe(true);
  expect(permissions.allows("joinLeaveGroup", "ab")).toBe(false);
});

test("the server can name 1,000 groups, granted and revoked ones together", () => {
  const permissions = new Permissions(["webpubsub.sendToGroups.revoked.*"]);
  for (let i = 0; i < 500; i++) {
    expect(permissions.grant("sendToGroup", `granted.${i}`)).toBe(true);
    expect(permissions.revoke("sendToGroup", `revoked.${i}`)).toBe(true);
  }
  expect(permissions.grant("sendToGroup", "more")).toBe(false);
  expect(permissions.revoke("sendToGroup", "revoked.more")).toBe(false);
  expect(permissions.allows("sendToGroup", "more")).toBe(false);
  expect(permissions.allows("sendToGroup", "revoked.more")).toBe(true);
  // What changes nothing, or only takes back, needs no room.
  expect(permissions.grant("sendToGroup", "granted.1")).toBe(true);
  expect(permissions.grant("sendToGroup", "revoked.1")).toBe(true);
  expect(permissions.grant("sendToGroup", "more")).toBe(true);
});
