import { describe } from "vitest";
import { testWrapping, type Wrap } from "../helpers/wrapping.js";

/** What stores of applications wrap: plain objects and arrays, and objects of classes. */
const isWrapped = (value: unknown): value is object =>
  ["[object Object]", "[object Array]"].includes(Object.prototype.toString.call(value));

/** Whatever is got through the proxy is wrapped as well, as Alpine does it. */
const deeply: Wrap = (value) =>
  new Proxy(value, {
    get: (target, key, receiver) => {
      const got: unknown = Reflect.get(target, key, receiver);
      return isWrapped(got) ? deeply(got) : got;
    },
  });

/** A proxy around another object with the same class and fields, as Valtio does it. */
const copied: Wrap = (value) => {
  const copy = Object.create(
    Object.getPrototypeOf(value) as object,
    Object.getOwnPropertyDescriptors(value),
  ) as typeof value;
  return deeply(copy);
};

const wraps: Record<string, Wrap> = {
  "a proxy": (value) => new Proxy(value, {}),
  "a deep proxy": deeply,
  "a proxy around a copy": copied,
  "an object that inherits": (value) => Object.create(value) as typeof value,
  "a proxy of a proxy": (value) => deeply(deeply(value)),
  "a frozen object": (value) => Object.freeze(value),
};

describe.each(Object.entries(wraps))("wrapped in", (name, wrap) => testWrapping(name, wrap));
