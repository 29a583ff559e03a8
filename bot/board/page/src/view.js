// A board as people see it. Whatever was written by anybody becomes text, never markup.
import { wordsIn } from "./words.js";

/** An element with attributes and children; a string is a text. */
function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        if (typeof value === "function") element.addEventListener(key, value);
        else if (value !== null && value !== false) element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
}

const oneLine = (text) => text.split(/\s+/u).filter(Boolean).join(" ");

/** The line that a move says, with what was filled in. */
export function compose(move, values) {
    const typed = move.asks.map((field, index) => {
        const value = oneLine(values[index] ?? "");
        return value && field.key ? `${field.key}: ${value}` : value;
    });
    return [move.says, ...typed].filter(Boolean).join(" ");
}

export class View {
    #me;
    #send;
    #root;
    #news;
    #board = null;
    #later = null;
    #words;
    #sent = new Map();
    #form = null;

    /** `me`: the Matrix id of who looks, or null. `send(line)`: says a line in the room; resolves once it is sent. */
    constructor(root, news, { me, language, send }) {
        this.#root = root;
        this.#news = news;
        this.#me = me;
        this.#send = send;
        this.#words = wordsIn(language);
        document.documentElement.lang = this.#words === wordsIn("nl") ? "nl" : "en";
    }

    /** Say what stands there as long as there is no board. */
    wait(key) {
        this.#root.replaceChildren(make("p", { class: "empty" }, this.#words[key]));
    }

    /** Show a board, unless somebody is filling something in: then once they are done. */
    show(board) {
        if (this.#form !== null) {
            this.#later = board;
            this.#say(this.#words.held);
            return;
        }
        const before = this.#board;
        this.#board = board;
        this.#words = wordsIn(board.language);
        document.documentElement.lang = board.language;
        const changed = before === null ? [] : listChanged(before, board);
        for (const [says, [text, until]] of this.#sent) {
            if (Date.now() > until || !find(board, says, text)) this.#sent.delete(says);
        }
        this.#draw();
        if (changed.length) this.#say(`${this.#words.changed} ${changed.join(", ")}`);
    }

    #say(text) {
        this.#news.textContent = text;
    }

    #draw() {
        const focused = document.activeElement?.dataset?.key;
        const board = this.#board;
        const words = this.#words;
        this.#root.replaceChildren(
            make(
                "header",
                {},
                make("h1", {}, board.ref),
                make("p", { class: "goal" }, make("b", {}, `${words.goal}: `), board.goal),
                ...board.heads.map((head, index) => this.#head(head, index)),
                make("p", { class: "facts" }, ...this.#facts().map((fact) => make("span", {}, fact))),
            ),
            this.#section("meetings", words.meetings, null, [], board.meetings.map((meeting) => this.#meeting(meeting))),
            make("div", { class: "columns" }, ...board.columns.map((column, index) => this.#column(column, index))),
            this.#timeline(),
        );
        if (focused) [...this.#root.querySelectorAll("[data-key]")].find((each) => each.dataset.key === focused)?.focus();
    }

    #head(head, index) {
        const moves = this.#moves(head.moves, this.#board.ref, head);
        return make("div", { class: "head", id: `head-${index}` }, ...head.lines.map((line) => make("p", {}, line)), moves);
    }

    #facts() {
        const { closed, review, at } = this.#board;
        const words = this.#words;
        return [
            closed ? `${words.closed} ${closed}` : review ? `${words.review} ${review}` : "",
            `${words.asOf} ${at}`,
        ].filter(Boolean);
    }

    #section(id, title, counts, moves, entries) {
        const heading = make("h2", { id }, title);
        const list = entries.length ? make("ul", {}, ...entries) : make("p", { class: "none" }, this.#words.none);
        return make(
            "section",
            { "aria-labelledby": id },
            heading,
            counts ? make("p", { class: "counts" }, counts) : null,
            this.#moves(moves, title, title),
            list,
        );
    }

    #column(column, index) {
        const counts = column.counts.map(([state, count]) => `${count} ${state}`).join(" · ");
        const open = column.entries.filter((entry) => !entry.settled).map((entry) => this.#entry(entry));
        const settled = column.entries.filter((entry) => entry.settled).map((entry) => this.#entry(entry));
        const section = this.#section(`column-${index}`, column.title, counts, column.moves, open);
        if (settled.length) {
            const title = `${this.#words.settled} (${settled.length})`;
            section.append(make("details", {}, make("summary", {}, title), make("ul", {}, ...settled)));
        }
        if (column.more) section.append(make("p", { class: "none" }, `${column.more} ${this.#words.more}`));
        return section;
    }

    #entry(entry) {
        const words = this.#words;
        const whose = [entry.whose.join(" + "), entry.person ? `(${entry.person})` : ""].filter(Boolean).join(" ");
        const due = entry.due ? `${entry.late ? words.wasDue : words.due} ${entry.due}` : "";
        const first = entry.first ? `${words.first} ${entry.first}` : "";
        return make(
            "li",
            { class: entry.late ? "card late" : "card", "data-id": entry.id },
            make(
                "h3",
                {},
                entry.id,
                make("span", { class: "state" }, entry.state),
                entry.late ? make("strong", { class: "badge" }, words.late) : null,
            ),
            make("p", { class: entry.words === null ? "withheld" : "words" }, entry.words ?? words.withheld),
            make("p", { class: "whose" }, [whose, due, first].filter(Boolean).join(" · ")),
            entry.positions.length
                ? make("ul", { class: "positions" }, ...entry.positions.map(([state, agencies]) => make("li", {}, `${state}: ${agencies.join(", ")}`)))
                : null,
            this.#moves(entry.moves, entry.id, entry),
        );
    }

    #meeting(meeting) {
        const words = this.#words;
        const running = meeting.state === "running";
        const there = words.there[meeting.state] && meeting.there.length ? `${words.there[meeting.state]} ${meeting.there.join(", ")}` : "";
        return make(
            "li",
            { class: running ? "card running" : "card", "data-id": meeting.id },
            make("h3", {}, meeting.id, make("span", { class: "state" }, words[meeting.state] ?? meeting.state)),
            meeting.state === "planning" ? null : make("p", { class: "when" }, meeting.at),
            make("p", { class: "words" }, [meeting.about, meeting.where].filter(Boolean).join(" · ")),
            meeting.points.length ? make("h4", {}, meeting.state === "planning" ? words.times : words.agenda) : null,
            meeting.points.length
                ? make("ol", {}, ...meeting.points.map((point) => this.#point(point, meeting)))
                : null,
            there ? make("p", { class: "whose" }, there) : null,
            this.#moves(meeting.moves, meeting.id, meeting),
        );
    }

    #point(point, meeting) {
        const text = point.at ?? point.words ?? this.#words.withheld;
        const minutes = point.minutes ? ` (${point.minutes} ${this.#words.minutes})` : "";
        return make("li", {}, `${text}${minutes}`, this.#moves(point.moves, point.at ?? meeting.id, point));
    }

    #timeline() {
        const entries = this.#board.timeline.map(([at, who, agency, what]) =>
            make(
                "li",
                {},
                make("span", { class: "at" }, at),
                " ",
                make("b", {}, agency ? `${who} (${agency})` : who),
                ` ${what}`,
            ),
        );
        const section = this.#section("timeline", this.#words.timeline, null, [], entries);
        section.classList.add("timeline");
        return section;
    }

    #isMine(move) {
        const me = this.#board.people[this.#me];
        return me === undefined || move.for.length === 0 || move.for.includes(this.#me) || move.for.includes(me[1]);
    }

    #moves(moves, name, about) {
        const mine = moves.filter((move) => this.#isMine(move));
        if (mine.length === 0) return null;
        const text = JSON.stringify(about);
        const buttons = mine.map((move) => {
            const sent = this.#sent.has(move.says);
            const button = make(
                "button",
                { type: "button", "data-key": `${move.says} ${move.label}`, "aria-disabled": sent ? "true" : null },
                move.asks.length ? `${move.label} …` : move.label,
                make("span", { class: "unseen" }, ` ${name}`),
            );
            button.addEventListener("click", () => {
                if (this.#sent.has(move.says) || this.#form !== null) return;
                if (move.asks.length) this.#ask(move, button, text);
                else this.#carryOut(move, [], button, text);
            });
            return button;
        });
        return make("div", { class: "moves", role: "group", "aria-label": `${this.#words.moves}: ${name}` }, ...buttons);
    }

    /** Ask for what a move needs, below its button. */
    #ask(move, button, text) {
        const words = this.#words;
        const fields = move.asks.map((field) => this.#field(field));
        const preview = make("code", {}, move.says);
        const values = () => fields.map(([, input]) => input.value);
        const form = make(
            "form",
            { "aria-label": button.textContent, autocomplete: "off" },
            ...fields.map(([label]) => label),
            make("p", { class: "says" }, `${words.says} `, preview),
            make(
                "div",
                { class: "moves" },
                make("button", { type: "submit" }, words.send),
                make("button", { type: "button", click: () => this.#close(button) }, words.cancel),
            ),
        );
        form.addEventListener("input", () => {
            preview.textContent = compose(move, values());
        });
        form.addEventListener("keydown", (pressed) => {
            if (pressed.key === "Escape") this.#close(button);
        });
        form.addEventListener("submit", async (submitted) => {
            submitted.preventDefault();
            if (this.#sent.has(move.says) || !values().every((value, index) => oneLine(value) || !move.asks[index].needed)) return;
            if (await this.#carryOut(move, values(), button, text)) this.#close(button);
        });
        this.#form = form;
        button.closest(".moves").after(form);
        fields[0][1].focus();
    }

    #field(field) {
        const required = field.needed ? true : null;
        let input;
        let list = null;
        if (Array.isArray(field.choices)) {
            input = make("select", { required }, ...field.choices.map(([value, shown]) => make("option", { value }, shown)));
        } else if (field.choices === "names") {
            const { people, agencies } = this.#board;
            const names = [...Object.entries(agencies), ...Object.values(people).map(([name]) => [name, name])];
            list = make("datalist", { id: "names" }, ...names.map(([value, shown]) => make("option", { value, label: shown })));
            input = make("input", { type: "text", required, list: "names", maxlength: "200" });
        } else {
            input = make("textarea", { rows: "2", required, maxlength: "4000" });
        }
        const title = field.needed ? field.is : `${field.is} (${this.#words.optional})`;
        return [make("label", {}, make("span", {}, title), input, list), input];
    }

    #close(button) {
        this.#form?.remove();
        this.#form = null;
        const later = this.#later;
        this.#later = null;
        if (later !== null) this.show(later);
        const key = button.dataset.key;
        ([...this.#root.querySelectorAll("[data-key]")].find((each) => each.dataset.key === key) ?? this.#root).focus();
    }

    /** Say the line, once: what is under way is not sent again, also if somebody presses twice. */
    async #carryOut(move, values, button, text) {
        this.#sent.set(move.says, [text, Date.now() + 15_000]);
        button.setAttribute("aria-disabled", "true");
        this.#say(this.#words.sending);
        try {
            await this.#send(compose(move, values));
        } catch {
            this.#sent.delete(move.says);
            button.removeAttribute("aria-disabled");
            this.#say(this.#words.failed);
            return false;
        }
        this.#say(this.#words.sent);
        setTimeout(() => {
            // The bot may have refused it: then nothing has changed.
            this.#sent.delete(move.says);
            if (this.#form === null && this.#board !== null) this.#draw();
        }, 15_000);
        return true;
    }
}

/** Everything that moves stand on, with what it was called. */
function listParts(board) {
    const points = board.meetings.flatMap((meeting) => meeting.points);
    return [...board.columns.flatMap((column) => [...column.entries, column.title]), ...board.meetings, ...points, ...board.heads];
}

/** Whether something is on the board as it was when a move of it was sent. */
const find = (board, _says, text) => listParts(board).some((part) => JSON.stringify(part) === text);

function listChanged(before, after) {
    const known = new Map(listParts(before).map((part) => [part.id, JSON.stringify(part)]));
    return listParts(after).filter((part) => part.id && known.get(part.id) !== JSON.stringify(part)).map((part) => part.id);
}
