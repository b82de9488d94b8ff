/** Stands in for React Native's components and app state where a page of the documentation is tried. */
import { createElement as h, type ReactElement, type ReactNode } from "react";

interface Children {
  readonly children?: ReactNode;
}
export const View = ({ children }: Children): ReactElement => h("main", null, children);
export const Text = ({ children, role }: Children & { readonly role?: string }): ReactElement =>
  h("p", { role }, children);

interface List {
  readonly data: readonly unknown[];
  readonly keyExtractor: (item: unknown) => string;
  readonly renderItem: (info: { item: unknown }) => ReactElement;
}
export const FlatList = ({ data, keyExtractor, renderItem }: List): ReactElement =>
  h(
    "ul",
    null,
    data.map((item) => h("li", { key: keyExtractor(item) }, renderItem({ item }))),
  );

interface Input {
  readonly value: string;
  readonly accessibilityLabel: string;
  readonly onChangeText: (text: string) => void;
}
export const TextInput = ({ value, accessibilityLabel, onChangeText }: Input): ReactElement =>
  h("input", {
    value,
    "aria-label": accessibilityLabel,
    onChange: ({ target }: { target: HTMLInputElement }) => onChangeText(target.value),
  });

interface Press {
  readonly title: string;
  readonly disabled: boolean;
  readonly onPress: () => void;
}
export const Button = ({ title, disabled, onPress }: Press): ReactElement =>
  h("button", { disabled, onClick: onPress }, title);

const listeners = new Set<(state: string) => void>();
export const AppState = {
  addEventListener(_type: "change", listener: (state: string) => void): { remove(): void } {
    listeners.add(listener);
    return { remove: () => void listeners.delete(listener) };
  },
};

/** The app comes to the front or goes. */
export function changeAppState(state: "active" | "background"): void {
  for (const each of [...listeners]) each(state);
}

/** What the documentation asks of React Native and of its storage, as their own types have it. */
export const DECLARATIONS = `
declare module "react-native" {
  import type { ComponentType, ReactElement, ReactNode } from "react";
  export const View: ComponentType<{ style?: { flex?: number; padding?: number }; children?: ReactNode }>;
  export const Text: ComponentType<{ role?: "status"; children?: ReactNode }>;
  export function FlatList<T>(props: {
    data: ArrayLike<T> | null | undefined;
    keyExtractor?: (item: T, index: number) => string;
    renderItem: (info: { item: T; index: number }) => ReactElement | null;
  }): ReactElement;
  export const TextInput: ComponentType<{
    value?: string;
    onChangeText?: (text: string) => void;
    accessibilityLabel?: string;
  }>;
  export const Button: ComponentType<{ title: string; disabled?: boolean; onPress?: () => void }>;
  export type AppStateStatus = "active" | "background" | "inactive" | "unknown" | "extension";
  export const AppState: {
    addEventListener(type: "change", listener: (state: AppStateStatus) => void): { remove(): void };
  };
}
declare module "@react-native-async-storage/async-storage" {
  const AsyncStorage: {
    getItem(key: string): Promise<string | null>;
    setItem(key: string, value: string): Promise<void>;
    removeItem(key: string): Promise<void>;
  };
  export default AsyncStorage;
}
`;
