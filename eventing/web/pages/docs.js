// Shows /openapi.json. All text reaches the page as text nodes, never as markup.
"use strict";

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
};

// Words between backticks are code; everything else stays as it is.
const words = (text) => (text || "").split("`").map((piece, at) => (at % 2 ? element("code", {}, piece) : piece));
const prose = (text) => element("p", {}, ...words(text));
const cell = (content) => element("td", {}, ...(typeof content === "string" ? words(content) : [content]));

const pretty = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

function resolve(api, schema) {
  if (!schema || !schema.$ref) return schema || {};
  return schema.$ref.split("/").slice(1).reduce((found, key) => found[key], api);
}

function typeOf(api, schema) {
  const found = resolve(api, schema);
  if (found.anyOf) return found.anyOf.map((one) => typeOf(api, one)).join(" or ");
  if (found.enum) return found.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (found.const !== undefined) return JSON.stringify(found.const);
  if (found.type === "array") return `list of ${typeOf(api, found.items)}`;
  return (schema.$ref && found.title) || found.format || found.type || "any";
}

function bounds(schema) {
  const names = { minimum: "≥ ", maximum: "≤ ", minLength: "length ≥ ", maxLength: "length ≤ ", minItems: "items ≥ ", maxItems: "items ≤ " };
  return Object.entries(names).filter(([key]) => schema[key] !== undefined).map(([key, sign]) => sign + schema[key]).join(", ");
}

function table(head, rows) {
  const header = element("tr", {}, ...head.map((title) => element("th", {}, title)));
  return element("table", {}, header, ...rows.map((cells) => element("tr", {}, ...cells.map(cell))));
}

function fields(api, schema, path = "", depth = 0) {
  const found = resolve(api, schema);
  if (depth > 6) return [];
  if (found.type === "array") return fields(api, found.items, `${path}[]`, depth + 1);
  return Object.entries(found.properties || {}).flatMap(([name, member]) => {
    const full = path ? `${path}.${name}` : name;
    const inner = resolve(api, member);
    const needed = (found.required || []).includes(name) ? "required" : "optional";
    const said = [inner.description || member.description, bounds(inner)].filter(Boolean).join(" · ");
    const pattern = inner.pattern ? [said ? " · " : "", element("code", {}, inner.pattern)] : [];
    return [[element("code", {}, full), typeOf(api, member), needed, element("span", {}, ...words(said), ...pattern)], ...fields(api, member, full, depth + 1)];
  });
}

function curl(path, method, operation) {
  const quote = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;
  let address = path;
  const query = [];
  const lines = [];
  for (const parameter of operation.parameters || []) {
    if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(parameter.example));
    if (parameter.in === "query" && parameter.required) query.push(`${parameter.name}=${encodeURIComponent(parameter.example)}`);
    if (parameter.in === "header" && parameter.required) lines.push(`-H ${quote(`${parameter.name}: ${parameter.example}`)}`);
  }
  if ((operation.security || []).length) lines.unshift(`-H "Authorization: Bearer $TOKEN"`);
  const content = operation.requestBody && operation.requestBody.content["application/json"];
  if (content) {
    const example = Object.values(content.examples || {})[0];
    lines.push(`-H 'Content-Type: application/json'`, `-d ${quote(JSON.stringify(example ? example.value : {}, null, 2))}`);
  }
  const target = location.origin + address + (query.length ? `?${query.join("&")}` : "");
  return [`curl -i -X ${method.toUpperCase()} ${quote(target)}`, ...lines].join(" \\\n  ");
}

function copied(text) {
  const button = element("button", { type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  });
  return button;
}

function answer(api, status, response) {
  const box = element("details", {}, element("summary", {}, element("b", { class: `status s${status[0]}` }, status), ` ${response.description}`));
  const headers = Object.entries(response.headers || {}).map(([name, header]) => [element("code", {}, name), header.description]);
  if (headers.length) box.append(table(["header", "says"], headers));
  for (const [type, content] of Object.entries(response.content || {})) {
    box.append(element("p", { class: "soft" }, type));
    if (content.example !== undefined) box.append(element("pre", {}, pretty(content.example)));
    for (const [code, example] of Object.entries(content.examples || {})) {
      const title = type.includes("problem") ? element("a", { href: `/problems/${code}` }, example.summary || code) : example.summary || code;
      box.append(element("p", {}, title), element("pre", {}, pretty(example.value)));
    }
  }
  return box;
}

function section(api, path, method, operation) {
  const box = element("section", { id: operation.operationId });
  box.append(element("h2", {}, operation.summary));
  box.append(element("p", {}, element("span", { class: "method" }, method.toUpperCase()), element("code", {}, path)));
  const roles = operation["x-roles"] || [];
  box.append(element("p", { class: "soft" }, roles.length ? `Roles: ${roles.join(", ")}` : "Open to everybody"));
  if (operation.description) box.append(prose(operation.description));
  const example = curl(path, method, operation);
  box.append(element("h3", {}, "Try it"), element("pre", {}, example), copied(example));
  if ((operation.parameters || []).length) {
    const rows = operation.parameters.map((one) => [element("code", {}, one.name), one.in, one.required ? "required" : "optional", one.description]);
    box.append(element("h3", {}, "Parameters"), table(["name", "in", "", "what it is"], rows));
  }
  const content = operation.requestBody && operation.requestBody.content["application/json"];
  if (content) {
    box.append(element("h3", {}, "Body"), table(["field", "type", "", "what it is"], fields(api, content.schema)));
    for (const [name, one] of Object.entries(content.examples || {})) {
      box.append(element("details", {}, element("summary", {}, `Example: ${name}`), element("pre", {}, pretty(one.value))));
    }
  }
  box.append(element("h3", {}, "Answers"));
  for (const [status, response] of Object.entries(operation.responses)) box.append(answer(api, status, response));
  return box;
}

function show(api) {
  const main = document.getElementById("main");
  const contents = document.getElementById("contents");
  document.title = api.info.title;
  main.replaceChildren(element("h1", {}, api.info.title), element("p", { class: "soft" }, `Version ${api.info.version}`), prose(api.info.description));
  const groups = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = (operation.tags || [])[0] || "";
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push([path, method, operation]);
    }
  }
  for (const [tag, operations] of groups) {
    if (tag) contents.append(element("h3", {}, tag));
    for (const [path, method, operation] of operations) {
      const link = element("a", { href: `#${operation.operationId}` }, element("span", { class: "method" }, method.toUpperCase()), operation.summary);
      link.dataset.words = `${method} ${path} ${operation.summary}`.toLowerCase();
      contents.append(link);
      main.append(section(api, path, method, operation));
    }
  }
  document.getElementById("filter").addEventListener("input", (event) => {
    for (const link of contents.querySelectorAll("a")) link.hidden = !link.dataset.words.includes(event.target.value.toLowerCase());
  });
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

fetch("/openapi.json")
  .then((response) => response.json())
  .then(show)
  .catch(() => {
    document.getElementById("main").replaceChildren(element("p", {}, "openapi.json can't be read: is the server still running?"));
  });
