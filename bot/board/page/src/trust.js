// What may be shown: a board that the bot's key signed, for the room in which it stands, in the order of its numbers.
import { verifyAsync } from "@noble/ed25519";

export const CARD = "org.roundtable.card";
const VERSION = 1;
const PURPOSE = new TextEncoder().encode("roundtable board\n");
// No message is larger than 65,536 bytes; what is packed in one is a few times as large.
const LARGEST_PACKED = 65_536;
const LARGEST = 2_000_000;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

const isText = (value) => typeof value === "string";
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const bytesOf = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The signed part of a message of the bot, also of one that edits another; null: there is none. */
function findCard(event) {
    if (!isObject(event) || event.type !== "m.room.message" || !isText(event.room_id) || !isObject(event.content)) {
        return null;
    }
    const edit = event.content["m.new_content"];
    const card = event.content[CARD] ?? (isObject(edit) ? edit[CARD] : null);
    if (!isObject(card) || !isText(card.board) || !isText(card.signature)) return null;
    if (card.board.length > LARGEST_PACKED || card.signature.length > 100) return null;
    return BASE64.test(card.board) && BASE64.test(card.signature) ? card : null;
}

async function inflate(packed) {
    const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
    const parts = [];
    let size = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
        size += part.value.length;
        if (size > LARGEST) {
            await reader.cancel();
            throw new Error("too large");
        }
        parts.push(part.value);
    }
    return await new Blob(parts).text();
}

/** Opens cards one after the other; gives a board where one is newer than all before, else null. */
export class Ledger {
    #key;
    #last = null;
    #turn = Promise.resolve();

    /** The bot's public key, 32 bytes in base64. Throws where it is none. */
    constructor(key) {
        this.#key = bytesOf(key);
        if (this.#key.length !== 32) throw new Error("no public key");
    }

    take(event) {
        const taken = this.#turn.then(() => this.#open(event)).catch(() => null);
        this.#turn = taken;
        return taken;
    }

    async #open(event) {
        const card = findCard(event);
        if (card === null) return null;
        const packed = bytesOf(card.board);
        const signature = bytesOf(card.signature);
        const signed = new Uint8Array([...PURPOSE, ...packed]);
        // Nothing of it is looked at before.
        if (!(await verifyAsync(signature, signed, this.#key))) return null;
        const board = JSON.parse(await inflate(packed));
        if (!isObject(board) || board.version !== VERSION || board.room !== event.room_id) return null;
        if (!Number.isSafeInteger(board.number) || !isText(board.before)) return null;
        const last = this.#last;
        if (last !== null) {
            if (board.room !== last.room || board.number <= last.number) return null;
            // The next one names this one. What is further on is whole by itself: those between were not for us to read.
            if (board.number === last.number + 1 && board.before !== last.digest) return null;
        }
        const digest = hex(await crypto.subtle.digest("SHA-256", signature));
        this.#last = { room: board.room, number: board.number, digest };
        return board;
    }
}
