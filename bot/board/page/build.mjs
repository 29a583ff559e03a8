// Builds the page: one file that asks nobody for anything. The same sources give the same bytes.
// With a path it is written there, else where the bot serves it from.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const options = { bundle: true, minify: true, write: false, charset: "utf8", legalComments: "none", logLevel: "warning" };
const bundle = async (name) => {
    const { outputFiles } = await build({ ...options, entryPoints: [here(name)], target: "es2022", format: "iife" });
    return outputFiles[0].text.trim();
};
const script = await bundle("src/main.js");
const style = await bundle("src/style.css");
for (const end of ["</script", "<!--", "</style"]) {
    if ((script + style).toLowerCase().includes(end)) throw new Error(`what is built holds ${end}`);
}
const page = await readFile(here("src/page.html"), "utf8");
const built = page.replace("/* style */", () => style).replace("/* script */", () => script);
await writeFile(process.argv[2] ?? here("../board.html"), built);
