// A real Chromium (from the package, see browser.py) with a page that plays the app around the board; by JSON lines.
// In: {"id", "do", ...arguments}. Out: {"id", "gives"} or {"id", "fails"}; {"said"}: what the board says in the room.
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import readline from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

// What the package unpacks stays beside it: in a folder that everybody writes to, another could have put it there.
const unpacked = fileURLToPath(new URL("node_modules/.browser", import.meta.url));
mkdirSync(unpacked, { recursive: true });
process.env.TMPDIR = unpacked;
// It brings the libraries that it needs only where it takes itself to be on such a machine.
process.env.AWS_EXECUTION_ENV = "AWS_Lambda_nodejs24.x";
const { default: packaged } = await import("@sparticuz/chromium");
const { chromium } = await import("playwright-core");
// As long as a busy machine may take (tests/waiting.py).
const PATIENCE = 300_000;
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

const executablePath = process.env.CHROMIUM || (await packaged.executablePath());
const args = ["--no-sandbox", "--no-zygote", "--disable-gpu", "--disable-setuid-sandbox"];
const browser = await chromium.launch({ executablePath, args, headless: true, env: { ...process.env, HOME: unpacked } });

const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("host.js", import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
});
const script = outputFiles[0].text;
let options = "{}";
const host = createServer((_request, answer) => {
    answer.setHeader("Content-Type", "text/html; charset=utf-8");
    const style = "<style>html,body{margin:0;height:100%}iframe{border:0;width:100%;height:100%;display:block}</style>";
    answer.end(`<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">${style}<body>
<script type="application/json" id="options">${options}</script><script>${script}</script>`);
});
await new Promise((resolve) => host.listen(0, "127.0.0.1", resolve));
const address = `http://127.0.0.1:${host.address().port}`;

let context = null;
let page = null;
let requests = [];
let complaints = [];
let told = 0;
let related = {};
const waiting = new Map();
const board = () => page.frames().find((frame) => frame.parentFrame() === page.mainFrame());
const button = (name) => board().getByRole("button", { name, exact: true });

const commands = {
    async open({ widget, room, user, theme, language, width, height, timeline, state, back, waits }) {
        await context?.close();
        options = JSON.stringify({ widget, room, user, theme }).replaceAll("<", "\\u003c");
        requests = [];
        complaints = [];
        related = back ?? {};
        const viewport = { width: width ?? 1100, height: height ?? 900 };
        context = await browser.newContext({ viewport, locale: language ?? "en", colorScheme: theme ?? "light" });
        context.setDefaultTimeout(PATIENCE);
        page = await context.newPage();
        page.on("request", (request) => requests.push(`${request.method()} ${request.url()}`));
        page.on("console", (line) => line.type() === "error" && complaints.push(line.text()));
        page.on("pageerror", (error) => complaints.push(String(error)));
        await page.exposeFunction("say", (type, content, stateKey, roomId) => {
            told += 1;
            say({ said: { number: told, type, content, state_key: stateKey, room_id: roomId } });
            return new Promise((resolve, reject) => waiting.set(told, { resolve, reject }));
        });
        await page.exposeFunction("readBack", (eventId) => related[eventId] ?? []);
        await page.goto(`${address}/`);
        for (const event of timeline ?? []) await page.evaluate((e) => window.keep(e), event);
        for (const event of state ?? []) await page.evaluate((e) => window.keepState(e), event);
        await page.evaluate((wait) => wait ? window.begin() : void window.begin(), waits ?? true);
        return await page.evaluate(() => window.capabilities ?? []);
    },
    async feed({ event }) {
        await page.evaluate((e) => window.feed(e), event);
    },
    async said({ number, event_id }) {
        const { resolve, reject } = waiting.get(number);
        waiting.delete(number);
        if (event_id === null) reject(new Error("not sent"));
        else resolve(event_id);
    },
    async waits_for({ text }) {
        await board().getByText(text).first().waitFor();
    },
    async text() {
        return await board().locator("body").innerText();
    },
    async texts({ selector }) {
        return await board().locator(selector).allInnerTexts();
    },
    async buttons() {
        return await board().getByRole("button").allTextContents();
    },
    async press({ name, times }) {
        await button(name).first().waitFor();
        for (let time = 0; time < (times ?? 1); time += 1) await button(name).first().click({ force: true });
    },
    async fill({ label, value }) {
        const field = board().locator("label", { hasText: label }).locator("input, select, textarea");
        if (await field.evaluate((element) => element.tagName === "SELECT")) await field.selectOption(value);
        else await field.fill(value);
    },
    async key({ key }) {
        await page.keyboard.press(key);
    },
    async evaluate({ script: source }) {
        return await board().evaluate(source);
    },
    async resize({ width, height }) {
        await page.setViewportSize({ width, height });
    },
    async look({ path }) {
        await page.screenshot({ path, fullPage: true });
    },
    async complains() {
        while (complaints.length === 0) await page.waitForEvent("console");
        return complaints;
    },
    async requests() {
        return requests;
    },
    async complaints() {
        return complaints;
    },
    async version() {
        return browser.version();
    },
    async accessibility() {
        const { default: axe } = await import("axe-core");
        await board().evaluate(axe.source);
        const { violations } = await board().evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
        return violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.html).join(" | ")}`);
    },
};

say({ id: 0, gives: address });
for await (const line of readline.createInterface({ input: process.stdin })) {
    const { id, do: name, ...rest } = JSON.parse(line);
    commands[name](rest).then(
        (gives) => say({ id, gives: gives ?? null }),
        (error) => say({ id, fails: `${error.name}: ${error.message}` }),
    );
}
await browser.close();
host.close();
process.exit(0);
