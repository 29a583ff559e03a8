// The app around the board, as far as it speaks the widget API (the client's half of matrix-widget-api, as in Element).
import { ClientWidgetApi, Widget, WidgetDriver } from "matrix-widget-api";

const { widget, room, user, theme } = JSON.parse(document.getElementById("options").textContent);
const timeline = [];
const state = [];

class Driver extends WidgetDriver {
    async validateCapabilities(requested) {
        window.capabilities = [...requested].sort();
        return requested;
    }
    async sendEvent(type, content, stateKey, roomId) {
        const eventId = await window.say(type, content, stateKey ?? null, roomId ?? room);
        return { roomId: room, eventId };
    }
    async readRoomTimeline(roomId, type, msgtype, stateKey, limit) {
        if (stateKey !== undefined) return [];
        const fits = (event) => event.room_id === roomId && event.type === type && (!msgtype || event.content.msgtype === msgtype);
        return timeline.filter(fits).reverse().slice(0, limit || Infinity);
    }
    async readRoomState(roomId, type, stateKey) {
        return state.filter((event) => event.type === type && (stateKey === undefined || event.state_key === stateKey));
    }
    async readEventRelations(eventId, roomId, relationType, eventType, from, to, limit) {
        return { chunk: (await window.readBack(eventId)).slice(0, limit ?? 50) };
    }
    getKnownRooms() {
        return [room];
    }
}

const template = new Widget(widget);
const url = new URL(template.getCompleteUrl({ currentUserId: user, widgetRoomId: room, clientTheme: theme, clientLanguage: navigator.language, deviceId: "X", baseUrl: "" }));
url.searchParams.append("widgetId", template.id);
url.searchParams.append("parentUrl", location.href.split("#", 2)[0]);
const frame = document.createElement("iframe");
frame.sandbox = "allow-forms allow-popups allow-popups-to-escape-sandbox allow-same-origin allow-scripts allow-presentation allow-downloads";
frame.src = url.toString();

window.keep = (event) => timeline.push(event);
window.keepState = (event) => state.push(event);
window.begin = () => new Promise((resolve) => {
    document.body.append(frame);
    const api = new ClientWidgetApi(template, frame, new Driver());
    api.setViewedRoomId(room);
    api.once("ready", () => resolve(true));
    window.feed = (event) => {
        timeline.push(event);
        return api.feedEvent(event);
    };
});
