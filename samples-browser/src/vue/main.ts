import { createApp } from "vue";
import { WebPubSubPlugin } from "web-pubsub-client/vue";
import { source } from "../shared/source";
import Chat from "./Chat.vue";

createApp(Chat).use(WebPubSubPlugin, source).mount("#app");
