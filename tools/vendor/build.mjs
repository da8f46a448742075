// `make vendor` (npm ci, then this): bundles src/*.js into gateway/web/static/vendor, each with the licences of what is
// in it, and writes VENDORED.json with versions and sums. What it writes is committed: neither tests nor the gateway
// ever run npm. A test holds the files to the sums.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "../../gateway/web/static/vendor");

/** The packages that a bundle took modules from, sorted. */
function packagesOf(metafile) {
  const names = Object.keys(metafile.inputs).map((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]);
  return [...new Set(names.filter(Boolean))].sort();
}

function licenceOf(name) {
  const folder = join(here, "node_modules", name);
  const meta = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8").trim() : "";
  if (!text) throw new Error(`${name}: no licence file`);
  return { name, version: meta.version, license: meta.license, text };
}

async function bundle(name) {
  const done = await build({
    absWorkingDir: here,
    entryPoints: [`src/${name}.js`],
    bundle: true,
    minify: true,
    charset: "utf8",
    format: "esm",
    platform: "browser",
    target: ["chrome90", "firefox90", "safari15"],
    legalComments: "none",
    metafile: true,
    write: false,
    banner: { js: `/* Built by tools/vendor from npm; licences in ${name}.LICENSE.txt. Do not edit. */` },
  });
  const code = done.outputFiles[0].contents;
  const parts = packagesOf(done.metafile).map(licenceOf);
  const licences = parts.map((p) => `${p.name} ${p.version} (${p.license})\n\n${p.text}\n`).join("\n-----\n\n");
  writeFileSync(join(target, `${name}.js`), code);
  writeFileSync(join(target, `${name}.LICENSE.txt`), licences);
  return {
    sha256: createHash("sha256").update(code).digest("hex"),
    bytes: code.length,
    packages: parts.map((p) => ({ name: p.name, version: p.version, license: p.license })),
  };
}

mkdirSync(target, { recursive: true });
const vendored = {};
for (const name of ["jssip", "preact"]) vendored[`${name}.js`] = await bundle(name);
writeFileSync(join(target, "VENDORED.json"), `${JSON.stringify(vendored, null, 2)}\n`);
