import { expect, test } from "vitest";
import { intrusion } from "../../src/admin/intrusion.js";

const from = (remoteAddress: string | undefined, headers = {}) =>
  intrusion({ socket: { remoteAddress }, headers: { host: "localhost:8080", ...headers } });

test.each(["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])("%s is this machine", (address) => {
  expect(from(address)).toBeUndefined();
});

test.each(["192.0.2.1", "::ffff:192.0.2.1", "fe80::1", "", undefined])("%s is kept out", (address) => {
  expect(from(address)).toBe("it is open to this machine only");
});

test.each([undefined, "", "evil.example", "127.0.0.1.evil.example", "local host", "0.0.0.0"])(
  "the Host header %s is kept out",
  (host) => {
    expect(from("127.0.0.1", { host })).toMatch(/^the Host header must be/);
  },
);

test.each(["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"])(
  "a request with the header %s is kept out",
  (name) => {
    expect(from("127.0.0.1", { [name]: "" })).toBe("it can't be reached through a proxy");
  },
);
