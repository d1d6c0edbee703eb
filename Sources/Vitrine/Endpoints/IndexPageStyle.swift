// The two inline parts of the page. A browser takes them only when their hashes are right, so whoever changes one
// changes its hash; the tests recompute both and print the right value.

extension IndexPage {
  /// SHA-256 of `style` in base64: w3.org/TR/CSP3 §2.3.1, hash-source.
  static let styleHash = "sha256-3aYsAwlCH3s7fz1ZyM7Snf54ktu2BEts2rNmVDX/Vqg="
  /// SHA-256 of `script`.
  static let scriptHash = "sha256-8Gmkp8pGiBn+xfzWwarpP6PQGz9dfUwItMF3LJFk8EE="

  /// Counts on from the start that the page names. A browser whose clock is behind sees zero, not less.
  static let script: HTML = """

    const start = Date.parse(document.getElementById("started").dateTime);
    const uptime = document.getElementById("uptime");
    function show() {
      const seconds = Math.max(0, Math.floor((Date.now() - start) / 1000));
      const days = Math.floor(seconds / 86400);
      const clock = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60];
      const digits = clock.map(part => String(Math.floor(part)).padStart(2, "0"));
      uptime.textContent = (days ? days + " d " : "") + digits.join(":");
    }
    if (!Number.isNaN(start)) {
      show();
      setInterval(show, 1000);
      uptime.parentElement.hidden = false;
    }

    """

  static let style: HTML = """

    :root {
      color-scheme: light dark;
      --wall: #f5f2eb; --case: #fffdf9; --ink: #1e2422; --quiet: #5a625d; --line: #dcd6c9; --brass: #85500f;
      --shelf: #bf9660;
      --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "URW Palladio L", P052, Georgia, serif;
      --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
      --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --wall: #141516; --case: #1c1e1f; --ink: #ebe6db; --quiet: #a7a9a1; --line: #34363a; --brass: #dba866;
        --shelf: #8d6b3d;
      }
    }
    * { box-sizing: border-box; margin: 0; padding: 0; }
    body {
      max-width: 76rem; margin: 0 auto; padding: clamp(1.5rem, 5vw, 4.5rem) clamp(1.25rem, 4vw, 3rem) 2.5rem;
      background: var(--wall); color: var(--ink); font: 1rem/1.55 var(--sans); overflow-wrap: anywhere;
    }
    a {
      color: inherit; text-decoration-color: var(--brass); text-decoration-thickness: 1px; text-underline-offset: .2em;
    }
    a:hover { color: var(--brass); }
    a:focus-visible { outline: 2px solid var(--brass); outline-offset: 3px; border-radius: 2px; }
    .name {
      display: flex; align-items: center; gap: .6rem; color: var(--brass); font-weight: 600; letter-spacing: .06em;
    }
    h1, h2, h3 { font-family: var(--serif); font-weight: 500; text-wrap: balance; }
    h1 {
      max-width: 24ch; margin: .9rem 0 2rem; font-size: clamp(2.25rem, 6vw, 4rem); line-height: 1.08;
      letter-spacing: -.015em;
    }
    .facts {
      display: flex; flex-wrap: wrap; gap: 1rem 2.75rem; padding: 1.1rem 0; border-block: 1px solid var(--line);
    }
    dt { color: var(--quiet); font-size: .8125rem; }
    dd { font: .9375rem/1.5 var(--mono); font-variant-numeric: tabular-nums; }
    h2 { display: flex; align-items: baseline; gap: .75rem; margin: 3rem 0 1.25rem; font-size: 1.75rem; }
    .count { color: var(--quiet); font: .9375rem var(--sans); }
    .cases {
      display: grid; grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); gap: 1.25rem;
      list-style: none;
    }
    article {
      display: flex; flex-direction: column; gap: .6rem; height: 100%; padding: 1.4rem 1.4rem 1.1rem;
      background: var(--case); border: 1px solid var(--line); border-bottom: 3px solid var(--shelf);
      border-radius: 4px 4px 2px 2px;
    }
    h3 { font-size: 1.3125rem; line-height: 1.25; }
    h3 a { text-decoration-line: none; }
    h3 a:hover { text-decoration-line: underline; }
    article > p { color: var(--quiet); }
    .tags { display: flex; flex-wrap: wrap; gap: .4rem; list-style: none; font-size: .8125rem; color: var(--quiet); }
    .tags li { padding: .05rem .6rem; border: 1px solid var(--line); border-radius: 1rem; }
    article footer {
      display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: .25rem 1rem;
      margin-top: auto; padding-top: .7rem; font-variant-numeric: tabular-nums;
    }
    .price { font-size: 1.1875rem; font-weight: 600; }
    abbr { color: var(--quiet); font-size: .8125rem; font-weight: 400; }
    .stock { color: var(--quiet); font-size: .875rem; }
    .none { color: var(--brass); font-weight: 600; }
    .links {
      margin-top: 3.5rem; padding-top: 1.1rem; border-top: 1px solid var(--line); color: var(--quiet);
      font: .875rem var(--mono);
    }
    .links nav { display: flex; flex-wrap: wrap; gap: .5rem 1.75rem; }

    """
}
