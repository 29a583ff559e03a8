// The board beside a room: reads the bot's cards that the app decrypts, and says people's moves through the app.
import { WidgetApi } from "matrix-widget-api";
import { Ledger } from "./trust.js";
import { View } from "./view.js";

const MESSAGE = "m.room.message";
const PINNED = "m.room.pinned_events";
const asked = new URLSearchParams(location.search);
// Behind the hash: it never leaves the browser.
const own = new URLSearchParams(location.hash.slice(1));
const theme = own.get("theme");
if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;

let api = null;
const view = new View(document.getElementById("board"), document.getElementById("news"), {
    me: own.get("user"),
    language: own.get("language") || navigator.language,
    send: (line) => api.sendRoomEvent(MESSAGE, { msgtype: "m.text", body: line, "m.mentions": {} }),
});
const ledger = new Ledger(document.querySelector("meta[name=roundtable-key]").content);

async function take(event) {
    const board = await ledger.take(event);
    if (board !== null) view.show(board);
}

/** What the app has of this room already. */
async function readBack() {
    for (const event of await api.readRoomEvents(MESSAGE, 50, "m.notice")) await take(event);
    for (const state of await api.readStateEvents(PINNED, 1, "")) await readPinned(state);
}

/** What the pinned card says now, however long ago it was posted: an edit of it is found by what it edits. */
async function readPinned(state) {
    if (state?.type !== PINNED || !Array.isArray(state.content?.pinned)) return;
    for (const eventId of state.content.pinned.slice(0, 3)) {
        const edits = await api.readEventRelations(eventId, undefined, "m.replace", MESSAGE, 5, undefined, undefined, "b");
        for (const event of edits.chunk) await take(event);
    }
}

// What can't be read back comes with the next card.
const quietly = (reading) => reading.catch(() => null);

if (window.parent === window || !asked.get("widgetId")) {
    view.wait("lonely");
} else {
    view.wait("waiting");
    let origin = "null";
    try {
        origin = new URL(asked.get("parentUrl")).origin;
    } catch {
        // Only apps that the policy names show this page.
    }
    api = new WidgetApi(asked.get("widgetId"), origin === "null" ? "*" : origin);
    api.requestCapabilityToReceiveMessage("m.notice");
    api.requestCapabilityToSendMessage("m.text");
    api.requestCapabilityToReceiveState(PINNED, "");
    api.on("action:send_event", (heard) => {
        heard.preventDefault();
        api.transport.reply(heard.detail, {});
        take(heard.detail.data);
    });
    api.on("action:update_state", (heard) => {
        heard.preventDefault();
        api.transport.reply(heard.detail, {});
        // Apps that say by themselves what the state is read it back no more.
        for (const state of heard.detail.data.state ?? []) quietly(readPinned(state));
    });
    api.on("ready", () => quietly(readBack()));
    api.start();
}
