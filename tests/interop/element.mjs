// One client with Element's own crypto (matrix-js-sdk on the Rust crypto), driven by JSON lines; see element.py.
// In: {"id", "do", ...arguments}. Out: {"id", "gives"} or {"id", "fails"}. Questions are answered as they are ready.
import "fake-indexeddb/auto";
import readline from "node:readline";
import attachments from "matrix-encrypt-attachment";
import * as sdk from "matrix-js-sdk";
import {
    AllDevicesIsolationMode,
    decodeRecoveryKey,
    OnlySignedDevicesIsolationMode,
    VerificationPhase,
    VerificationRequestEvent,
    VerifierEvent,
} from "matrix-js-sdk/lib/crypto-api/index.js";
import { PollResponseEvent } from "matrix-js-sdk/lib/extensible_events_v1/PollResponseEvent.js";
import { logger } from "matrix-js-sdk/lib/logger.js";

// Standard output is for answers only.
logger.setLevel?.("silent");
for (const level of ["log", "debug", "info", "warn", "error", "trace"]) {
    console[level] = (...words) => process.env.ELEMENT_DEBUG && process.stderr.write(`${words.join(" ")}\n`);
}
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

const { homeserver, user, password, excludeInsecureDevices } = JSON.parse(process.argv[2]);
let recoveryKey = null;
const proof = { type: "m.login.password", identifier: { type: "m.id.user", user }, password };
const login = await sdk.createClient({ baseUrl: homeserver }).loginRequest(proof);
const client = sdk.createClient({
    baseUrl: homeserver,
    accessToken: login.access_token,
    userId: login.user_id,
    deviceId: login.device_id,
    cryptoCallbacks: {
        getSecretStorageKey: async ({ keys }) =>
            recoveryKey === null ? null : [Object.keys(keys)[0], decodeRecoveryKey(recoveryKey)],
    },
});
await client.initRustCrypto({ useIndexedDB: false });
const crypto = client.getCrypto();
crypto.setDeviceIsolationMode(
    excludeInsecureDevices ? new OnlySignedDevicesIsolationMode() : new AllDevicesIsolationMode(false),
);

// What waits for something looks again whenever anything happens.
const waiting = new Set();
const look = () => waiting.forEach((check) => check());
for (const event of ["sync", "Room.timeline", "Thread.new", "Thread.update", "Event.decrypted", "Event.replaced", "RoomState.members"]) {
    client.on(event, look);
}
client.on("userTrustStatusChanged", look);
client.on("crypto.devicesUpdated", look);

function until(find) {
    return new Promise((resolve, reject) => {
        let busy = false;
        let again = false;
        const check = async () => {
            again = true;
            if (busy) return;
            busy = true;
            try {
                while (again) {
                    again = false;
                    const found = await find();
                    if (found) {
                        waiting.delete(check);
                        resolve(found);
                        return;
                    }
                }
            } catch (error) {
                waiting.delete(check);
                reject(error);
            } finally {
                busy = false;
            }
        };
        waiting.add(check);
        check();
    });
}

async function describe(event) {
    const shield = event.isEncrypted() ? await crypto.getEncryptionInfoForEvent(event) : null;
    return {
        event_id: event.getId(),
        sender: event.getSender(),
        content: event.getContent(),
        // The text as it stands after edits, which Element shows in its place.
        shown: event.replacingEvent()?.getContent()["m.new_content"]?.body ?? event.getContent().body ?? null,
        thread: event.threadRootId ?? null,
        encrypted: event.isEncrypted(),
        shield: shield?.shieldColour ?? null,
    };
}

function listEvents(roomId) {
    const room = client.getRoom(roomId);
    const threads = room?.getThreads().map((thread) => thread.events) ?? [];
    const timelines = [room?.getLiveTimeline().getEvents() ?? [], ...threads];
    return [...new Map(timelines.flat().map((event) => [event.getId(), event])).values()];
}

async function isSigned() {
    const status = await crypto.getDeviceVerificationStatus(client.getUserId(), client.getDeviceId());
    return status?.signedByOwner === true && (await crypto.isCrossSigningReady());
}

const commands = {
    // One's own identity
    async create_identity() {
        await crypto.bootstrapCrossSigning({
            authUploadDeviceSigningKeys: async (upload) => {
                try {
                    return await upload(null);
                } catch (error) {
                    return await upload({ ...proof, session: error.data.session });
                }
            },
        });
    },
    async unlock({ recovery_key }) {
        recoveryKey = recovery_key;
        // What the homeserver says of the account comes first: the keys in the storage are compared with it.
        await crypto.userHasCrossSigningKeys(client.getUserId(), true);
        await crypto.bootstrapCrossSigning({});
    },
    async scroll({ room_id }) {
        await client.scrollback(client.getRoom(room_id), 1000);
    },
    async restore() {
        await crypto.loadSessionBackupPrivateKeyFromSecretStorage();
        return (await crypto.restoreKeyBackup()).imported;
    },
    async name_of({ user_id }) {
        return (await client.getProfileInfo(user_id)).displayname;
    },
    async is_signed() {
        return await isSigned();
    },
    async becomes_signed() {
        return await until(isSigned);
    },

    // What it thinks of others
    async device_is_signed({ user_id, device_id }) {
        await until(async () => (await crypto.getUserDeviceInfo([user_id], true)).get(user_id)?.has(device_id));
        return (await crypto.getDeviceVerificationStatus(user_id, device_id))?.signedByOwner === true;
    },
    async has_verified({ user_id }) {
        return (await crypto.getUserVerificationStatus(user_id)).isCrossSigningVerified();
    },
    async verifies({ user_id }) {
        return await until(async () => (await crypto.getUserVerificationStatus(user_id)).isCrossSigningVerified());
    },

    // Rooms
    async join({ room_id }) {
        await until(() => client.getRoom(room_id) !== null);
        await client.joinRoom(room_id);
        await until(() => client.getRoom(room_id)?.getMyMembership() === "join");
        await until(() => client.getRoom(room_id)?.hasEncryptionStateEvent());
    },
    async send({ room_id, content }) {
        return (await client.sendEvent(room_id, "m.room.message", content)).event_id;
    },
    async poll({ room_id, event_id }) {
        return await until(() => {
            const start = client.getRoom(room_id)?.polls.get(event_id)?.pollEvent;
            if (!start) return null;
            const answers = start.answers.map((answer) => [answer.id, answer.text]);
            return { question: start.question.text, answers, most: start.maxSelections };
        });
    },
    async vote({ room_id, event_id, answer }) {
        const { type, content } = PollResponseEvent.from([answer], event_id).serialize();
        return (await client.sendEvent(room_id, type, content)).event_id;
    },
    async hears({ room_id, event_id, shown }) {
        return await until(async () => {
            const event = listEvents(room_id).find((candidate) => candidate.getId() === event_id);
            if (event === undefined || event.getType() === "m.room.encrypted") return null;
            if (event.isDecryptionFailure()) return null;
            const described = await describe(event);
            return shown === null || described.shown === shown ? described : null;
        });
    },
    async refuses({ room_id, event_id }) {
        return await until(() => {
            const event = listEvents(room_id).find((candidate) => candidate.getId() === event_id);
            const reason = event?.isDecryptionFailure() ? event.decryptionFailureReason : null;
            // A key may still be on its way.
            return reason === "MEGOLM_UNKNOWN_INBOUND_SESSION_ID" ? null : reason;
        });
    },
    async upload({ data, name }) {
        const plain = Uint8Array.from(Buffer.from(data, "base64"));
        const { data: sealed, info } = await attachments.encryptAttachment(plain.buffer);
        const { content_uri } = await client.uploadContent(Buffer.from(sealed), {
            includeFilename: false,
            type: "application/octet-stream",
        });
        return { msgtype: "m.file", body: name, filename: name, file: { ...info, url: content_uri }, info: {} };
    },
    async download({ file }) {
        const url = client.mxcUrlToHttp(file.url, undefined, undefined, undefined, false, true, true);
        const response = await fetch(url, { headers: { Authorization: `Bearer ${client.getAccessToken()}` } });
        if (!response.ok) throw new Error(`status ${response.status}`);
        const plain = await attachments.decryptAttachment(await response.arrayBuffer(), file);
        return Buffer.from(plain).toString("base64");
    },

    // Verification by emoji, as the one who asks
    async ask_in_room({ user_id, room_id }) {
        await crypto.getUserDeviceInfo([user_id], true);
        watch(await crypto.requestVerificationDM(user_id, room_id));
    },
    async ask_device({ user_id, device_id }) {
        await crypto.getUserDeviceInfo([user_id], true);
        watch(await crypto.requestDeviceVerification(user_id, device_id));
    },
    async start_emoji() {
        await until(() => asked.phase >= VerificationPhase.Ready);
        const verifier = await asked.startVerification("m.sas.v1");
        verifier.on(VerifierEvent.ShowSas, (callbacks) => {
            compared = callbacks;
            look();
        });
        // How it ends is told by the request.
        verifier.verify().then(look, look);
        await until(() => compared !== null || asked.phase > VerificationPhase.Started);
        return compared?.sas ?? null;
    },
    async same() {
        await compared.confirm();
    },
    async different() {
        compared.mismatch();
    },
    async cancel() {
        await asked.cancel();
    },
    async ended() {
        await until(() => asked.phase >= VerificationPhase.Cancelled);
        return asked.phase === VerificationPhase.Done ? "done" : asked.cancellationCode;
    },
};

let asked = null;
let compared = null;

function watch(request) {
    asked = request;
    compared = null;
    request.on(VerificationRequestEvent.Change, look);
}

await client.startClient({ initialSyncLimit: 50, threadSupport: true });
await until(() => client.getSyncState() === "PREPARED" || client.getSyncState() === "SYNCING");
say({ id: 0, gives: { user_id: login.user_id, device_id: login.device_id, version: crypto.getVersion() } });

for await (const line of readline.createInterface({ input: process.stdin })) {
    const { id, do: name, ...args } = JSON.parse(line);
    commands[name](args).then(
        (gives) => say({ id, gives: gives ?? null }),
        (error) => say({ id, fails: `${error.name}: ${error.message}` }),
    );
}
client.stopClient();
process.exit(0);
