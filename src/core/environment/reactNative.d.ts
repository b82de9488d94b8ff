/** What the client uses of React Native, which only its apps have installed. */

declare module "react-native" {
  export const AppState: {
    addEventListener(type: "change", listener: (state: string) => void): { remove(): void };
  };
}
